"""Real trips of the last days, listed by several rankers as the store would have: which lists are better?

``activation`` decides by it whether a bundle may come into use, the store's nightly learning whether its
own is better than the one in use, and training whether it beats the best named strategy.

Nothing here needs more than numpy and the rankers themselves: a store runs it at night.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from models.evaluation.cases import LISTED, StoreSituation, view_of
from models.evaluation.metrics import LENGTH, Doubles, Figure, grade, reliability, share
from models.features.profile import Profile
from models.features.profile_replay import remember_trips
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.serving.ranker import Ranker
from models.sources.journey import Journey
from models.statistics.tables import Floats
from models.statistics.trend import StoreTrend

# Two rankers take some ten seconds for so many, and know their difference to about .005.
TRIPS_MAX = 2_000
# What a store saw half a year ago weighs a hundredth in its trend.
_TREND_DAYS = 182
# The same trips and halves in every comparison, or two of them could not be compared.
_SEED = 49
_DISCOUNTS = 1 / np.log2(np.arange(2, LENGTH + 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedTrip:
    """One moment at which the store had to list something: what it saw, and what was bought then.

    ``buyer``: whose trip it is, for intervals; trips of one person are alike. ``truth`` is not empty.
    """

    buyer: int
    view: ModelRequest
    truth: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class RankerFigures:
    """What one ranker gave on all trips.

    ``ndcg``, ``phr``: NDCG@10 and part of trips with a hit among ten. ``gain``: NDCG@10 above the
    first ranker's on the same trips. ``over_noise``: NDCG@10 above what the same candidates give in
    random order. ``promised_listed``, ``promised_all``: purchases promised by the chances for one
    that was made, among the ten listed and among all candidates; 1 is right, empty where none was
    made. ``calibration_error``: mean distance of chance and rate among the ten listed.
    """

    ndcg: Figure
    phr: Figure
    gain: Figure
    over_noise: Figure
    promised_listed: Figure
    promised_all: Figure
    calibration_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rankers on the same trips; ``rankers`` in the order given, empty without any trip.

    ``known``: trips of people with earlier ones, nothing in the basket yet; ``half_shown``: baskets of
    others, half of each shown; ``store_hour``: their baskets of one item, of which only store and hour are.
    """

    first_day: int
    last_day: int
    known: int
    half_shown: int
    store_hour: int
    rankers: Mapping[str, RankerFigures]

    @property
    def trips(self) -> int:
        """How many trips were judged."""
        return self.known + self.half_shown + self.store_hour

    def told(self) -> dict[str, object]:
        """All of it, for JSON."""
        return asdict(self)


def compare(
    journey: Journey, rankers: Mapping[str, Ranker], first_day: int, last_day: int
) -> Comparison:
    """Let every ranker list for the trips of these local days, both included; at least one ranker.

    A person's history runs up to the trip, what the store has observed up to the evening before. Truth
    is all that was bought, whether a ranker knows it or not. Of more than ``TRIPS_MAX`` trips so many
    are drawn, always the same. Whoever learnt from these days is judged too kindly: ask for later ones.
    """
    trips = replayed_trips(journey, first_day, last_day)
    return compare_on(trips, rankers, first_day, last_day)


def compare_on(
    trips: Iterable[ReplayedTrip], rankers: Mapping[str, Ranker], first_day: int, last_day: int
) -> Comparison:
    """Let every ranker list for each of these ``trips``, which are of these days."""
    marks: dict[str, list[_Mark]] = {name: [] for name in rankers}
    buyers: list[int] = []
    kinds = [0, 0, 0]
    for trip in trips:
        buyers.append(trip.buyer)
        kinds[_kind(trip.view)] += 1
        for name, ranker in rankers.items():
            marks[name].append(_marked(ranker, trip))
    return Comparison(
        first_day=first_day,
        last_day=last_day,
        known=kinds[0],
        half_shown=kinds[1],
        store_hour=kinds[2],
        rankers=_figures(marks, buyers) if buyers else {},
    )


def replayed_trips(journey: Journey, first_day: int, last_day: int) -> Iterator[ReplayedTrip]:
    """The trips to judge on, day by day; each is to be used up before the next is asked for."""
    trips = journey.trips
    chosen = _chosen(journey, first_day, last_day)
    profiles = _profiles(journey, chosen)
    draw = np.random.default_rng(_SEED)
    seen = _StoresSeen(journey, np.unique(trips.store[chosen]), first_day - _TREND_DAYS)
    for trip in chosen[np.argsort(trips.day[chosen], kind="stable")].tolist():
        store = int(trips.store[trip])
        seen.run_to(int(trips.day[trip]) - 1)
        place = StoreSituation(store=store, trend=seen.trend(store))
        bought = journey.items.keys[trips.of(trip)]
        profile = profiles.get(trip)
        view = view_of(journey, place, trips.moment(trip), profile)
        if profile is None and len(bought) > 1:
            mixed = draw.permutation(bought)
            half = len(mixed) // 2
            view = replace(view, basket=np.sort(mixed[:half]))
            bought = mixed[half:]
        yield ReplayedTrip(buyer=int(trips.household[trip]), view=view, truth=bought)


class _StoresSeen:
    """What stores have observed by the end of a day that only moves on."""

    def __init__(self, journey: Journey, stores: Keys, from_day: int) -> None:
        """Nothing seen yet; only trips to ``stores`` from ``from_day`` on are looked at."""
        day = journey.trips.day
        rows = np.flatnonzero(np.isin(journey.trips.store, stores) & (day >= from_day))
        self._journey = journey
        self._rows = rows[np.argsort(day[rows], kind="stable")]
        self._days = day[self._rows]
        self._done = 0
        self._trends: dict[int, StoreTrend] = {}

    def run_to(self, day: int) -> None:
        """Count all trips up to and including ``day``."""
        trips = self._journey.trips
        end = int(np.searchsorted(self._days, day, side="right"))
        for trip in self._rows[self._done : end].tolist():
            trend = self.trend(int(trips.store[trip]))
            trend.record(self._journey.items.keys[trips.of(trip)], trips.moment(trip))
        self._done = max(self._done, end)

    def trend(self, store: int) -> StoreTrend:
        """The store's trend, the same object all along."""
        return self._trends.setdefault(store, StoreTrend())


def _chosen(journey: Journey, first_day: int, last_day: int) -> Keys:
    """Numbers of the trips to judge on, ascending."""
    day = journey.trips.day
    found = np.flatnonzero((day >= first_day) & (day <= last_day))
    if len(found) <= TRIPS_MAX:
        return found
    draw = np.random.default_rng(_SEED)
    return np.sort(draw.choice(found, TRIPS_MAX, replace=False))


def _profiles(journey: Journey, chosen: Keys) -> dict[int, Profile]:
    """By trip: what its buyer had bought before; without those who are nobody or come for the first time."""
    household = journey.trips.household
    found: dict[int, Profile] = {}
    for buyer in np.unique(household[chosen]).tolist():
        # Whoever showed no card has a negative number for this one basket.
        if buyer < 0:
            continue
        at = int(np.searchsorted(household, [buyer])[0])
        profile = Profile.empty()
        for trip in chosen[household[chosen] == buyer].tolist():
            remember_trips(journey, profile, range(at, trip))
            at = trip
            if profile.trips:
                found[trip] = profile.copy()
    return found


def _kind(view: ModelRequest) -> int:
    """Which of known, half shown, store and hour."""
    if view.profile is not None:
        return 0
    return 1 if len(view.basket) else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """One ranker on one trip. ``chances``, ``bought``: of the ten listed."""

    ndcg: float
    hit: float
    noise: float
    promised: float
    kept: int
    chances: Floats
    bought: npt.NDArray[np.bool_]


def _marked(ranker: Ranker, trip: ReplayedTrip) -> _Mark:
    keys, chances = listed_by(ranker, trip.view)
    bought = np.isin(keys, trip.truth)
    grades = grade(keys, trip.truth)
    return _Mark(
        ndcg=grades.ndcg,
        hit=grades.hit,
        noise=_noise(bought, len(trip.truth)),
        promised=float(chances.sum()),
        kept=int(bought.sum()),
        chances=chances[:LENGTH],
        bought=bought[:LENGTH],
    )


def listed_by(ranker: Ranker, view: ModelRequest) -> tuple[Keys, Floats]:
    """A ranker's candidates for a view, likeliest first, ties by key, and their chances."""
    keys = ranker.shortlist(view, LISTED, no_items()).keys
    chances = ranker.score(view, keys)
    order = np.lexsort((keys, -chances))
    return keys[order], chances[order]


def _noise(bought: npt.NDArray[np.bool_], truth: int) -> float:
    """The expected NDCG@10 of the same candidates in random order: every place hits as often as any."""
    if not len(bought):
        return 0.0
    gain = float(bought.mean()) * float(_DISCOUNTS[: len(bought)].sum())
    return gain / float(_DISCOUNTS[:truth].sum())


def _figures(
    marks: Mapping[str, Sequence[_Mark]], buyers: Sequence[int]
) -> dict[str, RankerFigures]:
    _, who = np.unique(np.array(buyers), return_inverse=True)
    counts = np.bincount(who).astype(float)

    def over_buyers(values: Doubles) -> Doubles:
        # Whole people are drawn again, since trips of one are alike.
        sums: Doubles = np.bincount(who, weights=values).astype(np.float64)
        return sums

    def mean(values: Doubles) -> Figure:
        return share(over_buyers(values).tolist(), counts.tolist())

    found: dict[str, RankerFigures] = {}
    first: Doubles | None = None
    for name, own in marks.items():
        ndcg = np.array([mark.ndcg for mark in own])
        first = ndcg if first is None else first
        found[name] = RankerFigures(
            ndcg=mean(ndcg),
            phr=mean(np.array([mark.hit for mark in own])),
            gain=mean(ndcg - first),
            over_noise=mean(ndcg - np.array([mark.noise for mark in own])),
            promised_listed=share(
                over_buyers(np.array([mark.chances.sum() for mark in own])).tolist(),
                over_buyers(np.array([mark.bought.sum() for mark in own], float)).tolist(),
            ),
            promised_all=share(
                over_buyers(np.array([mark.promised for mark in own])).tolist(),
                over_buyers(np.array([mark.kept for mark in own], float)).tolist(),
            ),
            calibration_error=_calibration_error(own),
        )
    return found


def _calibration_error(marks: Sequence[_Mark]) -> float:
    chances = np.concatenate([mark.chances for mark in marks])
    if not len(chances):
        return 0.0
    return reliability(chances, np.concatenate([mark.bought for mark in marks])).error
