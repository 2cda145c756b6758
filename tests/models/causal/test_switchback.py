from __future__ import annotations

import numpy as np
import pytest

from models.causal.switchback import LEAST_PAIRS, SwitchbackCells, switchback_effect


def cells(
    pairs: int, *, effect: float = 5.0, stores: int = 4, seed: int = 1
) -> SwitchbackCells:
    """Whole pairs in random order; stores and pairs differ far more than the effect is large."""
    luck = np.random.default_rng(seed)
    store = np.repeat(np.arange(stores), 2 * pairs)
    pair = np.tile(np.repeat(np.arange(pairs), 2), stores)
    on = np.tile([False, True], stores * pairs)
    level = luck.normal(0, 500, stores)[store] + luck.normal(0, 500, pairs)[pair]
    outcome = level + effect * on + luck.normal(0, 2, len(on))
    order = luck.permutation(len(on))
    return SwitchbackCells(
        store=store[order], pair=pair[order], on=on[order], outcome=outcome[order]
    )


def only(one: SwitchbackCells, kept: np.ndarray) -> SwitchbackCells:
    return SwitchbackCells(
        store=one.store[kept], pair=one.pair[kept], on=one.on[kept], outcome=one.outcome[kept]
    )


def test_what_differs_between_stores_and_days_does_not_count() -> None:
    found = switchback_effect(cells(60))
    assert found.pairs == 240
    assert found.planned.holds(5.0)
    assert found.planned.high - found.planned.low < 1


def test_the_interval_for_any_look_is_the_wider_one() -> None:
    found = switchback_effect(cells(60))
    assert found.running.low < found.planned.low
    assert found.planned.high < found.running.high


def test_half_a_pair_says_nothing() -> None:
    whole = cells(60)
    torn = only(whole, ~((whole.pair < 10) & whole.on))
    assert switchback_effect(torn).pairs == 200
    assert switchback_effect(only(whole, whole.on)).pairs == 0


def test_pairs_of_two_stores_are_not_mixed() -> None:
    two = SwitchbackCells(
        store=np.array([1, 2]),
        pair=np.array([7, 7]),
        on=np.array([False, True]),
        outcome=np.array([1.0, 2.0]),
    )
    assert switchback_effect(two).pairs == 0


def test_few_pairs_have_an_interval_for_the_planned_end_only() -> None:
    few = switchback_effect(cells(LEAST_PAIRS - 1, stores=1))
    assert few.planned.told
    assert not few.running.told


def test_nothing_measured_tells_nothing() -> None:
    found = switchback_effect(only(cells(3), np.zeros(24, bool)))
    assert (found.pairs, found.planned.told) == (0, False)


def test_the_level_without_the_treatment_is_told() -> None:
    one = cells(50)
    assert switchback_effect(one).off_mean == pytest.approx(one.outcome[~one.on].mean())
