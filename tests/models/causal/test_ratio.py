from __future__ import annotations

import numpy as np
import pytest

from models.causal.ratio import ratio_of

THIRDS = np.full(3, 1 / 3)


def fallen(shares: np.ndarray, n: int = 6_000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).choice(len(shares), n, p=shares)


def test_people_who_fell_as_meant_raise_no_alarm() -> None:
    found = ratio_of(fallen(THIRDS), THIRDS)
    assert not found.alarm
    assert sum(found.seen) == 6_000
    assert found.meant == pytest.approx((2_000, 2_000, 2_000))


def test_one_arm_that_lost_people_raises_it() -> None:
    assert ratio_of(fallen(np.array([0.36, 0.36, 0.28])), THIRDS).alarm


def test_an_alarm_once_raised_stays() -> None:
    broken, whole = fallen(np.array([0.6, 0.4])), fallen(np.array([0.4, 0.6]))
    halves = np.array([0.5, 0.5])
    assert ratio_of(np.concatenate((broken, whole)), halves).alarm


def test_nobody_and_a_single_arm_are_as_meant() -> None:
    assert ratio_of(np.zeros(0, np.int64), THIRDS).chance == 1
    assert ratio_of(np.zeros(9, np.int64), np.ones(1)).chance == 1


def test_more_arms_do_not_raise_more_alarms() -> None:
    chances = [ratio_of(fallen(THIRDS, 500, seed), THIRDS).chance for seed in range(200)]
    assert sum(chance < 0.05 for chance in chances) <= 10


@pytest.mark.parametrize("shares", [[0.5, 0.6], [1.0, 0.0]])
def test_shares_that_are_none_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        ratio_of(np.zeros(1, np.int64), np.array(shares))


def test_an_unknown_arm_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.2"):
        ratio_of(np.array([3]), THIRDS)
