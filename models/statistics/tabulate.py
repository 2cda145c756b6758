"""Build a bundle's tables from the trips of a training window.

``training.train`` calls it at every cut; ``tables`` keeps the result.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.items import Items, Keys, Positions, positions_in
from models.moment import DAYPARTS, daypart
from models.sources.journey import Ints, Journey
from models.statistics.household_clusters import (
    HouseholdClusters,
    Purchases,
    cluster_households,
)
from models.statistics.promotion_lift_fit import fit_lifts
from models.statistics.shares import LEAN, RECENT_DAYS, RepeatRates, WindowCounts, shares
from models.statistics.tables import Floats, Tables

# Rows of pairs counted at once, and partners of theirs spread out at once: about 200 MB at 24,000 items.
_KIN_ROWS = 256
_PARTNERS = 4_000_000

_PART_OF_HOUR = np.array([DAYPARTS.index(daypart(hour)) for hour in range(24)])


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """Sizes of the tables. ``trips_min``: trips an item needs to be in the vocabulary.

    ``lean``: pseudo-counts with which a thin item leans on its type.
    """

    trips_min: int = 20
    kin: int = 30
    kin_support: int = 3
    lean: float = LEAN
    neighbourhoods: HouseholdClusters = field(default_factory=HouseholdClusters)


LOCAL_PLAN = TablePlan(
    trips_min=1,
    lean=5.0,
    neighbourhoods=HouseholdClusters(centres=16),
)
"""For the tables of one store, counted from its own till: everything that is sold there is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWindow:
    """The distinct (trip, item) pairs of a training window, items as vocabulary positions.

    Shapes (r,); trips are numbered 0..``trips``-1; ``part`` and ``household`` (below 0: nobody's) per trip.
    """

    trips: int
    trip: npt.NDArray[np.int64]
    item: Ints
    day: Ints
    household: Keys
    part: Ints


def tabulate(
    journey: Journey,
    until_day: int,
    plan: TablePlan,
    seed: int,
    vocabulary: Keys | None = None,
) -> Tables:
    """The tables of all trips up to and including ``until_day``. Raises ``TooLittleData``.

    ``vocabulary``: of these items, ascending; None = of those with trips enough.
    """
    chosen = _chosen(journey, until_day, plan, vocabulary)
    window = _window(journey, until_day, chosen)
    items = journey.priced(until_day).only(chosen)
    stats, day, parts = shares(_counted(window, items, until_day), items, plan.lean)
    kin, cosine = item_cosine(window, len(items), plan)
    people = cluster_households(
        _purchases(window, len(items)),
        plan.neighbourhoods,
        seed,
    )
    return Tables(
        items=items,
        stats=stats,
        day=day,
        parts=parts,
        worth=people.worth,
        kin=kin,
        kin_cosine=cosine,
        vectors=people.vectors,
        centres=people.centres,
        lists=people.lists,
        list_rates=people.rates,
        lifts=fit_lifts(journey, until_day, chosen),
    )


def _chosen(
    journey: Journey, until_day: int, plan: TablePlan, vocabulary: Keys | None
) -> npt.NDArray[np.intp]:
    """Which of the journey's items the tables are of, ascending."""
    trips = int((journey.trips.day <= until_day).sum())
    lengths = np.diff(journey.trips.bounds)
    in_window = np.repeat(journey.trips.day <= until_day, lengths)
    counts = np.bincount(journey.trips.items[in_window], minlength=len(journey.items))
    enough = counts >= plan.trips_min
    # A refreshed bundle keeps its vocabulary, however rarely an item sells by now.
    if vocabulary is not None:
        enough = positions_in(vocabulary, journey.items.keys) >= 0
    chosen = np.flatnonzero(enough)
    if not len(chosen) or not trips:
        raise TooLittleData(
            what=f"items with {plan.trips_min} trips", got=len(chosen), needed=1
        )
    return chosen


def _window(journey: Journey, until_day: int, chosen: npt.NDArray[np.intp]) -> TrainingWindow:
    trips = journey.trips
    inside = np.flatnonzero(trips.day <= until_day)
    number = np.full(len(trips), -1, np.int64)
    number[inside] = np.arange(len(inside))
    local = np.full(len(journey.items), -1, np.int32)
    local[chosen] = np.arange(len(chosen), dtype=np.int32)
    owner = np.repeat(number, np.diff(trips.bounds))
    item = local[trips.items]
    kept = (owner >= 0) & (item >= 0)
    return TrainingWindow(
        trips=len(inside),
        trip=owner[kept],
        item=item[kept],
        day=trips.day[inside],
        household=trips.household[inside],
        part=_PART_OF_HOUR[trips.hour[inside]].astype(np.int32),
    )


def _purchases(window: TrainingWindow, items: int) -> Purchases:
    household = window.household[window.trip]
    habits = household >= 0
    return Purchases(household=household[habits], item=window.item[habits], items=items)


def _counted(window: TrainingWindow, items: Items, until_day: int) -> WindowCounts:
    """All that the shares are made of."""
    size, kinds = len(items), len(items.type_names)
    recent_trip = window.day > until_day - RECENT_DAYS
    cells = np.bincount(
        window.part[window.trip] * size + window.item, minlength=len(DAYPARTS) * size
    )
    # Once a trip, however many items of the type it held.
    kind_trip = np.unique(window.trip * kinds + items.type[window.item])
    return WindowCounts(
        trips=window.trips,
        recent_trips=int(recent_trip.sum()),
        part_trips=np.bincount(window.part, minlength=len(DAYPARTS)),
        households=len(np.unique(window.household[window.household >= 0])),
        items=_loyalty(window, window.trip * size + window.item, size),
        kinds=_loyalty(window, kind_trip, kinds),
        recent=np.bincount(window.item[recent_trip[window.trip]], minlength=size),
        parts=cells.reshape(len(DAYPARTS), size),
    )


def _loyalty(
    window: TrainingWindow, trip_thing: npt.NDArray[np.int64], size: int
) -> RepeatRates:
    """Of distinct ``trip * size + thing``: who buys each thing, who again, and after how many days."""
    trip, thing = trip_thing // size, trip_thing % size
    trips = np.bincount(thing, minlength=size)
    habits = window.household[trip] >= 0
    trip, thing = trip[habits], thing[habits]
    household, day = window.household[trip], window.day[trip]
    order = np.lexsort((day, household, thing))
    household, day, thing = household[order], day[order], thing[order]
    fresh = np.ones(len(thing), bool)
    fresh[1:] = (thing[1:] != thing[:-1]) | (household[1:] != household[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(thing))[: len(first)] - 1
    which = thing[first]

    def total(weights: npt.NDArray[Any]) -> Floats:
        return np.bincount(which, weights, minlength=size).astype(np.float32)

    return RepeatRates(
        trips=trips,
        buyers=total(np.ones(len(which))),
        returned=total(last > first),
        gap_days=total(day[last] - day[first]),
        gaps=total(last - first),
    )


def item_cosine(window: TrainingWindow, size: int, plan: TablePlan) -> tuple[Positions, Floats]:
    """For each item the items most often in the same trips, by cosine; ties by position.

    Shapes (size, kin). Pairs seen in fewer than ``kin_support`` trips are left out.
    """
    # In 32 bits from here on, each step rounded: kin.sql rounds at the same places.
    # What was never sold has no neighbours; its norm must only not be nought.
    counts = np.maximum(np.bincount(window.item, minlength=size), 1)
    norms = np.sqrt(counts).astype(np.float32)
    kin = np.full((size, plan.kin), -1, np.int32)
    cosine = np.zeros((size, plan.kin), np.float32)
    counting = _PairCounts(window, size)
    # A few hundred rows at once: memory for all of them would grow with the square of the vocabulary.
    for start in range(0, size, _KIN_ROWS):
        together = counting.of(start, min(start + _KIN_ROWS, size))
        scores = np.where(together >= plan.kin_support, together, 0).astype(np.float32)
        scores /= norms[start : start + _KIN_ROWS, None] * norms[None, :]
        best = np.argsort(-scores, axis=1, kind="stable")[:, : plan.kin]
        found = np.take_along_axis(scores, best, axis=1)
        width = best.shape[1]
        kin[start : start + _KIN_ROWS, :width] = np.where(found > 0, best, -1)
        cosine[start : start + _KIN_ROWS, :width] = found
    return kin, cosine


class _PairCounts:
    """In how many trips each item was together with each other one, some rows at a time, in bounded memory."""

    def __init__(self, window: TrainingWindow, size: int) -> None:
        self._item = window.item
        self._size = size
        # Pairs of a window lie trip by trip: where each pair's own trip begins, and how long it is.
        new = np.append(True, window.trip[1:] != window.trip[:-1])[: len(window.trip)]
        starts = np.flatnonzero(new)
        lengths = np.diff(np.append(starts, len(window.trip)))
        self._start = np.repeat(starts, lengths)
        self._length = np.repeat(lengths, lengths)
        self._by_item = np.argsort(window.item, kind="stable")
        self._bounds = np.searchsorted(window.item[self._by_item], np.arange(size + 1))

    def of(self, first: int, end: int) -> npt.NDArray[np.int64]:
        """Of the items ``first`` to ``end`` less one; 0 with itself. Shape (end - first, size)."""
        rows = self._by_item[self._bounds[first] : self._bounds[end]]
        found = np.zeros((end - first) * self._size, np.int64)
        partners = np.cumsum(self._length[rows])
        at = 0
        while at < len(rows):
            done = partners[at - 1] if at else 0
            upto = max(int(np.searchsorted(partners, done + _PARTNERS, "right")), at + 1)
            found += self._counted(rows[at:upto], first, len(found))
            at = upto
        table = found.reshape(end - first, self._size)
        own = np.arange(end - first)
        # Every item is its own nearest, and would take a place.
        table[own, first + own] = 0
        return table

    def _counted(
        self, rows: npt.NDArray[np.intp], first: int, size: int
    ) -> npt.NDArray[np.int64]:
        lengths = self._length[rows]
        begun = np.repeat(np.cumsum(lengths) - lengths, lengths)
        partner = np.repeat(self._start[rows], lengths) + np.arange(len(begun)) - begun
        own = np.repeat(self._item[rows].astype(np.int64) - first, lengths)
        return np.bincount(own * self._size + self._item[partner], minlength=size)
