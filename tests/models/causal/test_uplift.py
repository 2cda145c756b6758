from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.causal.uplift import LEAST_BUYERS, UpliftSample, uplift_of


def sample(n: int = 4_000, extra: float = 0.3, seed: int = 1) -> UpliftSample:
    """Half of the people, by their first column, buy ``extra`` more often for being shown it."""
    luck = np.random.default_rng(seed)
    features = np.column_stack([luck.random(n) < 0.5, luck.normal(size=n)]).astype(np.float64)
    treated = luck.random(n) < 0.7
    chance = 0.2 + extra * features[:, 0] * treated
    return UpliftSample(
        features=features, bought=luck.random(n) < chance, treated=treated, share=0.7
    )


def test_who_is_moved_stands_first() -> None:
    found = uplift_of(sample())
    assert found.tells_apart
    first, last = found.groups[0], found.groups[-1]
    assert first.foretold == pytest.approx(0.3, abs=0.05)
    assert first.seen.low > last.seen.high
    assert sum(one.people for one in found.groups) == 4_000


def test_both_chances_are_those_that_were_planted() -> None:
    shown, held = uplift_of(sample(20_000)).models.chances(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert shown == pytest.approx([0.5, 0.2], abs=0.03)
    assert held == pytest.approx([0.2, 0.2], abs=0.04)


def test_where_nobody_is_moved_nobody_is_told_apart() -> None:
    told = [uplift_of(sample(extra=0.0, seed=seed)).tells_apart for seed in range(20)]
    assert sum(told) <= 2


def test_models_that_know_nothing_still_give_intervals_that_hold() -> None:
    held = apart = 0
    for seed in range(20):
        known = sample(seed=seed)
        blind = np.random.default_rng([5, seed]).normal(size=known.features.shape)
        found = uplift_of(replace(known, features=blind))
        # Half are moved by .3, and every third has as many of them, but for chance.
        held += sum(one.seen.holds(0.15) for one in found.groups)
        apart += found.tells_apart
    assert held >= 54
    assert apart <= 2


def test_too_few_buyers_are_refused() -> None:
    few = sample(200, extra=0.0)
    assert few.least < LEAST_BUYERS
    with pytest.raises(ValueError, match="too few"):
        uplift_of(few)
