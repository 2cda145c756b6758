"""The trips a bundle is judged on: each household's first one after a cut that holds a known item.

``evaluate`` draws them once, and every check judges lists for them; ``predict`` looks at stores the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.features.profile import NOWHERE, Profile
from models.features.profile_replay import replay, store_trends
from models.features.request import ModelRequest, no_items
from models.items import Keys, place_number
from models.moment import Moment
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from models.statistics.tables import Floats
from models.statistics.trend import StoreTrend

# A household needs this many earlier trips to be judged.
TRIPS_BEFORE = 4

# Above the 320 of the shipped settings, so that no case is lost to the shortlist alone.
LISTED = 500

# A chain's loyalty card has millions of holders: so many drawn at random judge to half a per cent.
HOUSEHOLDS_MAX = 6_000
# The same draw in every report, or two bundles could not be compared.
_SEED = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCase:
    """One trip to be foreseen: its view, what was bought, and what had been bought before.

    ``trip``: its number in ``Journey.trips``. ``as_of``: when it began, in seconds since the epoch
    as the source's timestamps have them. ``trips``: how many the household had made before.
    """

    household: int
    trip: int
    as_of: int
    view: ModelRequest
    truth: Keys
    known: Keys
    trips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSituation:
    """Where a view is taken: a store, if any is known, and what it had observed by then."""

    store: int | None
    trend: StoreTrend


def view_of(
    journey: Journey, place: StoreSituation, moment: Moment, profile: Profile | None
) -> ModelRequest:
    """What the edge would look at in that store at that moment, with nothing in the basket yet.

    The one place where evaluation and prediction put a view together.
    """
    if place.store is None:
        return ModelRequest(profile=profile, trend=place.trend, moment=moment)
    return ModelRequest(
        profile=profile,
        trend=place.trend,
        moment=moment,
        place=place_number(place.store),
        promoted=journey.leaflets.on(place.store, journey.week_of(moment.day)),
    )


def cases(
    journey: Journey, bundle: Bundle, cut_day: int, end_day: int
) -> Iterator[EvaluationCase]:
    """First trips after ``cut_day``, up to ``end_day``, that hold an item of the vocabulary.

    Households with too little history at that trip are left out. What stores have observed is
    frozen at the cut, a household's own counters run up to its trip. Of more than
    ``HOUSEHOLDS_MAX`` such households that come in the window, so many are drawn, always the same.
    """
    trends = store_trends(journey, [cut_day])[0]
    trips = journey.trips
    for household in _coming(journey, cut_day, end_day).tolist():
        for trip, profile, bought in replay(journey, household, end_day):
            truth = known_to(bundle, bought)
            if trips.day[trip] <= cut_day or not len(truth):
                continue
            if profile.trips >= TRIPS_BEFORE:
                store = int(trips.store[trip])
                place = StoreSituation(store=store, trend=trends.get(store, StoreTrend()))
                yield EvaluationCase(
                    household=household,
                    trip=trip,
                    as_of=int(trips.second[trip]) - journey.utc_offset_s,
                    # A copy: the replay counts on in its own.
                    view=view_of(journey, place, trips.moment(trip), profile.copy()),
                    truth=truth,
                    known=np.sort(profile.keys),
                    trips=profile.trips,
                )
            break


def _coming(journey: Journey, cut_day: int, end_day: int) -> Keys:
    """Households with a trip in the window, ascending; where they are many, a draw of those with a past."""
    day, household = journey.trips.day, journey.trips.household
    inside = (day > cut_day) & (day <= end_day)
    households = np.unique(household[inside & (household >= 0)])
    if len(households) <= HOUSEHOLDS_MAX:
        return households
    known, trips = np.unique(journey.trips.household[day <= cut_day], return_counts=True)
    households = np.intersect1d(households, known[trips >= TRIPS_BEFORE])
    if len(households) <= HOUSEHOLDS_MAX:
        return households
    draw = np.random.default_rng(_SEED)
    return np.sort(draw.choice(households, HOUSEHOLDS_MAX, replace=False))


def untold(case: EvaluationCase) -> EvaluationCase:
    """The same trip as if nobody told which store it is to, nor what is promoted anywhere."""
    view = replace(case.view, trend=StoreTrend(), place=NOWHERE, promoted=None)
    return replace(case, view=view)


def known_to(bundle: Bundle, keys: Keys) -> Keys:
    """Those of ``keys`` that the bundle has in its vocabulary, in the same order."""
    return keys[bundle.items.positions(keys) >= 0]


def listed(bundle: Bundle, view: ModelRequest) -> tuple[Keys, Floats]:
    """The vocabulary's candidates for a view, likeliest first, ties by key, and their chances."""
    keys = known_to(bundle, bundle.shortlist(view, LISTED, no_items()).keys)
    chances = bundle.score(view, keys)
    order = np.lexsort((keys, -chances))
    return keys[order], chances[order]
