from __future__ import annotations

import numpy as np
import pytest

from models.causal.offpolicy import ModelledRewards, PolicyEstimates, estimate

RATES = np.array([0.1, 0.3, 0.6])
LOGGED, TARGET = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.3, 0.6])
TRUTH = float(RATES @ TARGET)


def told(seed: int, *, modelled: bool = False, n: int = 2_000) -> PolicyEstimates:
    """Rows logged under one policy, asked about another."""
    luck = np.random.default_rng(seed)
    action = luck.choice(3, n, p=LOGGED)
    rewards = (luck.random(n) < RATES[action]).astype(float)
    model = (
        ModelledRewards(logged=RATES[action], target=np.full(n, TRUTH)) if modelled else None
    )
    return estimate(rewards, LOGGED[action], TARGET[action], modelled=model)


def test_all_three_hold_the_truth_in_nineteen_of_twenty() -> None:
    seen = [told(seed) for seed in range(200)]
    for kind in ("ips", "snips", "dr"):
        assert sum(getattr(one, kind).holds(TRUTH) for one in seen) >= 183


def test_a_good_model_narrows_the_doubly_robust_interval() -> None:
    plain, leaning = told(1), told(1, modelled=True)
    assert leaning.dr.high - leaning.dr.low < 0.8 * (plain.ips.high - plain.ips.low)


def test_a_bad_model_costs_width_and_no_truth() -> None:
    luck, action = np.random.default_rng(4), np.arange(3_000) % 3
    logged = np.full(3_000, 1 / 3)
    rewards = (luck.random(3_000) < RATES[action]).astype(float)
    model = ModelledRewards(logged=np.full(3_000, 0.9), target=np.full(3_000, 0.9))
    assert estimate(rewards, logged, TARGET[action], modelled=model).dr.holds(TRUTH)


def test_the_same_policy_gives_the_mean_and_every_row_counts() -> None:
    rewards, same = np.array([1.0, 0.0, 1.0, 1.0]), np.full(4, 0.25)
    found = estimate(rewards, same, same)
    assert found.ips.value == found.snips.value == found.dr.value == pytest.approx(0.75)
    assert found.effective == pytest.approx(4)
    assert found.supported


def test_what_was_never_logged_cannot_be_told() -> None:
    found = estimate(np.ones(50), np.full(50, 0.5), np.zeros(50))
    assert found.effective == 0
    assert not any(one.told for one in (found.ips, found.snips, found.dr))
    assert not found.supported


def test_half_a_policy_that_was_never_logged_is_noticed() -> None:
    found = estimate(np.ones(400), np.ones(400), np.full(400, 0.5))
    assert (found.weight, found.supported) == (0.5, False)


def test_one_heavy_row_is_worth_one_row_and_tells_nothing() -> None:
    target = np.full(100, 1e-9)
    target[3] = 1.0
    found = estimate(np.ones(100), np.full(100, 0.01), target)
    assert found.effective == pytest.approx(1, abs=1e-6)
    assert not found.ips.told


def test_no_rows_give_no_interval() -> None:
    nothing = np.zeros(0)
    assert not estimate(nothing, nothing, nothing).snips.told


@pytest.mark.parametrize(
    ("logged", "target", "says"),
    [
        (0.0, 0.5, "above 0"),
        (1.2, 0.5, "at most 1"),
        (0.5, 1.5, "0 to 1"),
        (0.5, -0.1, "0 to 1"),
    ],
)
def test_what_is_no_probability_is_refused(logged: float, target: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        estimate(np.ones(2), np.full(2, logged), np.full(2, target))


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="for each row"):
        estimate(np.ones(2), np.ones(3), np.ones(2))
