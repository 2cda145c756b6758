"""Pairs counted basket by basket."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.statistics import pairs
from models.statistics.pairs import (
    NO_PAIRS,
    SEEN_IN,
    KnownPairs,
    PairCounts,
    PairsUnreadable,
    known_pairs,
)

baskets = st.lists(st.frozensets(st.integers(1, 12), max_size=6), max_size=40)


def keys(items: frozenset[int] | set[int]) -> npt.NDArray[np.int64]:
    return np.array(sorted(items), np.int64)


def counted(sold: list[frozenset[int]]) -> PairCounts:
    found = PairCounts()
    for basket in sold:
        found.record(keys(basket), 17_000)
    return found


def told(known: KnownPairs) -> dict[tuple[int, int], int]:
    one, other = known.keys[known.one].tolist(), known.keys[known.other].tolist()
    return dict(zip(zip(one, other, strict=True), known.together.tolist(), strict=True))


@given(sold=baskets)
def test_what_is_known_is_what_a_recount_finds_in_enough_baskets(
    sold: list[frozenset[int]],
) -> None:
    known = known_pairs(counted(sold).to_bytes())
    expected = {
        pair: times
        for a, b in combinations(range(1, 13), 2)
        if (times := sum({a, b} <= basket for basket in sold)) >= SEEN_IN
        for pair in ((a, b), (b, a))
    }
    assert told(known) == expected
    assert known.baskets == len(sold)
    items = {k: sum(k in basket for basket in sold) for k in known.keys.tolist()}
    assert known.counts.tolist() == list(items.values())


@given(sold=baskets, gone=st.data())
def test_what_is_taken_back_was_never_sold(
    sold: list[frozenset[int]], gone: st.DataObject
) -> None:
    found = counted(sold)
    left = list[frozenset[int]]()
    for basket in sold:
        kept = gone.draw(st.sampled_from([basket, frozenset(), frozenset(list(basket)[:2])]))
        if kept != basket:
            found.correct(basket, kept)
        left += [kept] if kept or kept == basket else []
    assert found.to_bytes() == counted(left).to_bytes()


@given(sold=baskets)
def test_stored_rows_count_on(sold: list[frozenset[int]]) -> None:
    rows, found = dict[int, bytes](), PairCounts()
    for basket in sold:
        found.record(keys(basket), 17_000)
        rows |= found.changed()
    again = PairCounts.from_rows({key: body for key, body in rows.items() if body})
    assert again.to_bytes() == found.to_bytes()
    for one in (again, found):
        one.record(keys({1, 2}), 17_001)
    assert again.to_bytes() == found.to_bytes()
    assert again.edition == found.edition


def test_rows_are_bounded_and_what_is_frequent_stays() -> None:
    found = PairCounts()
    for number in range(500):
        found.record(keys({1, 2, 1000 + number, 2000 + number}), 17_000)
    rows = found.changed()
    assert max(map(len, rows.values())) <= 4 + 12 * 48
    assert told(known_pairs(found.to_bytes())) == {(1, 2): 500, (2, 1): 500}


def test_no_more_items_are_counted_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pairs, "_ITEMS_MAX", 3)
    found = counted([frozenset({1, 2, 3, 4, 5})] * 4)
    assert known_pairs(found.to_bytes()).keys.tolist() == [1, 2, 3]


def test_old_counts_fade_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_HALVED_AT", 20)
    found = counted([frozenset({1, 2})] * 19 + [frozenset({1, 3})])
    known = known_pairs(found.to_bytes())
    assert (known.baskets, told(known)) == (10, {(1, 2): 9, (2, 1): 9})
    assert 3 not in known.keys


def test_of_a_huge_basket_a_bounded_part_counts_and_can_be_taken_back() -> None:
    huge = frozenset(range(1, 200))
    found = counted([huge] * 3)
    assert len(known_pairs(found.to_bytes()).keys) == 40
    for _ in range(3):
        found.correct(huge, ())
    assert found.to_bytes() == PairCounts().to_bytes()


def test_editions_come_after_ten_baskets_then_with_a_quarter_more_or_a_new_day() -> None:
    found, seen = PairCounts(), list[int]()
    for number in range(1, 101):
        before = found.edition
        found.record(keys({1, 2}), 17_000)
        seen += [number] if found.edition != before else []
    assert seen == [10, 20, 30, 40, 54, 72, 96]
    before = found.edition
    for _ in range(10):
        found.record(keys({1, 2}), 17_001)
    assert found.edition == before + 1


@pytest.mark.parametrize("data", [b"", b"SPC1", PairCounts().to_bytes()[1:]])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PairsUnreadable):
        known_pairs(data)
    with pytest.raises(PairsUnreadable):
        PairCounts.from_rows({5: b"abc"})
    assert not len(NO_PAIRS.keys)
