"""Counting a source's purchases into profiles, as the edge's till would have.

Training and evaluation rebuild profiles and trends with it, up to any day.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from models.features.profile import Profile
from models.items import Keys, place_number
from models.sources.journey import Journey
from models.statistics.trend import StoreTrend


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
        # The same object each time: whoever keeps it longer than a turn must copy it.
        yield trip, profile, journey.items.keys[journey.trips.of(trip)]
        remember_trips(journey, profile, range(trip, trip + 1))


def store_trends(journey: Journey, cuts: Sequence[int]) -> list[dict[int, StoreTrend]]:
    """What each store has observed by the end of each cut day; ``cuts`` ascend."""
    trips = journey.trips
    order = np.argsort(trips.day, kind="stable")
    ends = np.searchsorted(trips.day[order], cuts, side="right")
    trends: dict[int, StoreTrend] = {}
    snapshots: list[dict[int, StoreTrend]] = []
    done = 0
    for end in ends.tolist():
        for trip in order[done:end].tolist():
            trend = trends.setdefault(int(trips.store[trip]), StoreTrend())
            trend.record(journey.items.keys[trips.of(trip)], journey.trips.moment(trip))
        done = end
        # Copies, since the next cut counts on.
        snapshots.append({store: trend.copy() for store, trend in trends.items()})
    return snapshots
