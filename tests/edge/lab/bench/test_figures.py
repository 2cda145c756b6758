from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lab.bench.figures import delays, percentile, ratio

some_us = st.lists(st.integers(0, 10_000_000), min_size=1, max_size=200)


def test_a_percentile_is_a_delay_that_was_seen_in_milliseconds() -> None:
    assert percentile([3_000, 1_000, 2_000], 50) == 2
    assert percentile(range(0, 100_000, 1_000), 99) == 99


def test_without_any_answer_the_delay_has_no_end() -> None:
    assert percentile([], 50) == inf


@given(some_us)
def test_percentiles_grow_and_stay_within_what_was_seen(us: list[int]) -> None:
    found = [percentile(us, pct) for pct in (0, 50, 99, 100)]
    assert found == sorted(found)
    assert found[0] == min(us) / 1_000
    assert found[-1] == max(us) / 1_000


def test_blocks_give_medians_and_the_best_and_how_far_they_lie_apart() -> None:
    found = delays([[1_000], [2_000], [4_000]], sent=6)
    assert (found.p50_ms, found.best_p50_ms, found.noise) == (2, 1, 1.5)
    assert found.answered == 0.5


@pytest.mark.parametrize("other", [0, inf])
def test_a_multiple_of_nothing_says_nothing(other: float) -> None:
    assert ratio(1, other) is None
    assert ratio(inf, 1) is None


def test_a_ratio_has_two_decimals() -> None:
    assert ratio(2, 3) == 0.67
