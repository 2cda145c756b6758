"""The learner's arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

from models.bundle.scorer import Scorer
from models.features.features import FEATURES
from models.training.examples import Examples
from models.training.graph import write_graph
from models.training.network import Network, NetworkPlan, _slope, learn

FAST = NetworkPlan(members=1, hidden=(8,), rounds=20, purchases_a_round=1, views_a_step=4)


def quiet(_done: float) -> None:
    """Progress that nobody watches."""


def made_up(seed: int = 0) -> Examples:
    draw = np.random.default_rng(seed)
    features = draw.random((400, len(FEATURES)), np.float32)
    chance = 1 / (1 + np.exp(4 - 6 * features[:, 0]))
    return Examples(
        features=features,
        bought=(draw.random(400) < chance).astype(np.float32),
        weight=np.ones(400, np.float32),
        bounds=np.arange(0, 401, 20),
    )


def loss(network: Network, examples: Examples) -> float:
    chances = np.clip(network.chances(examples.features), 1e-6, 1 - 1e-6)
    hit = examples.bought > 0
    return float(-np.log(np.where(hit, chances, 1 - chances)).mean())


def test_more_rounds_fit_better() -> None:
    examples = made_up()
    short, long = (
        learn(
            made_up(),
            NetworkPlan(hidden=(8,), rounds=rounds, purchases_a_round=1, views_a_step=4),
            1,
            lambda _: None,
        )
        for rounds in (1, 60)
    )
    assert loss(long, examples) < loss(short, examples)


def test_what_decides_is_found() -> None:
    network = learn(
        made_up(),
        NetworkPlan(hidden=(8, 4), rounds=60, purchases_a_round=1, views_a_step=4),
        1,
        lambda _: None,
    )
    low, high = np.full((2, len(FEATURES)), 0.5, np.float32)
    low[0], high[0] = 0.05, 0.95
    below, above = network.chances(np.stack([low, high]))
    assert above > 2 * below


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    plan = NetworkPlan(hidden=(4,), rounds=2)
    one, same, other = (learn(made_up(), plan, seed, lambda _: None) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.members[0][0][0], same.members[0][0][0])
    assert (one.members[0][0][0] != other.members[0][0][0]).any()


def test_each_round_is_heard_of() -> None:
    heard: list[float] = []
    learn(made_up(), NetworkPlan(members=2, hidden=(4,), rounds=2), 1, heard.append)
    assert heard == [0.25, 0.5, 0.75, 1.0]


def test_weights_stand_for_the_rows_left_out() -> None:
    examples = made_up()
    heavy = Examples(
        features=examples.features,
        bought=examples.bought,
        weight=np.where(examples.bought > 0, 1, 9).astype(np.float32),
        bounds=examples.bounds,
    )
    plan = NetworkPlan(hidden=(4,), rounds=60, purchases_a_round=1, views_a_step=4)
    plain, weighted = (
        learn(replace(one, features=one.features.copy()), plan, 1, lambda _: None)
        for one in (examples, heavy)
    )
    assert weighted.chances(examples.features).mean() < plain.chances(examples.features).mean()


def test_an_untrained_level_is_the_rate_of_purchase() -> None:
    examples = made_up()
    network = learn(made_up(), NetworkPlan(hidden=(4,), rounds=1, rate=0.0), 1, lambda _: None)
    mean = float(network.chances(examples.features).mean())
    assert mean == pytest.approx(float(examples.bought.mean()), abs=0.05)


def confusing(seed: int = 0) -> Examples:
    """Column 90 says "more" plainly; 91 says "more" inside a view and "less" between views."""
    draw = np.random.default_rng(seed)
    views, rows = 150, 25
    level = np.repeat(draw.normal(0, 1, views), rows)
    plain, inside = draw.normal(0, (1, 0.8), (views * rows, 2)).T
    features = np.zeros((views * rows, len(FEATURES)), np.float32)
    features[:, 90], features[:, 91] = plain, level + inside
    chance = 1 / (1 + np.exp(2 - 1.5 * plain - inside + level))
    return Examples(
        features=features,
        bought=(draw.random(views * rows) < chance).astype(np.float32),
        weight=np.ones(views * rows, np.float32),
        bounds=np.arange(0, views * rows + 1, rows),
    )


def ordered(network: Network, examples: Examples) -> float:
    """Part of the pairs of a bought and another row of one view that stand the right way round."""
    logits = network.logits(examples.features)
    right: list[float] = []
    for first, last in zip(examples.bounds[:-1], examples.bounds[1:], strict=True):
        bought = examples.bought[first:last] > 0
        ahead = logits[first:last][bought][:, None] > logits[first:last][~bought]
        right += ahead.ravel().tolist()
    return float(np.mean(right))


def test_the_list_s_loss_orders_better_than_the_rows_loss_alone() -> None:
    rows, lists = (
        learn(confusing(), replace(FAST, listwise=weight), 1, quiet) for weight in (0.0, 100.0)
    )
    assert ordered(lists, confusing(1)) > ordered(rows, confusing(1)) + 0.03


def written_loss(logits: np.ndarray, examples: Examples, listwise: float) -> float:
    """The loss as the module's text tells it, in double precision, averaged over the views."""
    total = 0.0
    for first, last in zip(examples.bounds[:-1], examples.bounds[1:], strict=True):
        mine, bought = logits[first:last], examples.bought[first:last]
        weight = examples.weight[first:last].astype(float)
        rows = np.logaddexp(0, mine) - bought * mine
        purchases = max(float(bought.sum()), 1.0)
        partition = np.log((weight * np.exp(mine)).sum())
        crossed = purchases * partition - (bought * mine).sum()
        total += (weight * rows).sum() / weight.sum()
        total += listwise * 0.02 * crossed / min(purchases, 10.0)
    return total / (len(examples.bounds) - 1)


@pytest.mark.parametrize("listwise", [0.0, 0.4, 5.0])
def test_the_slope_is_the_derivative_of_the_written_loss(listwise: float) -> None:
    draw = np.random.default_rng(3)
    bought = (draw.random(60) < 0.4).astype(np.float32)
    bought[40:] = 0  # a view in which nothing was bought
    examples = Examples(
        features=np.zeros((60, len(FEATURES)), np.float32),
        bought=bought,
        weight=np.where(bought > 0, 1, draw.uniform(1, 9, 60)).astype(np.float32),
        bounds=np.array([0, 30, 40, 60]),
    )
    logits = draw.normal(0, 2, 60).astype(np.float32).astype(np.float64)
    lengths = np.diff(examples.bounds)
    slope = _slope(logits.astype(np.float32), examples, np.arange(60), lengths, listwise)[:, 0]
    for row in range(60):
        step = np.eye(60)[row] * 1e-4
        up, down = (written_loss(logits + way * step, examples, listwise) for way in (1, -1))
        assert slope[row] == pytest.approx((up - down) / 2e-4, abs=1e-6)


def test_no_other_stretch_or_shift_would_fit_better() -> None:
    examples = made_up()
    weight = np.where(examples.bought > 0, 1, 5).astype(np.float32)
    network = learn(replace(made_up(), weight=weight), FAST, 1, quiet)
    error = weight * (network.chances(examples.features) - examples.bought)
    assert abs(error.sum()) / weight.sum() < 1e-4
    assert abs(error @ network.logits(examples.features)) / weight.sum() < 1e-3


def test_the_stretch_makes_chances_match_rates() -> None:
    """Learnt with the list's loss alone in view, a network is too sure of itself or not enough."""
    examples = made_up()
    network = learn(made_up(), replace(FAST, listwise=60.0), 1, quiet)
    assert network.stretch != 1
    chances = network.chances(examples.features)
    for part in np.array_split(np.argsort(chances), 4):
        rate, promised = float(examples.bought[part].mean()), float(chances[part].mean())
        assert promised == pytest.approx(rate, abs=0.1)


def test_members_start_apart_and_their_mean_answers() -> None:
    network = learn(made_up(), replace(FAST, members=3, rounds=2), 1, quiet)
    features = made_up(2).features
    logits = [
        replace(network, members=(one,), stretch=1.0, shift=0.0).logits(features)
        for one in network.members
    ]
    assert np.abs(logits[0] - logits[1]).max() > 0.01
    mean = np.mean(logits, axis=0) * network.stretch + network.shift
    np.testing.assert_allclose(network.logits(features), mean, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("members", [1, 2, 3])
def test_any_number_of_members_becomes_one_graph(members: int) -> None:
    network = learn(made_up(), replace(FAST, members=members, rounds=2), 1, quiet)
    features = made_up(2).features
    served = Scorer(write_graph(network)).score(features)
    assert np.abs(served - network.chances(features)).max() < 1e-5


def test_the_surest_no_and_yes_are_chances_too() -> None:
    network = learn(made_up(), replace(FAST, rounds=1), 1, quiet)
    features = made_up().features[:3]
    for shift, chance in ((-1e4, 0), (-79.0, 0), (1e4, 1)):
        chances = replace(network, shift=shift).chances(features)
        assert chances.dtype.name == "float32"
        np.testing.assert_allclose(chances, chance, atol=1e-6)


def test_all_is_learnt_in_bytes_that_do_not_vary() -> None:
    one, same, other = (
        write_graph(learn(confusing(), replace(FAST, members=2, rounds=2), seed, quiet))
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_learning_a_view_as_long_as_the_slice_forgets_no_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = learn(made_up(), replace(FAST, rounds=2), 1, quiet)
    monkeypatch.setattr("models.training.network._SLICE", 37)
    sliced = learn(made_up(), replace(FAST, rounds=2), 1, quiet)
    features = made_up(2).features
    np.testing.assert_allclose(
        whole.chances(features), sliced.chances(features), rtol=1e-4, atol=1e-6
    )
