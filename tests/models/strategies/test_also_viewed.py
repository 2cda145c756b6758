"""What others looked at, too: from a bundle's tables and from a store's own counts alike."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.statistics.pairs import SEEN_IN, KnownPairs, PairCounts, known_pairs
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend
from models.strategies.also_viewed import AlsoViewed
from models.strategies.registry import named

STRANGER = ModelRequest(
    profile=None, trend=StoreTrend.empty(), moment=Moment(day=17_300, hour=18)
)
DAY = 17_300

sittings = st.lists(st.frozensets(st.integers(1, 9), max_size=5), max_size=30)


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


def looked(*sat: frozenset[int]) -> KnownPairs:
    found = PairCounts()
    for items in sat:
        found.record(keys(*sorted(items)), DAY)
    return known_pairs(found.to_bytes())


NEAR = looked(
    *[frozenset({1, 2})] * 6,
    *[frozenset({1, 3})] * 4,
    *[frozenset({3, 4})] * 4,
    *[frozenset({5})] * 3,
)


@pytest.mark.parametrize("local", [False, True])
def test_nearest_come_first_without_what_was_seen_or_taken(
    tables: Tables, *, local: bool
) -> None:
    def ranked(**view: object) -> list[int]:
        asked = replace(STRANGER, co_views=NEAR, **view)  # type: ignore[arg-type]  # fields of the test's choice
        found: list[int] = (
            LocalFallback().by_strategy(asked, "also-viewed", 5)
            if local
            else named(tables)["also-viewed"].rank(asked, 5)
        ).tolist()
        return found

    assert ranked(viewed=keys(1)) == [2, 3]
    assert ranked(basket=keys(1)) == [2, 3]
    assert ranked(viewed=keys(3, 1)) == [2, 4]
    assert ranked(viewed=keys(3), basket=keys(1)) == [2, 4]
    assert ranked(viewed=keys(5)) == ranked(viewed=keys(99)) == ranked() == []


def test_only_the_latest_looks_count() -> None:
    long_ago = replace(STRANGER, co_views=NEAR, viewed=keys(*range(100, 110), 1))
    assert not len(AlsoViewed().rank(long_ago, 5))


@given(sat=sittings, viewed=st.lists(st.integers(1, 9), max_size=3, unique=True))
def test_what_fewer_than_three_sittings_held_together_is_never_seen(
    sat: list[frozenset[int]], viewed: list[int]
) -> None:
    view = replace(STRANGER, co_views=looked(*sat), viewed=keys(*viewed))
    listed = AlsoViewed().rank(view, 9).tolist()
    often = {
        pair
        for a, b in combinations(range(1, 10), 2)
        if sum({a, b} <= items for items in sat) >= SEEN_IN
        for pair in ((a, b), (b, a))
    }
    expected = {other for one, other in often if one in viewed} - set(viewed)
    assert set(listed) == expected
    assert len(listed) == len(expected)
