"""A source's purchases counted as the till would have."""

import numpy as np
import pytest

from models.features.profile import Profile
from models.features.profile_replay import remember, remember_trips, replay
from models.items import place_number
from models.sources.journey import Journey
from tests.models.town import UNTIL_DAY, UNTOLD_WEEK


def mine(journey: Journey, household: int) -> range:
    first, last = np.searchsorted(journey.trips.household, [household, household + 1])
    return range(int(first), int(last))


def test_each_trip_is_met_with_all_that_came_before_it(journey: Journey) -> None:
    met = 0
    for trip, profile, bought in replay(journey, 7, journey.last_day):
        day = int(journey.trips.day[trip])
        assert bought.tolist() == journey.items.keys[journey.trips.of(trip)].tolist()
        assert profile.trips == met == (journey.trips.day[mine(journey, 7)] < day).sum()
        assert all(known < day for known in profile.days)
        met += 1
    assert met == len(mine(journey, 7)) > 20


def test_a_replay_stops_at_its_last_day(journey: Journey) -> None:
    days = [int(journey.trips.day[trip]) for trip, _, _ in replay(journey, 7, UNTIL_DAY)]
    assert len(days) > 20
    assert max(days) <= UNTIL_DAY
    assert not list(replay(journey, 7, 0))
    assert not list(replay(journey, 12_345, journey.last_day))


def test_places_and_promotions_are_those_of_the_store_s_week(journey: Journey) -> None:
    trips = mine(journey, 8)
    profile = Profile.empty()
    remember_trips(journey, profile, trips)
    for slot in range(0, len(profile.days), 5):
        trip = trips[len(trips) - 1 - slot]
        store = int(journey.trips.store[trip])
        told = journey.leaflets.on(store, int(journey.trips.week[trip]))
        assert profile.places[slot] == place_number(store)
        held = np.sort(profile.keys[profile.masks >> np.uint64(slot) & np.uint64(1) > 0])
        lured = np.sort(profile.keys[profile.promoted.astype(np.uint64) >> np.uint64(slot) & np.uint64(1) > 0])  # fmt: skip # noqa: E501  # a bit a trip
        assert held.tolist() == journey.items.keys[journey.trips.of(trip)].tolist()
        if slot < 32:
            assert lured.tolist() == ([] if told is None else held[told.holds(held)].tolist())


def test_trips_one_by_one_lines_one_by_one_and_all_at_once_are_the_same(
    journey: Journey,
) -> None:
    trips = mine(journey, 8)
    whole, slow = Profile.empty(), Profile.empty()
    remember_trips(journey, whole, trips)
    for trip in trips:
        store, day = int(journey.trips.store[trip]), int(journey.trips.day[trip])
        for item in journey.trips.of(trip)[::-1].tolist():
            remember(journey, slow, journey.items.keys[[item]], day, store)
    assert whole == slow
    assert whole.promoted.any()


@pytest.mark.parametrize("week", [1, UNTOLD_WEEK])
def test_where_nobody_told_nothing_was_on_promotion(journey: Journey, week: int) -> None:
    day = int(journey.trips.day[journey.trips.week == week][0])
    profile = Profile.empty()
    remember(journey, profile, journey.items.keys[:20], day, 2)
    assert not profile.promoted.any()
    assert profile.places == [place_number(2)]


def test_an_unknown_store_is_a_place_too(journey: Journey) -> None:
    profile = Profile.empty()
    remember(journey, profile, journey.items.keys[:2], UNTIL_DAY, 99)
    assert profile.places == [place_number(99)]
    assert not profile.promoted.any()
