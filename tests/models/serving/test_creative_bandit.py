"""Thompson sampling of creatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.creative_bandit import (
    FLOOR,
    POINTS,
    CreativeCounts,
    posterior,
    propensities,
)

COUNTS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=8
).map(lambda rows: [(max(pair), min(pair)) for pair in rows])


def counts(*rows: tuple[int, int]) -> CreativeCounts:
    shown, taken = np.array(rows, np.int64).T
    return CreativeCounts(shown=shown, taken=taken)


@given(COUNTS, st.integers(0, 10))
def test_propensities_sum_to_all_and_none_falls_below_the_floor(
    rows: list[tuple[int, int]], seed: int
) -> None:
    points = propensities(counts(*rows), counts(*rows), seed)
    assert points.sum() == POINTS
    assert points.min() >= int(FLOOR / len(rows) * POINTS)


@given(COUNTS)
def test_equal_counts_and_seeds_give_equal_propensities(rows: list[tuple[int, int]]) -> None:
    one, same = (propensities(counts(*rows), counts(*rows), 3) for _ in range(2))
    np.testing.assert_array_equal(one, same)


def test_a_new_segment_starts_from_what_all_segments_know() -> None:
    new, pooled = counts((0, 0), (0, 0)), counts((1000, 100), (1000, 20))
    successes, failures = posterior(new, pooled)
    rates = successes / (successes + failures)
    assert rates == pytest.approx([101 / 1020, 21 / 1020])


def test_what_a_segment_has_seen_itself_outweighs_the_others() -> None:
    own, pooled = counts((400, 8), (400, 60)), counts((5000, 500), (5000, 200))
    assert propensities(own, pooled, 1)[1] > 0.9 * POINTS


def test_more_is_taken_up_than_by_showing_evenly() -> None:
    rates, draw = np.array([0.03, 0.05, 0.12]), np.random.default_rng(2)
    shown, taken = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for step in range(1500):
        known = CreativeCounts(shown=shown.copy(), taken=taken.copy())
        if step % 25 == 0:
            points = propensities(known, known, step)
        arm = int(draw.choice(3, p=points / POINTS))
        shown[arm] += 1
        taken[arm] += draw.random() < rates[arm]
    assert taken.sum() > 1.3 * 1500 * rates.mean()
    assert shown.min() > 0


@pytest.mark.parametrize(("shown", "taken"), [([1], [2]), ([1, 2], [1]), ([], []), ([3], [-1])])
def test_impossible_counts_are_refused(shown: list[int], taken: list[int]) -> None:
    with pytest.raises(ValueError, match="show"):
        CreativeCounts(shown=np.array(shown, np.int64), taken=np.array(taken, np.int64))
