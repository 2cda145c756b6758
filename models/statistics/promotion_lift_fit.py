"""Learn from a training window how promotions move sales.

``tabulate`` and ``out_of_core.lifting`` call it; ``promotion_lift`` holds the result.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Keys
from models.promoted import Words
from models.sources.journey import Ints, Journey
from models.statistics.promotion_lift import PromotionLifts, no_lifts

# Pseudo-purchases with which a rare place of promotion, and a type's own lift, lean on no lift at
# all, and with which an item leans on its type.
_PLACE_LEAN, _KIND_LEAN, _ITEM_LEAN = 20.0, 30.0, 10.0
# An item of which little is known: two of ten purchases on promotion.
_SHARE_LEAN, _SHARE = 10.0, 0.2

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionSightings:
    """So often (r,) each ``item`` met each ``place``; a pair may have several rows.

    A place is the number of its display word times the number of mailer words, plus its mailer's.
    """

    item: Ints
    place: Keys
    times: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionWeeks:
    """What a window met of promotions, by whole weeks; of m items.

    ``share`` (m,): part of all trips that held each. Where and when a store told its promotions:
    ``visits`` trips in all, ``sales`` (m,) trips that held each item, trips made while an item was
    ``shown`` in a place, and those of them that ``bought`` it.
    """

    display_words: Words
    mailer_words: Words
    share: Counts
    visits: int
    sales: Counts
    shown: PromotionSightings
    bought: PromotionSightings


def fit_lifts(journey: Journey, until_day: int, chosen: Keys) -> PromotionLifts:
    """Of the items ``chosen`` (V,), ascending rows of the journey's, from trips up to ``until_day``.

    Only weeks that ended by ``until_day`` count.
    """
    leaflets, trips = journey.leaflets, journey.trips
    # The week of the day after has not ended; the one before it has.
    last_week = journey.week_of(until_day + 1) - 1
    told = leaflets.cell(trips.store, trips.week)
    inside = (trips.day <= until_day) & (trips.week <= last_week)
    owner = np.repeat(np.where(inside, told, -1), np.diff(trips.bounds))
    everywhere = np.repeat(inside, np.diff(trips.bounds))
    if not len(leaflets) or not (owner >= 0).any():
        return no_lifts(len(chosen))
    size, mailers = len(journey.items), len(leaflets.mailer_words)
    visits = np.bincount(told[inside & (told >= 0)], minlength=len(leaflets.cells))
    # What was promoted while nobody came teaches nothing.
    rows = np.flatnonzero(np.repeat(visits > 0, np.diff(leaflets.bounds)))
    item = trips.items[owner >= 0]
    display, mailer = leaflets.codes(owner[owner >= 0], item)
    bought = display.astype(np.int64) * mailers + mailer
    promoted = bought > 0
    met = PromotionWeeks(
        display_words=leaflets.display_words,
        mailer_words=leaflets.mailer_words,
        share=np.bincount(trips.items[everywhere], minlength=size) / inside.sum(),
        visits=int(visits.sum()),
        sales=np.bincount(item, minlength=size).astype(np.float64),
        shown=PromotionSightings(
            item=leaflets.item[rows],
            place=leaflets.display[rows].astype(np.int64) * mailers + leaflets.mailer[rows],
            times=np.repeat(visits, np.diff(leaflets.bounds))[rows].astype(np.float64),
        ),
        bought=PromotionSightings(
            item=item[promoted],
            place=bought[promoted],
            times=np.ones(int(promoted.sum()), np.float64),
        ),
    )
    return lifts_from_weeks(met, journey.items.type, chosen)


def lifts_from_weeks(met: PromotionWeeks, kinds: Ints, chosen: Keys) -> PromotionLifts:
    """The lifts of the items ``chosen`` (V,), of types ``kinds`` (m,).

    Expected is what an item's share of all trips gives on the trips of a store's week; observed what
    was bought.
    """
    size, shape = len(met.share), (len(met.display_words), len(met.mailer_words))
    weight = met.shown.times * met.share[met.shown.item]
    expected = np.bincount(met.shown.place, weight, minlength=shape[0] * shape[1])
    observed = np.bincount(met.bought.place, met.bought.times, minlength=len(expected))
    # What is not promoted is all the rest.
    expected[0] = met.share.sum() * met.visits - expected.sum()
    observed[0] = met.sales.sum() - observed.sum()
    # Not one: an item's share of all trips holds its promoted sales too. Lifts are told from this level.
    usual = (observed[0] + _PLACE_LEAN) / (expected[0] + _PLACE_LEAN)
    lift = (observed + usual * _PLACE_LEAN) / (expected + _PLACE_LEAN)
    lift[0] = usual
    on_promotion = np.bincount(met.bought.item, met.bought.times, minlength=size)
    hoped = np.bincount(met.shown.item, weight * lift[met.shown.place], minlength=size)
    item = _item_lift(kinds, on_promotion.astype(np.float64), hoped.astype(np.float64))
    share = (on_promotion + _SHARE * _SHARE_LEAN) / (met.sales + _SHARE_LEAN)
    # A place first used after the window is none yet.
    rows, columns = (np.flatnonzero(expected.reshape(shape).any(axis=axis)) for axis in (1, 0))
    return PromotionLifts(
        display_words=np.array(met.display_words[rows].tolist()),
        mailer_words=np.array(met.mailer_words[columns].tolist()),
        lift=np.log(lift / usual).reshape(shape)[np.ix_(rows, columns)].astype(np.float32),
        item_lift=np.log(item[chosen]).astype(np.float32),
        share=share[chosen].astype(np.float32),
    )


def _item_lift(kinds: Ints, observed: Counts, hoped: Counts) -> Counts:
    """How far each item's sales on promotion exceed those of its places, leaning on its type's."""
    kind = (np.bincount(kinds, observed) + _KIND_LEAN) / (
        np.bincount(kinds, hoped) + _KIND_LEAN
    )
    lift: Counts = (observed + _ITEM_LEAN * kind[kinds]) / (hoped + _ITEM_LEAN)
    return lift
