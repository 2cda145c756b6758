"""Build a bundle's tables from the trips of a training window."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.items import Items, Positions
from models.journey import Ints, Journey
from models.moment import DAYPARTS, daypart
from models.neighbourhoods import Neighbourhoods, Purchases, gather
from models.tables import Floats, Tables

_RECENT_DAYS = 28
_PART_OF_HOUR = np.array([DAYPARTS.index(daypart(hour)) for hour in range(24)])

# Pseudo-counts with which a thin item leans on its type, and a type on all.
_LEAN = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """Sizes of the tables. ``trips_min``: trips an item needs to be in the vocabulary."""

    trips_min: int = 20
    kin: int = 30
    kin_support: int = 3
    neighbourhoods: Neighbourhoods = field(default_factory=Neighbourhoods)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The distinct (trip, item) pairs of a training window, items as vocabulary positions.

    Shapes (r,); trips are numbered 0..``trips``-1; ``part`` and ``household`` per trip.
    """

    trips: int
    trip: npt.NDArray[np.int64]
    item: Ints
    day: Ints
    household: Ints
    part: Ints


def tabulate(journey: Journey, until_day: int, plan: TablePlan, seed: int) -> Tables:
    """The tables of all trips up to and including ``until_day``. Raises ``TooLittleData``."""
    trips = int((journey.trips.day <= until_day).sum())
    lengths = np.diff(journey.trips.bounds)
    in_window = np.repeat(journey.trips.day <= until_day, lengths)
    counts = np.bincount(journey.trips.items[in_window], minlength=len(journey.items))
    chosen = np.flatnonzero(counts >= plan.trips_min)
    if not len(chosen) or not trips:
        raise TooLittleData(
            what=f"items with {plan.trips_min} trips", got=len(chosen), needed=1
        )
    window = _window(journey, until_day, chosen)
    items = journey.items.only(chosen)
    stats, day, parts = _shares(window, items, until_day)
    kin, cosine = item_cosine(window, len(items), plan)
    people = gather(
        Purchases(household=window.household[window.trip], item=window.item, items=len(items)),
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
    )


def _window(journey: Journey, until_day: int, chosen: npt.NDArray[np.intp]) -> Window:
    trips = journey.trips
    inside = np.flatnonzero(trips.day <= until_day)
    number = np.full(len(trips), -1, np.int64)
    number[inside] = np.arange(len(inside))
    local = np.full(len(journey.items), -1, np.int32)
    local[chosen] = np.arange(len(chosen), dtype=np.int32)
    owner = np.repeat(number, np.diff(trips.bounds))
    item = local[trips.items]
    kept = (owner >= 0) & (item >= 0)
    return Window(
        trips=len(inside),
        trip=owner[kept],
        item=item[kept],
        day=trips.day[inside],
        household=trips.household[inside],
        part=_PART_OF_HOUR[trips.hour[inside]].astype(np.int32),
    )


def _shares(window: Window, items: Items, until_day: int) -> tuple[Floats, Floats, Floats]:
    """Statistics an item, its share of trips, and its share by day part."""
    size, kinds = len(items), len(items.type_names)
    trips = np.bincount(window.item, minlength=size)
    recent_trip = window.day > until_day - _RECENT_DAYS
    recent = np.bincount(window.item[recent_trip[window.trip]], minlength=size)
    expected = trips * (recent_trip.sum() / window.trips)
    household = window.household[window.trip].astype(np.int64)
    buyers, repeat, gap = _loyalty(household, window.item, window.day[window.trip], size)
    kind_trip = np.unique(window.trip * kinds + items.type[window.item])
    kind_trips = np.bincount(kind_trip % kinds, minlength=kinds)
    kind_buyers, kind_repeat, kind_gap = _loyalty(
        household[:], items.type[window.item], window.day[window.trip], kinds
    )
    overall = repeat.sum() / max(buyers.sum(), 1)
    kind_rate = (kind_repeat + _LEAN * overall) / (kind_buyers + _LEAN)
    stats = np.stack(
        [
            1000 * trips / window.trips,
            (gap[0] + _LEAN * kind_gap[0][items.type] / np.maximum(kind_gap[1][items.type], 1))
            / (gap[1] + _LEAN),
            items.price_cents / 100,
            1000 * kind_trips[items.type] / window.trips,
            (recent + 5) / (expected + 5),
            (repeat + _LEAN * overall) / (buyers + _LEAN),
            buyers / len(np.unique(window.household)),
            kind_rate[items.type],
        ],
        axis=1,
    )
    day = trips / window.trips
    cells = np.bincount(
        window.part[window.trip] * size + window.item, minlength=len(DAYPARTS) * size
    ).reshape(len(DAYPARTS), size)
    part_trips = np.bincount(window.part, minlength=len(DAYPARTS))[:, None]
    lean = 1000.0  # chain-wide trips with which a rare day part leans on the whole day
    parts = (cells + lean * day) / (part_trips + lean)
    return stats.astype(np.float32), day.astype(np.float32), parts.astype(np.float32)


def _loyalty(
    household: npt.NDArray[np.int64], item: Ints, day: Ints, size: int
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Households that buy each item, that buy it again, and (days, number) of their gaps."""
    pair = household * size + item
    order = np.lexsort((day, pair))
    pair, day = pair[order], day[order]
    fresh = np.ones(len(pair), bool)
    fresh[1:] = (pair[1:] != pair[:-1]) | (day[1:] != day[:-1])
    pair, day = pair[fresh], day[fresh]
    first = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
    last = np.append(first[1:], len(pair)) - 1
    which = (pair[first] % size).astype(np.int64)
    again = last > first

    def total(weights: npt.NDArray[Any]) -> Floats:
        return np.bincount(which, weights, minlength=size).astype(np.float32)

    return (
        total(np.ones(len(which))),
        total(again),
        (total(day[last] - day[first]), total(last - first)),
    )


def item_cosine(window: Window, size: int, plan: TablePlan) -> tuple[Positions, Floats]:
    """For each item the items most often in the same trips, by cosine; ties by position.

    Shapes (size, kin). Pairs seen in fewer than ``kin_support`` trips are left out.
    """
    sparse: Any = import_module("scipy.sparse")  # untyped; comes with scikit-learn
    ones = np.ones(len(window.item), np.float32)
    baskets = sparse.csr_matrix((ones, (window.trip, window.item)), (window.trips, size))
    norms = np.sqrt(np.bincount(window.item, minlength=size)).astype(np.float32)
    kin = np.full((size, plan.kin), -1, np.int32)
    cosine = np.zeros((size, plan.kin), np.float32)
    columns = baskets.T.tocsr()
    for start in range(0, size, 1000):
        together: npt.NDArray[np.float32] = (columns[start : start + 1000] @ baskets).toarray()
        rows = np.arange(len(together))
        together[rows, start + rows] = 0
        scores = np.where(together >= plan.kin_support, together, 0)
        scores /= norms[start : start + 1000, None] * norms[None, :]
        best = np.argsort(-scores, axis=1, kind="stable")[:, : plan.kin]
        found = np.take_along_axis(scores, best, axis=1)
        width = best.shape[1]
        kin[start : start + 1000, :width] = np.where(found > 0, best, -1)
        cosine[start : start + 1000, :width] = found
    return kin, cosine
