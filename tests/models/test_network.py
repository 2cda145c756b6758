"""The learner's arithmetic."""

import numpy as np
import pytest

from models.examples import Examples
from models.features import FEATURES
from models.network import Network, NetworkPlan, learn


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
            examples, NetworkPlan(hidden=(8,), rounds=rounds, views_a_step=4), 1, lambda _: None
        )
        for rounds in (1, 60)
    )
    assert loss(long, examples) < loss(short, examples)


def test_what_decides_is_found() -> None:
    network = learn(
        made_up(), NetworkPlan(hidden=(8, 4), rounds=60, views_a_step=4), 1, lambda _: None
    )
    low, high = np.full((2, len(FEATURES)), 0.5, np.float32)
    low[0], high[0] = 0.05, 0.95
    below, above = network.chances(np.stack([low, high]))
    assert above > 2 * below


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    plan = NetworkPlan(hidden=(4,), rounds=2)
    one, same, other = (learn(made_up(), plan, seed, lambda _: None) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.layers[0][0], same.layers[0][0])
    assert (one.layers[0][0] != other.layers[0][0]).any()


def test_each_round_is_heard_of() -> None:
    heard: list[float] = []
    learn(made_up(), NetworkPlan(hidden=(4,), rounds=4), 1, heard.append)
    assert heard == [0.25, 0.5, 0.75, 1.0]


def test_weights_stand_for_the_rows_left_out() -> None:
    examples = made_up()
    heavy = Examples(
        features=examples.features,
        bought=examples.bought,
        weight=np.where(examples.bought > 0, 1, 9).astype(np.float32),
        bounds=examples.bounds,
    )
    plan = NetworkPlan(hidden=(4,), rounds=60, views_a_step=4)
    plain, weighted = (learn(one, plan, 1, lambda _: None) for one in (examples, heavy))
    assert weighted.chances(examples.features).mean() < plain.chances(examples.features).mean()


def test_an_untrained_level_is_the_rate_of_purchase() -> None:
    examples = made_up()
    network = learn(examples, NetworkPlan(hidden=(4,), rounds=1, rate=0.0), 1, lambda _: None)
    mean = float(network.chances(examples.features).mean())
    assert mean == pytest.approx(float(examples.bought.mean()), abs=0.05)
