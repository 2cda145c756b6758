"""Stores that know nothing but their own till: what the network must also be good at.

``train`` draws them out of a chain's sales, and ``examples`` learns from them beside the chain's folds.

Each is one store of the chain with nothing recorded before a day: one week to most of a year of sales make
its tables, and its shoppers have no past but there. Some are told no promotions, some have no types, no hours
or a gap of weeks, and some weigh and price their goods otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.features.profile_replay import store_trends
from models.items import Items
from models.sources.journey import Journey
from models.sources.promotion_calendar import no_promotions
from models.sources.receipts import NOON_S
from models.statistics.shares import LEAN
from models.statistics.tables import rounded
from models.statistics.tabulate import LOCAL_PLAN, TablePlan, tabulate
from models.training.examples import FOLD_DAYS, Fold, StrangerStore

_DAY_S = 86_400
_WEEK_DAYS = 7
# Drawn at most for each that is kept: of some stores and days too little is known.
_TRIES = 6
# A spread of what a piece costs: weighed goods are sold by the piece, the pound or the kilogram.
_PRICE_SPREAD = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerPlan:
    """How many stores to draw, with how many ``weeks`` of sales each; shares are of the stores.

    ``trips_min``: trips that a store's tables are made of at least.
    """

    stores: int = 120
    weeks: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 8, 16, 30)
    trips_min: int = 25
    untold: float = 0.5
    untyped: float = 0.2
    without_hours: float = 0.2
    with_gap: float = 0.2
    repriced: float = 0.3
    # Leaning as the chain does: what is thinner at work than in training did well there.
    tables: TablePlan = field(default_factory=lambda: replace(LOCAL_PLAN, lean=LEAN))


def stranger_stores(
    journey: Journey, until_day: int, plan: StrangerPlan, seed: int
) -> list[StrangerStore]:
    """The stores drawn; fewer than ``plan.stores`` where the source has no more to tell."""
    return list(islice(_drawn(journey, until_day, plan, seed), plan.stores))


def _drawn(
    journey: Journey, until_day: int, plan: StrangerPlan, seed: int
) -> Iterator[StrangerStore]:
    trips = np.flatnonzero(journey.trips.day <= until_day - FOLD_DAYS)
    if not len(trips):
        return
    for number in range(plan.stores * _TRIES):
        draw = np.random.default_rng([seed, number])
        # The moment of some trip: busy stores come often, as they would in life.
        trip = int(draw.choice(trips))
        weeks = int(draw.choice(plan.weeks))
        cut = int(journey.trips.day[trip])
        lines = journey.lines
        rows = lines.store == journey.trips.store[trip]
        rows &= (lines.day > cut - weeks * _WEEK_DAYS) & (lines.day <= cut + FOLD_DAYS)
        if draw.random() < plan.with_gap:
            rows &= ~_gap(lines.day, cut, weeks, draw)
        store = _told(journey.of_lines(rows), plan, draw)
        if (store.trips.day <= cut).sum() < plan.trips_min or store.trips.day.max() <= cut:
            continue
        try:
            tables = rounded(tabulate(store, cut, plan.tables, seed))
        except TooLittleData:
            continue
        fold = Fold(cut_day=cut, tables=tables, trends=store_trends(store, [cut])[0])
        yield StrangerStore(journey=store, fold=fold)


def _gap(
    days: npt.NDArray[np.int32], cut: int, weeks: int, draw: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Days of a third of the window, on which nothing was recorded."""
    length = weeks * _WEEK_DAYS
    first = cut - length + 1 + int(draw.integers(0, length))
    inside: npt.NDArray[np.bool_] = (
        (days >= first) & (days < first + length // 3) & (days <= cut)
    )
    return inside


def _told(store: Journey, plan: StrangerPlan, draw: np.random.Generator) -> Journey:
    """What this store's tables tell of its goods, hours and promotions."""
    leaflets = store.leaflets
    if draw.random() < plan.untold:
        leaflets = no_promotions(store.items.keys)
    if draw.random() < plan.untyped:
        store = replace(store, items=_untyped(store.items, draw))
    if draw.random() < plan.without_hours:
        trips, lines = store.trips, store.lines
        store = replace(
            store,
            trips=replace(trips, second=trips.second // _DAY_S * _DAY_S + NOON_S),
            lines=replace(lines, second=lines.second // _DAY_S * _DAY_S + NOON_S),
        )
    if draw.random() < plan.repriced:
        factor = np.exp(_PRICE_SPREAD * draw.standard_normal(len(store.items)))
        cents = np.rint(store.lines.cents * factor[store.lines.item]).astype(np.int32)
        store = replace(store, lines=replace(store.lines, cents=cents))
    # Read once for the whole source; a copy of the journey would read it again.
    vars(store)["leaflets"] = leaflets
    return store


def _untyped(items: Items, draw: np.random.Generator) -> Items:
    """Without types: all goods are of one, or of as many as there are categories."""
    if draw.random() < 1 / 2:
        return replace(
            items, type=items.category.astype(np.int32), type_names=items.category_names
        )
    one = np.array([""], np.str_)
    return replace(
        items,
        type=np.zeros_like(items.type),
        category=np.zeros_like(items.category),
        type_names=one,
        category_names=one,
    )
