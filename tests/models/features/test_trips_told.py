"""Where trips were made and what was on promotion: a profile checked against a slow dictionary."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.features.profile import NOWHERE, PROMOTED_TRIPS, TRIPS_REMEMBERED, Profile

# Item, day, place, on promotion. More days than promotions are remembered of, fewer than trips.
EVENT = st.tuples(
    st.integers(1, 6), st.integers(17_000, 17_049), st.integers(0, 3), st.booleans()
)
EVENTS = st.lists(EVENT, max_size=110)
STEPS = st.lists(st.tuples(st.booleans(), EVENT), max_size=110)

Event = tuple[int, int, int, bool]


@dataclass
class Slow:
    """What a profile must hold, said plainly: what was bought when, and where."""

    bought: dict[tuple[int, int], bool] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)

    @property
    def days(self) -> list[int]:
        return sorted(self.places, reverse=True)

    def record(self, key: int, day: int, place: int, promoted: bool) -> None:  # noqa: FBT001
        known = self.places.get(day, NOWHERE)
        told = [one for one in (known, place) if one != NOWHERE]
        self.places[day] = min(told, default=NOWHERE)
        self.bought[key, day] = self.bought.get((key, day), False) or promoted
        self._forget()

    def retract(self, key: int, day: int) -> None:
        self.bought.pop((key, day), None)
        if all(known != day for _, known in self.bought):
            self.places.pop(day, None)

    def _forget(self) -> None:
        """Of older trips nobody remembers what was on promotion."""
        lately = set(self.days[:PROMOTED_TRIPS])
        for key, day in self.bought:
            self.bought[key, day] &= day in lately


def recorded(events: list[Event]) -> Profile:
    profile = Profile.empty()
    for key, day, place, promoted in events:
        profile.record(key, day, place=place, promoted=promoted)
    return profile


def agrees(profile: Profile, slow: Slow) -> None:
    assert profile.days == slow.days
    assert profile.places == [slow.places[day] for day in slow.days]
    assert (profile.trips, profile.lines) == (len(slow.days), len(slow.bought))
    assert profile.first_day == min(slow.days, default=0)
    assert set(profile.keys.tolist()) == {key for key, _ in slow.bought}
    for row, key in enumerate(profile.keys.tolist()):
        days = [day for known, day in slow.bought if known == key]
        mask = sum(1 << slow.days.index(day) for day in days)
        promoted = sum(1 << slow.days.index(day) for day in days if slow.bought[key, day])
        assert (int(profile.masks[row]), int(profile.promoted[row])) == (mask, promoted)
        assert (profile.first_days[row], profile.last_days[row]) == (min(days), max(days))
        assert profile.counts[row] == len(days)


@given(STEPS)
def test_lines_told_and_taken_back_leave_what_a_dictionary_holds(
    steps: list[tuple[bool, Event]],
) -> None:
    profile, slow = Profile.empty(), Slow()
    for back, (key, day, place, promoted) in steps:
        if back:
            profile.retract(key, day)
            slow.retract(key, day)
        else:
            profile.record(key, day, place=place, promoted=promoted)
            slow.record(key, day, place, promoted)
    agrees(profile, slow)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_show_in_the_bytes(
    events: list[Event], chance: object
) -> None:
    mixed = list(events)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    assert recorded(mixed).to_bytes() == recorded(events).to_bytes()


@given(EVENTS)
def test_bytes_and_copies_carry_places_and_promotions(events: list[Event]) -> None:
    profile = recorded(events)
    read = Profile.from_bytes(profile.to_bytes())
    assert read == profile == profile.copy()
    for one in (profile, read):
        one.record(9, 17_020, place=2, promoted=True)
        one.retract(9, 17_020)
    assert read.to_bytes() == profile.to_bytes()


@given(EVENTS, st.integers(17_000, 17_049), st.booleans())
def test_a_new_line_taken_back_leaves_no_trace(
    events: list[Event],
    day: int,
    promoted: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    profile = recorded(events)
    if len({known for _, known, _, _ in events}) >= PROMOTED_TRIPS and day not in profile.days:
        return  # a further trip makes the oldest promotions be forgotten for good
    place = profile.places[profile.days.index(day)] if day in profile.days else 2
    before = profile.to_bytes()
    profile.record(99, day, place=place, promoted=promoted)
    assert profile.promoted[profile.keys.tolist().index(99)].any() == (
        promoted and profile.days.index(day) < PROMOTED_TRIPS
    )
    profile.retract(99, day)
    assert profile.to_bytes() == before


def test_of_two_places_on_a_day_the_smaller_stays_and_nowhere_says_nothing() -> None:
    for places in ((7, 4), (4, 7), (NOWHERE, 4), (4, NOWHERE), (9, NOWHERE, 4)):
        profile = recorded([(1, 17_000, place, False) for place in places])
        assert profile.places == [4]
    assert recorded([(1, 17_000, NOWHERE, False)]).places == [NOWHERE]


def test_a_second_line_may_say_that_it_was_on_promotion() -> None:
    profile = recorded([(1, 17_000, 1, False), (1, 17_000, 1, True), (1, 17_000, 1, False)])
    assert profile.promoted.tolist() == [1]
    assert (profile.lines, profile.counts.tolist()) == (1, [1])


def test_promotions_are_remembered_of_thirty_two_trips_and_places_of_sixty_four() -> None:
    trips = TRIPS_REMEMBERED + 6
    profile = recorded([(1, 17_000 + trip, 1 + trip, True) for trip in range(trips)])
    assert profile.promoted.tolist() == [2**PROMOTED_TRIPS - 1]
    assert profile.places == [trips - slot for slot in range(TRIPS_REMEMBERED)]
    late = recorded([(1, 17_100 + trip, 1, False) for trip in range(PROMOTED_TRIPS)])
    late.record(2, 17_000, place=1, promoted=True)
    assert not late.promoted.any()


def test_a_line_from_beyond_memory_moves_no_place() -> None:
    profile = recorded([(1, 17_010 + trip, 5, False) for trip in range(TRIPS_REMEMBERED)])
    before = profile.to_bytes()
    profile.record(2, 17_000, place=1, promoted=True)
    assert profile.to_bytes() == before


def test_another_place_on_an_earlier_day_outdates_what_was_derived() -> None:
    profile = recorded([(1, 17_000, 5, False)])
    profile.remember("me", 17_010, "derived")
    profile.record(1, 17_000, place=5)
    assert profile.recall("me", 17_010) == "derived"
    profile.record(1, 17_000, place=4)
    assert profile.recall("me", 17_010) is None


def test_a_late_word_of_a_promotion_outdates_what_was_derived() -> None:
    profile = recorded([(1, 17_000, 5, False)])
    profile.remember("me", 17_010, "derived")
    profile.record(1, 17_000, place=5, promoted=True)
    assert profile.recall("me", 17_010) is None


def test_full_profiles_of_promotions_everywhere_stay_below_twenty_kilobytes() -> None:
    draw = np.random.default_rng(0)
    profile = Profile.empty()
    for trip in range(100):
        for key in draw.integers(1, 3000, 30).tolist():
            profile.record(key, 17_000 + trip, place=2**32 - 1, promoted=True)
    assert len(profile.to_bytes()) < 20_000
