"""Counting a source's purchases into profiles, as the edge's till would have."""

from collections.abc import Iterator

import numpy as np

from models.counters import Profile
from models.items import Keys, place_number
from models.journey import Journey


def remember(journey: Journey, profile: Profile, keys: Keys, day: int, store: int) -> None:
    """Count what was bought on a local day in a store."""
    told = journey.leaflets.on(store, journey.week_of(day))
    promoted = np.zeros(len(keys), np.bool_) if told is None else told.holds(keys)
    place = place_number(store)
    for key, on_promotion in zip(keys.tolist(), promoted.tolist(), strict=True):
        profile.record(key, day, place=place, promoted=on_promotion)


def remember_trips(journey: Journey, profile: Profile, trips: range) -> None:
    """Count whole trips, by their numbers in ``Journey.trips``."""
    made = journey.trips
    for trip in trips:
        rows = slice(int(made.bounds[trip]), int(made.bounds[trip + 1]))
        keys = journey.items.keys[made.items[rows]].tolist()
        day, place = int(made.day[trip]), place_number(int(made.store[trip]))
        for key, promoted in zip(keys, journey.promoted[rows].tolist(), strict=True):
            profile.record(key, day, place=place, promoted=promoted)


def replay(
    journey: Journey, household: int, until_day: int
) -> Iterator[tuple[int, Profile, Keys]]:
    """Each trip of a household with the profile of all trips before it, and what was bought."""
    profile = Profile.empty()
    first, last = np.searchsorted(journey.trips.household, [household, household + 1])
    for trip in range(int(first), int(last)):
        if journey.trips.day[trip] > until_day:
            return
        yield trip, profile, journey.items.keys[journey.trips.of(trip)]
        remember_trips(journey, profile, range(trip, trip + 1))
