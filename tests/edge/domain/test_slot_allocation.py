from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.decision import Rule, SlotClaim
from edge.domain.slot_allocation import SlotAllocation

rows = st.permutations(range(12))


def places(
    limit: int = 3,
    per_category: int = 1,
    categories: str = "aabbccdd",
    *,
    per_name: int = 0,
    names: str = "",
) -> SlotAllocation:
    return SlotAllocation(
        limit=limit,
        per_category=per_category,
        category=lambda row: None if categories[row] == "-" else categories[row],
        per_name=per_name,
        name=lambda row: names[row],
    )


def always(_row: int) -> bool:
    return True


def test_places_are_taken_in_order_but_for_too_many_of_a_category() -> None:
    found = places()
    assert found.fill([0, 1, 2, 4, 6]) == {1: Rule.TOO_MUCH_ALIKE}
    assert found.taken == [(0, SlotClaim.WORTH), (2, SlotClaim.WORTH), (4, SlotClaim.WORTH)]
    assert 2 in found
    assert 6 not in found


def test_what_has_no_category_takes_no_place() -> None:
    found = places(categories="-ab")
    assert found.fill([0, 1, 2]) == {0: Rule.TOO_MUCH_ALIKE}
    assert not found.yield_to([0], SlotClaim.DUE, always)


def test_a_claimant_takes_the_last_place_that_gives_way() -> None:
    found = places()
    found.fill([0, 2, 4])
    assert found.yield_to([6], SlotClaim.DUE, lambda row: row < 4) == [2]
    assert found.taken == [(0, SlotClaim.WORTH), (4, SlotClaim.WORTH), (6, SlotClaim.DUE)]
    assert found.yield_to([1], SlotClaim.DUE, lambda _row: False) == []


def test_a_claimant_may_follow_one_of_its_own_category_and_no_other() -> None:
    found = places()
    found.fill([0, 2, 4])
    assert found.yield_to([1], SlotClaim.DUE, lambda row: row == 4) == []
    assert found.yield_to([1], SlotClaim.DUE, lambda row: row == 0) == [0]


def test_a_kept_place_prefers_a_category_that_no_other_place_shows() -> None:
    found = places(per_category=2)
    found.fill([0, 2, 4])
    assert found.keep(1, [1, 6], SlotClaim.EXPLORE, [always]) == [4]
    assert found.taken[-1] == (6, SlotClaim.EXPLORE)
    again = places(per_category=2)
    again.fill([0, 2, 4])
    again.keep(1, [1, 3], SlotClaim.EXPLORE, [always])
    assert again.taken[-1] == (1, SlotClaim.EXPLORE)


def test_a_place_is_kept_only_if_somebody_gives_way_and_somebody_claims_it() -> None:
    found = places()
    found.fill([0, 2, 4])
    assert found.keep(2, [], SlotClaim.EXPLORE, [always]) == []
    assert found.keep(2, [6], SlotClaim.EXPLORE, [lambda _row: False]) == []
    assert found.keep(
        2, [6], SlotClaim.EXPLORE, [lambda _row: False, lambda row: row == 0]
    ) == [0]


def test_what_reads_the_same_takes_one_place_whatever_its_category() -> None:
    found = places(4, 9, "aabbcc", per_name=1, names="mmmbxb")
    assert found.fill(range(6)) == dict.fromkeys([1, 2, 5], Rule.SAME_NAME)
    assert [row for row, _ in found.taken] == [0, 3, 4]
    twice = places(4, 9, "aabbcc", per_name=2, names="mmmbxb")
    assert twice.fill(range(6)) == {2: Rule.SAME_NAME}


def test_a_claimant_takes_the_place_of_what_reads_the_same_or_none() -> None:
    found = places(3, 9, "aabbcc", per_name=1, names="mxymzz")
    found.fill([0, 1, 2])
    assert found.yield_to([3], SlotClaim.DUE, lambda row: row != 0) == []
    assert found.yield_to([3], SlotClaim.DUE, always) == [0]
    assert found.yield_to([4, 5], SlotClaim.DUE, lambda row: row == 1) == [1]
    assert [row for row, _ in found.taken] == [2, 3, 4]


def test_a_kept_place_goes_to_nobody_who_reads_like_another_place() -> None:
    found = places(3, 9, "aabbcc", per_name=1, names="mxymzz")
    found.fill([0, 1, 2])
    assert found.keep(1, [3, 4], SlotClaim.EXPLORE, [always]) == [2]
    assert [row for row, _ in found.taken] == [0, 1, 4]


@given(
    rows, st.integers(1, 6), st.integers(1, 3), st.sets(st.integers(0, 11)), st.integers(0, 3)
)
def test_whatever_is_claimed_the_limits_hold_and_no_place_is_lost(
    ranked: list[int], limit: int, per_category: int, claiming: set[int], count: int
) -> None:
    categories = "abcabcabcabc"
    names = "mnopmnopqrst"
    found = places(limit, per_category, categories, per_name=1, names=names)
    found.fill(ranked)
    before = len(found.taken)
    due = [row for row in ranked if row % 4 == 0 and row not in found]
    found.yield_to(due, SlotClaim.DUE, lambda row: row % 4 != 0)
    claimants = [row for row in ranked if row in claiming]
    found.keep(count, claimants, SlotClaim.EXPLORE, [lambda row: row not in claiming])
    taken = [row for row, _ in found.taken]
    assert len(set(taken)) == len(taken) == before
    assert max(Counter(categories[row] for row in taken).values()) <= per_category
    assert max(Counter(names[row] for row in taken).values()) == 1
