"""How a new shop would have fared: its own trips from the first day on, with nothing learnt anywhere else.

``edge.cli.model_rehearsal`` calls ``rehearse``. The shop begins empty. Each trip is foreseen from what the shop knew
then, and counted afterwards; as nights pass the shop makes bundles of its own, as ``models learn`` does, and serves
them where they were no worse. Beside it stand what everybody buys, the published methods on the same local data, and
any bundle that was learnt elsewhere.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from models.bundle.signature import OWN_WORK
from models.errors import TooLittleData
from models.evaluation.metrics import (
    LENGTH,
    Figure,
    Grades,
    averaged,
    grade,
    paired_gain,
)
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.rehearsal.shop_so_far import ShopSoFar
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.ranker import Ranker
from models.sources.journey import Journey
from models.strategies.p_topfreq import p_topfreq_25
from models.strategies.protocol import Strategy, taken
from models.strategies.published_registry import published
from models.training.store_bundle import store_bundle

# Above the 320 of the shipped settings, so that no list is short for the shortlist alone.
_LISTED = 500
# From so many baskets on a line of the table begins; the last is open.
BASKETS = (0, 10, 50, 250, 2_000)
# Who begins with less than so many trips is not worth a night.
_TRIPS_TO_LEARN = 10
_EPOCH = date(1970, 1, 1)
_WEEK = 7
# Trips that are foreseen, evenly over all: so many tell a mean to half a hundredth.
_JUDGED_MAX = 6_000
# Seven weeks are over.
_SETTLED = 7 * _WEEK
# The days and trips by which a night decides who answers.
_JUDGED_DAYS, _JUDGED_TRIPS = 14, 30

SERVED, OWN, FIRST_HOUR, POPULAR, FREQUENT, GIVEN = (
    "served",
    "own",
    "first-hour",
    "popularity",
    "own-frequency",
    "given",
)
ARRIVAL, TILL = "arrival", "till"
_NDCG = "ndcg_at_10"
# What needs other households' trips in memory is measured where the shop has made tables.
_PUBLISHED = ("tifu-knn", "up-cf", "item-cosine")

OnPart = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalPlan:
    """``store``: whose trips, None = all as one shop. ``every``: days between two nights of learning.

    ``untold``: as if nobody told what is promoted. ``starter``: the network that the shop's tables go with.
    """

    starter: Path
    store: int | None = None
    every: int = 7
    untold: bool = False
    seed: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalPeriod:
    """Means of the trips of one line. ``begins``: a number of baskets, or a week of the shop's life from 1.

    ``figures``: NDCG@10 and the share of lists with a hit, of everybody who lists.
    """

    begins: int
    trips: int
    figures: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledShop:
    """Arrivals from week 8 on. ``gains``: in NDCG@10 of what is served beside each of the others, with intervals.

    ``part_of_given``: of the NDCG@10 of the bundle that was learnt elsewhere; None without one.
    """

    trips: int
    figures: Mapping[str, Mapping[str, float]]
    gains: Mapping[str, Figure]
    part_of_given: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What came of it. ``nights``: up to which day the shop learnt, and of how many products."""

    store: int | None
    first_day: str
    trips: int
    items: int
    empty_lists: int
    arrival: list[RehearsalPeriod]
    till: list[RehearsalPeriod]
    weeks: list[RehearsalPeriod]
    settled: SettledShop | None
    nights: list[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foreseen:
    """One list against what was bought. ``moment``: arrival or till; ``baskets``: seen before it."""

    day: int
    baskets: int
    moment: str
    grades: Mapping[str, Grades]


@dataclass(slots=True, kw_only=True)
class _Answerers:
    """Everybody who lists for a trip; ``own`` changes with the nights."""

    first_hour: Ranker
    given: Bundle | None
    own: Bundle | None = None
    methods: Mapping[str, Strategy] = field(default_factory=dict[str, Strategy])
    nights: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    serves_own: bool = False


def rehearse(
    journey: Journey, plan: RehearsalPlan, given: Bundle | None, on_part: OnPart
) -> Rehearsal:
    """Open the shop empty on its first day and let it live until its last.

    ``given``: a bundle learnt elsewhere; only its items count as bought then, so that both are asked the same.
    Raises ``TooLittleData``.
    """
    trips = journey if plan.store is None else journey.in_store(plan.store)
    if not len(trips.trips):
        raise TooLittleData(what="trips to this store", got=0, needed=1)
    shop = ShopSoFar(trips, untold=plan.untold)
    who = _Answerers(first_hour=LocalFallback(), given=given)
    rows = list(_lived(trips, shop, who, plan, on_part))
    on_part(1.0)
    first_day = int(trips.trips.day.min())
    arrivals = [row for row in rows if row.moment == ARRIVAL]
    return Rehearsal(
        store=plan.store,
        first_day=_date(first_day),
        trips=len(trips.trips),
        items=len(np.unique(trips.trips.items)),
        empty_lists=shop.empty,
        arrival=_by_baskets(arrivals),
        till=_by_baskets([row for row in rows if row.moment == TILL]),
        weeks=_by_week(arrivals, first_day),
        settled=_settled([row for row in arrivals if row.day >= first_day + _SETTLED]),
        nights=who.nights,
    )


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def _lived(
    journey: Journey, shop: ShopSoFar, who: _Answerers, plan: RehearsalPlan, on_part: OnPart
) -> Iterator[_Foreseen]:
    """Trip by trip in order of time, with the nights between them."""
    made = journey.trips
    order = np.lexsort((made.household, made.second, made.day))
    learnt = int(made.day.min())
    lately: deque[_Foreseen] = deque()
    for number, trip in enumerate(order.tolist()):
        day = int(made.day[trip])
        if day - learnt >= plan.every and number >= _TRIPS_TO_LEARN:
            who.serves_own = _is_no_worse(lately, day - _JUDGED_DAYS)
            _night(journey, who, plan, day - 1)
            learnt = day
        # Evenly over all, and every one of a small shop's.
        if number * _JUDGED_MAX % len(order) < _JUDGED_MAX:
            for row in _foreseen(journey, shop, who, trip):
                lately.append(row)
                yield row
        shop.count(trip)
        on_part(number / len(order))


def _is_no_worse(lately: deque[_Foreseen], from_day: int) -> bool:
    """Whether the shop's own bundles listed no worse than the first hour's answer in the days up to this night.

    As ``models learn`` decides: each list was made with tables of nights before its trip.
    """
    while lately and lately[0].day < from_day:
        lately.popleft()
    ours, theirs = (_ndcg(list(lately), name) for name in (OWN, FIRST_HOUR))
    return len(ours) >= _JUDGED_TRIPS and sum(ours) >= sum(theirs)


def _night(journey: Journey, who: _Answerers, plan: RehearsalPlan, until_day: int) -> None:
    """The shop's own bundle of all trips up to a day."""
    with TemporaryDirectory(prefix="rehearsal-") as made:
        out = Path(made)
        store_bundle(journey, plan.starter, out, until_day, name="rehearsal", seed=plan.seed)
        who.own = open_bundle(out, OWN_WORK)
    methods = published(journey, who.own.tables, until_day)
    who.methods = {name: methods[name] for name in _PUBLISHED if name in methods}
    who.nights.append((_date(until_day), len(who.own.items)))


def _foreseen(
    journey: Journey, shop: ShopSoFar, who: _Answerers, trip: int
) -> Iterator[_Foreseen]:
    """The trip as it begins, if its household is known, and with half of the basket shown."""
    bought = journey.items.keys[journey.trips.of(trip)]
    if who.given is not None:
        bought = bought[who.given.items.positions(bought) >= 0]
    view = shop.view(trip)
    mixed = np.random.default_rng([trip, len(bought)]).permutation(bought)
    half = np.sort(mixed[: len(mixed) // 2])
    moments = [(ARRIVAL, view, bought)] if view.profile is not None and len(bought) else []
    if len(half):
        moments.append((TILL, shop.view(trip, half), mixed[len(half) :]))
    for moment, seen, truth in moments:
        lists = _lists(shop, who, seen)
        shop.empty += not len(lists[SERVED])
        yield _Foreseen(
            day=int(journey.trips.day[trip]),
            baskets=shop.baskets,
            moment=moment,
            grades={name: grade(keys, truth) for name, keys in lists.items()},
        )


def _lists(shop: ShopSoFar, who: _Answerers, view: ModelRequest) -> dict[str, Keys]:
    """Ten items by everybody for one view."""
    first_hour = _ten(who.first_hour, view, shop)
    own = first_hour if who.own is None else _ten(who.own, view, shop)
    found = {
        SERVED: own if who.serves_own else first_hour,
        OWN: own,
        FIRST_HOUR: first_hour,
        POPULAR: shop.popular(view),
        FREQUENT: _filled(view, shop),
    }
    # Before the first night they have no tables, and answer as the best of the simple ones.
    for name in _PUBLISHED:
        method = who.methods.get(name)
        found[name] = found[FREQUENT] if method is None else method.rank(view, LENGTH)
    if who.given is not None:
        found[GIVEN] = _ten(who.given, view, shop)
    return found


def _ten(ranker: Ranker, view: ModelRequest, shop: ShopSoFar) -> Keys:
    """The ten likeliest that the shop sells, likeliest first, ties by key."""
    keys = ranker.shortlist(view, _LISTED, no_items()).keys
    keys = keys[shop.sells(keys) & ~np.isin(keys, taken(view))]
    chances = ranker.score(view, keys)
    return keys[np.lexsort((keys, -chances))][:LENGTH]


def _filled(view: ModelRequest, shop: ShopSoFar) -> Keys:
    """P-TopFreq@25, filled up with what everybody buys."""
    own = no_items() if view.profile is None else p_topfreq_25(view.profile, len(view.profile))
    own = own[~np.isin(own, taken(view))]
    popular = shop.popular(view, 2 * LENGTH)
    return np.concatenate([own, popular[~np.isin(popular, own)]])[:LENGTH]


def _by_baskets(rows: list[_Foreseen]) -> list[RehearsalPeriod]:
    """Means of the trips that came after so many baskets."""
    starts = np.searchsorted(BASKETS, [row.baskets for row in rows], side="right") - 1
    return _periods(rows, np.array(BASKETS)[starts])


def _by_week(rows: list[_Foreseen], first_day: int) -> list[RehearsalPeriod]:
    """By week of the shop's life, 1 and up."""
    return _periods(rows, np.array([(row.day - first_day) // _WEEK + 1 for row in rows]))


def _periods(rows: list[_Foreseen], begins: npt.NDArray[np.int64]) -> list[RehearsalPeriod]:
    found: list[RehearsalPeriod] = []
    for begin in np.unique(begins).tolist():
        inside = [rows[at] for at in np.flatnonzero(begins == begin).tolist()]
        found.append(RehearsalPeriod(begins=begin, trips=len(inside), figures=_means(inside)))
    return found


def _settled(rows: list[_Foreseen]) -> SettledShop | None:
    """Means, what is served gains beside each of the others, and its part of the given bundle's."""
    if not rows:
        return None
    means, ours = _means(rows), _ndcg(rows, SERVED)
    given = means.get(GIVEN, {}).get(_NDCG, 0.0)
    return SettledShop(
        trips=len(rows),
        figures=means,
        gains={name: paired_gain(ours, _ndcg(rows, name)) for name in means if name != SERVED},
        part_of_given=round(means[SERVED][_NDCG] / given, 4) if given else None,
    )


def _ndcg(rows: list[_Foreseen], name: str) -> list[float]:
    return [row.grades[name].ndcg for row in rows]


def _means(rows: list[_Foreseen]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name in rows[0].grades:
        means = averaged([row.grades[name] for row in rows])
        found[name] = {key: means[key] for key in (_NDCG, "phr_at_10")}
    return found
