"""Laws of a shopper's counters. Places and promotions have theirs in ``test_trips_told``."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.features.profile import ITEMS_REMEMBERED, TRIPS_REMEMBERED, Profile

EVENTS = st.lists(st.tuples(st.integers(1, 12), st.integers(17_000, 17_030)), max_size=60)


def profile_of(events: list[tuple[int, int]]) -> Profile:
    profile = Profile.empty()
    for key, day in events:
        profile.record(key, day)
    return profile


@given(EVENTS)
def test_the_counts_are_those_of_the_distinct_days(events: list[tuple[int, int]]) -> None:
    profile = profile_of(events)
    distinct = set(events)
    assert profile.trips == len({day for _, day in events})
    assert profile.lines == len(distinct)
    for key, trips in zip(profile.keys.tolist(), profile.counts.tolist(), strict=True):
        assert trips == len({day for known, day in distinct if known == key})


@given(EVENTS)
def test_masks_first_and_last_days_tell_when_each_item_was_bought(
    events: list[tuple[int, int]],
) -> None:
    profile = profile_of(events)
    assert profile.days == sorted({day for _, day in events}, reverse=True)
    for row, key in enumerate(profile.keys.tolist()):
        days = {day for known, day in events if known == key}
        mask = int(profile.masks[row])
        assert {day for slot, day in enumerate(profile.days) if mask >> slot & 1} == days
        assert (profile.first_days[row], profile.last_days[row]) == (min(days), max(days))


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(
    events: list[tuple[int, int]], chance: object
) -> None:
    mixed = list(events)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    assert profile_of(mixed).to_bytes() == profile_of(events).to_bytes()


@given(EVENTS)
def test_recording_twice_changes_nothing(events: list[tuple[int, int]]) -> None:
    assert profile_of(events + events) == profile_of(events)


@given(EVENTS)
def test_bytes_are_canonical_and_read_back(events: list[tuple[int, int]]) -> None:
    profile = profile_of(events)
    data = profile.to_bytes()
    assert Profile.from_bytes(data).to_bytes() == data
    again = Profile.from_bytes(data)
    again.record(99, 17_040)
    profile.record(99, 17_040)
    assert again == profile


@given(EVENTS, st.integers(1, 15), st.integers(17_000, 17_035))
def test_retracting_a_new_line_undoes_it(
    events: list[tuple[int, int]], key: int, day: int
) -> None:
    if (key, day) in events:
        return
    profile = profile_of(events)
    before = profile.to_bytes()
    profile.record(key, day)
    profile.retract(key, day)
    assert profile.to_bytes() == before


def test_retracting_what_was_never_recorded_changes_nothing() -> None:
    profile = profile_of([(1, 17_000), (2, 17_001)])
    before = profile.to_bytes()
    for key, day in ((9, 17_000), (1, 17_001), (1, 16_000)):
        profile.retract(key, day)
    assert profile.to_bytes() == before


def test_a_copy_lives_on_its_own() -> None:
    profile = profile_of([(1, 17_000)])
    twin = profile.copy()
    twin.record(2, 17_001)
    assert len(profile) == 1
    assert len(twin) == 2
    assert profile != twin
    assert profile != "something else"


def test_only_sixty_four_trips_are_remembered_and_older_ones_change_nothing() -> None:
    profile = profile_of([(1, 17_000 + day) for day in range(TRIPS_REMEMBERED + 6)])
    assert len(profile.days) == TRIPS_REMEMBERED
    assert (profile.trips, profile.counts.tolist()) == (70, [70])
    before = profile.to_bytes()
    profile.record(5, 17_001)
    assert profile.to_bytes() == before


def test_a_retracted_item_from_beyond_memory_keeps_its_first_day() -> None:
    profile = profile_of([(1, 16_000)])
    for day in range(TRIPS_REMEMBERED):
        profile.record(2, 17_000 + day)
    profile.record(1, 17_063)
    profile.retract(1, 17_063)
    row = profile.keys.tolist().index(1)
    assert (profile.counts[row], profile.masks[row]) == (1, 0)
    assert profile.first_days[row] == profile.last_days[row] == 16_000


def test_a_trip_taken_back_from_a_long_history_leaves_the_first_day() -> None:
    profile = profile_of([(1, 16_000), *((2, 17_000 + day) for day in range(TRIPS_REMEMBERED))])
    profile.record(2, 17_100)
    profile.retract(2, 17_100)
    row = profile.keys.tolist().index(2)
    assert (profile.trips, profile.first_day) == (TRIPS_REMEMBERED + 1, 16_000)
    assert (profile.first_days[row], profile.last_days[row]) == (17_000, 17_063)
    assert profile.counts[row] == TRIPS_REMEMBERED


def test_a_full_memory_forgets_the_item_unseen_for_longest_and_stays_below_twenty_kilobytes() -> (
    None
):
    profile = profile_of([(7, 16_999)])
    for key in range(1000, 1000 + ITEMS_REMEMBERED):
        profile.record(key, 17_000 + key % 60)
    assert len(profile) == ITEMS_REMEMBERED
    assert 7 not in profile.keys
    assert len(profile.to_bytes()) < 20_000


def test_totals_become_weekly_trips() -> None:
    profile = Profile.empty()
    profile.seed(5, trips=3, last_day=17_100)
    assert profile.days == [17_100, 17_093, 17_086]
    assert profile.counts.tolist() == [3]


def test_recent_purchases_are_listed_by_key() -> None:
    profile = profile_of([(9, 17_010), (3, 17_012), (4, 17_000)])
    assert profile.bought_since(17_010).tolist() == [3, 9]


def test_what_was_derived_for_a_day_survives_that_day_s_lines_only() -> None:
    profile = profile_of([(1, 17_000)])
    profile.remember("me", 17_010, "derived")
    profile.record(2, 17_010)
    assert profile.recall("me", 17_010) == "derived"
    assert profile.recall("me", 17_011) is None
    profile.record(2, 17_005)
    assert profile.recall("me", 17_010) is None


def test_keys_of_sixty_two_bits_are_kept_whole() -> None:
    profile = profile_of([((1 << 62) + 5, 17_000)])
    assert Profile.from_bytes(profile.to_bytes()).keys.tolist() == [(1 << 62) + 5]
    assert profile.keys.dtype == np.int64


def test_the_latest_trip_of_an_item_is_known() -> None:
    profile = profile_of([(3, 100), (3, 120), (4, 130)])
    assert [profile.last_bought(key) for key in (3, 4, 5)] == [120, 130, None]
