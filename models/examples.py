"""Training rows: past trips replayed as the edge would have seen them, through the edge's own code.

Each fold freezes the tables at its cut and learns from the four weeks after it, so a row never
knows more than a store would have known.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.candidates import shortlist
from models.counters import Profile
from models.features import FEATURES, build, look
from models.items import Keys
from models.journey import Journey
from models.moment import Moment
from models.tables import Floats, Tables
from models.trend import StoreTrend
from models.view import View, no_items

FOLD_DAYS = 28
_REPORT_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePlan:
    """How much to learn from. Shares are of the sampled trips.

    ``trips_a_fold``: of one household. ``negatives``: kept of the items not bought, each standing
    for the others by its weight. ``listed``: candidates a view, as on the edge.
    """

    trips_a_fold: int = 2
    negatives: int = 100
    listed: int = 400
    with_basket: float = 0.5
    anonymous_with_basket: float = 0.3
    anonymous: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Tables frozen at ``cut_day`` and each store's trend until then."""

    cut_day: int
    tables: Tables
    trends: dict[int, StoreTrend]
    quiet: StoreTrend = field(default_factory=StoreTrend)

    def trend(self, store: int) -> StoreTrend:
        """The store's trend, or one that has seen nothing."""
        return self.trends.get(store, self.quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Rows to learn from: ``features`` (n, F), ``bought`` (n,) 0 or 1, ``weight`` (n,), all float32.

    ``bounds`` (views + 1,): rows of view i are ``bounds[i]:bounds[i + 1]``.
    """

    features: Floats
    bought: Floats
    weight: Floats
    bounds: npt.NDArray[np.int64]


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
        snapshots.append({store: trend.copy() for store, trend in trends.items()})
    return snapshots


def replay(
    journey: Journey, household: int, until_day: int
) -> Iterator[tuple[int, Profile, Keys]]:
    """Each trip of a household with the profile of all trips before it, and what was bought."""
    profile = Profile.empty()
    first, last = np.searchsorted(journey.trips.household, [household, household + 1])
    for trip in range(int(first), int(last)):
        day = int(journey.trips.day[trip])
        if day > until_day:
            return
        bought = journey.items.keys[journey.trips.of(trip)]
        yield trip, profile, bought
        for key in bought.tolist():
            profile.record(key, day)


def collect(
    journey: Journey,
    folds: list[Fold],
    plan: ExamplePlan,
    seed: int,
    on_household: Callable[[float], None],
) -> Examples:
    """Rows of all folds, household by household. ``on_household`` hears the part done, 0..1."""
    rows = _Rows(plan)
    households = journey.households.tolist()
    for number, household in enumerate(households):
        draw = np.random.default_rng([seed, household])
        chosen = _sampled(journey, household, folds, plan, draw)
        for trip, profile, bought in replay(journey, household, max(chosen, default=-1)):
            fold = chosen.get(int(journey.trips.day[trip]))
            if fold is not None and profile.trips:
                met = _Trip(
                    profile=profile,
                    trend=fold.trend(int(journey.trips.store[trip])),
                    moment=journey.trips.moment(trip),
                    bought=bought,
                )
                for view, truth in _views(met, plan, draw):
                    rows.add(view, truth, fold, draw)
        if number % _REPORT_EVERY == 0:
            on_household(number / len(households))
    return rows.done()


def _sampled(
    journey: Journey,
    household: int,
    folds: list[Fold],
    plan: ExamplePlan,
    draw: np.random.Generator,
) -> dict[int, Fold]:
    """Day -> fold of the trips to learn from."""
    first, last = np.searchsorted(journey.trips.household, [household, household + 1])
    days = journey.trips.day[first:last]
    chosen: dict[int, Fold] = {}
    for fold in folds:
        inside = days[(days > fold.cut_day) & (days <= fold.cut_day + FOLD_DAYS)]
        for day in draw.permutation(inside)[: plan.trips_a_fold].tolist():
            chosen[day] = fold
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """One past trip to learn from: what was known before it, and what was bought."""

    profile: Profile
    trend: StoreTrend
    moment: Moment
    bought: Keys


def _views(
    trip: _Trip, plan: ExamplePlan, draw: np.random.Generator
) -> Iterator[tuple[View, Keys]]:
    """The ways in which the edge may meet this trip, each with what was then bought."""
    mixed = draw.permutation(trip.bought)
    shown = int(draw.integers(1, max(len(mixed), 2)))
    ways = (
        (trip.profile, 0, 1.0),
        (trip.profile, shown, plan.with_basket),
        (None, shown, plan.anonymous_with_basket),
        (None, 0, plan.anonymous),
    )
    for who, basket, share in ways:
        if draw.random() < share and basket < len(mixed):
            part = np.sort(mixed[:basket])
            view = View(profile=who, trend=trip.trend, moment=trip.moment, basket=part)
            yield view, mixed[basket:]


class _Rows:
    """Grows views into one set of arrays."""

    def __init__(self, plan: ExamplePlan) -> None:
        self.plan = plan
        self.features: list[Floats] = []
        self.bought: list[Floats] = []
        self.weight: list[Floats] = []

    def add(self, view: View, truth: Keys, fold: Fold, draw: np.random.Generator) -> None:
        """Rows of one view: all that was bought, and a sample of what was not."""
        scene = look(view, fold.tables, f"fold-{fold.cut_day}")
        keys = shortlist(scene, self.plan.listed, no_items(), fold.tables).keys
        hit = np.isin(keys, truth)
        misses = np.flatnonzero(~hit)
        kept = draw.permutation(misses)[: self.plan.negatives]
        rows = np.sort(np.concatenate([np.flatnonzero(hit), kept]))
        self.features.append(build(view, keys[rows], fold.tables, scene))
        self.bought.append(hit[rows].astype(np.float32))
        share = np.float32(len(misses) / max(len(kept), 1))
        self.weight.append(np.where(hit[rows], np.float32(1), share))

    def done(self) -> Examples:
        sizes = [len(part) for part in self.bought]
        empty = np.zeros((0, len(FEATURES)), np.float32)
        return Examples(
            features=np.concatenate([empty, *self.features]),
            bought=np.concatenate([empty[:, 0], *self.bought]),
            weight=np.concatenate([empty[:, 0], *self.weight]),
            bounds=np.cumsum([0, *sizes]),
        )
