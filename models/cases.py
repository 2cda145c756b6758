"""The trips a bundle is judged on: each household's first one after a cut."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.bundle import Bundle
from models.examples import replay, store_trends
from models.items import Keys
from models.journey import LOCAL_OFFSET_S, Journey
from models.tables import Floats
from models.trend import StoreTrend
from models.view import View, no_items

# A household needs this many earlier trips to be judged.
TRIPS_BEFORE = 4

LISTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One trip to be foreseen: its view, what was bought, and what had been bought before.

    ``as_of``: when it began, in seconds since the epoch as the source's timestamps have them.
    """

    household: int
    as_of: int
    view: View
    truth: Keys
    known: Keys
    trips: int


def cases(journey: Journey, bundle: Bundle, cut_day: int, end_day: int) -> Iterator[Case]:
    """First trips after ``cut_day``, up to ``end_day``, of households with enough history."""
    trends = store_trends(journey, [cut_day])[0]
    for household in journey.households.tolist():
        for trip, profile, bought in replay(journey, household, end_day):
            if journey.trips.day[trip] <= cut_day:
                continue
            truth = bought[bundle.items.positions(bought) >= 0]
            if profile.trips >= TRIPS_BEFORE and len(truth):
                yield Case(
                    household=household,
                    as_of=int(journey.trips.second[trip]) - LOCAL_OFFSET_S,
                    view=View(
                        profile=profile.copy(),
                        trend=trends.get(int(journey.trips.store[trip]), StoreTrend()),
                        moment=journey.trips.moment(trip),
                    ),
                    truth=truth,
                    known=np.sort(profile.keys),
                    trips=profile.trips,
                )
            break


def listed(bundle: Bundle, view: View) -> tuple[Keys, Floats]:
    """The vocabulary's candidates for a view, likeliest first, ties by key, and their chances."""
    keys = bundle.shortlist(view, LISTED, no_items()).keys
    keys = keys[bundle.items.positions(keys) >= 0]
    chances = bundle.score(view, keys)
    order = np.lexsort((keys, -chances))
    return keys[order], chances[order]
