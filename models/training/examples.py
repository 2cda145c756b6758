"""Training rows: past trips replayed as the edge would have seen them, through the edge's own code.

``train`` and ``out_of_core.training`` collect them; ``network`` learns from them.

Each fold freezes the tables at its cut and learns from the days after it, four weeks where there are
many, so a row never knows more than a store would have known.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.features.features import FEATURES, build, shared_features
from models.features.profile import NOWHERE, Profile
from models.features.profile_replay import replay
from models.features.request import ModelRequest, no_items
from models.items import Keys, place_number
from models.serving.candidates import shortlist
from models.sources.journey import Journey
from models.statistics.tables import Floats, Tables
from models.statistics.trend import StoreTrend

# As long as the window a bundle is judged on; where a source is young, a week will do.
FOLD_DAYS, FOLD_DAYS_MIN = 28, 7
_REPORT_EVERY = 50
# Rows whose features are kept together: 50 MB.
_BLOCK_ROWS = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePlan:
    """How much to learn from. Shares are of the sampled trips.

    ``households``: so many are drawn where more came twice, which bounds time and memory for any number of cards.
    ``trips_a_fold``: of one household. ``negatives``: kept of the items not bought, each standing
    for the others by its weight. ``listed``: candidates a view, as on the edge. ``untold``: trips
    learnt from as if nobody had told what was promoted; ``nowhere``: as if the store were not known.
    """

    households: int = 12_000
    trips_a_fold: int = 4
    negatives: int = 60
    listed: int = 400
    with_basket: float = 0.5
    anonymous_with_basket: float = 0.3
    anonymous: float = 0.2
    untold: float = 0.35
    nowhere: float = 0.2


# Numbered, not named by the day: two folds of one day must not take each other's memos for theirs.
_FOLDS = count()


def _fresh_owner() -> str:
    return f"fold-{next(_FOLDS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Tables frozen at ``cut_day`` and each store's trend until then, for the ``days`` after it.

    ``owner`` names them in memos.
    """

    cut_day: int
    tables: Tables
    trends: dict[int, StoreTrend]
    days: int = FOLD_DAYS
    quiet: StoreTrend = field(default_factory=StoreTrend)
    owner: str = field(default_factory=_fresh_owner)

    @property
    def end_day(self) -> int:
        """The last day learnt from."""
        return self.cut_day + self.days

    def trend(self, store: int) -> StoreTrend:
        """The store's trend, or one that has seen nothing."""
        return self.trends.get(store, self.quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerStore:
    """One store that knows no more than its own till: ``journey`` is of its lines alone."""

    journey: Journey
    fold: Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Rows to learn from: ``features`` (n, F), ``bought`` (n,) 0 or 1, ``weight`` (n,), all float32.

    ``bounds`` (views + 1,): rows of view i are ``bounds[i]:bounds[i + 1]``.
    """

    features: Floats
    bought: Floats
    weight: Floats
    bounds: npt.NDArray[np.int64]


def fold_length(first_day: int, until_day: int, folds: int) -> int:
    """Days a fold: four weeks, or so many that all folds fit, a week at least."""
    return min(max((until_day - first_day + 1) // (folds + 1), FOLD_DAYS_MIN), FOLD_DAYS)


def fold_cuts(first_day: int, until_day: int, folds: int, length: int = FOLD_DAYS) -> list[int]:
    """The cuts of the latest folds of ``length`` days that fit, oldest first. Raises ``TooLittleData``."""
    cuts = [until_day - length * back for back in range(folds, 0, -1)]
    cuts = [cut for cut in cuts if cut >= first_day + length]
    if not cuts:
        days = until_day - first_day + 1
        raise TooLittleData(what="days of trips", got=days, needed=2 * length)
    return cuts


def collect(
    journey: Journey,
    folds: list[Fold],
    plan: ExamplePlan,
    seed: int,
    on_household: Callable[[float], None],
    strangers: Sequence[StrangerStore] = (),
) -> Examples:
    """Rows of all folds, household by household, then of the stores that know only themselves.

    ``on_household`` hears the part done, 0..1.
    """
    rows = _Rows(plan)
    households = _learnt_from(journey, plan, seed)
    for number, household in enumerate(households):
        _add_household(rows, journey, household, folds, seed)
        if number % _REPORT_EVERY == 0:
            on_household(number / len(households))
    for store in strangers:
        for household in store.journey.households.tolist():
            _add_household(rows, store.journey, household, [store.fold], seed)
    return rows.done()


def _add_household(
    rows: "_Rows", journey: Journey, household: int, folds: list[Fold], seed: int
) -> None:
    # One for each household: its draws do not hang on who stands before it.
    draw = np.random.default_rng([seed, household])
    chosen = _sampled(journey, household, folds, rows.plan, draw)
    for trip, profile, bought in replay(journey, household, max(chosen, default=-1)):
        fold = chosen.get(int(journey.trips.day[trip]))
        # A first trip has no past to learn from.
        if fold is not None and profile.trips:
            met = _less_told(_met(journey, trip, fold, profile), fold, rows.plan, draw)
            for view, truth in _views(met, bought, rows.plan, draw):
                rows.add(view, truth, fold, draw)


def _learnt_from(journey: Journey, plan: ExamplePlan, seed: int) -> list[int]:
    """Households, ascending; of many a draw of those that came on two days."""
    chosen = journey.households
    if len(chosen) > plan.households:
        came, trips = np.unique(journey.trips.household, return_counts=True)
        chosen = came[(came >= 0) & (trips > 1)]
    if len(chosen) > plan.households:
        draw = np.random.default_rng(seed)
        chosen = np.sort(draw.choice(chosen, plan.households, replace=False))
    households: list[int] = chosen.tolist()
    return households


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
        inside = days[(days > fold.cut_day) & (days <= fold.end_day)]
        for day in draw.permutation(inside)[: plan.trips_a_fold].tolist():
            chosen[day] = fold
    return chosen


def _met(journey: Journey, trip: int, fold: Fold, profile: Profile) -> ModelRequest:
    """What the edge would have looked at when this past trip began."""
    store, moment = int(journey.trips.store[trip]), journey.trips.moment(trip)
    return ModelRequest(
        profile=profile,
        trend=fold.trend(store),
        moment=moment,
        place=place_number(store),
        promoted=journey.leaflets.on(store, journey.week_of(moment.day)),
    )


def _less_told(
    met: ModelRequest, fold: Fold, plan: ExamplePlan, draw: np.random.Generator
) -> ModelRequest:
    """The same visit, now and then without promotions, or without knowing the store."""
    if draw.random() < plan.untold:
        met = replace(met, promoted=None)
    if draw.random() < plan.nowhere:
        # Of a store that nobody names nobody has told promotions or a trend.
        met = replace(met, promoted=None, place=NOWHERE, trend=fold.quiet)
    return met


def _views(
    met: ModelRequest, bought: Keys, plan: ExamplePlan, draw: np.random.Generator
) -> Iterator[tuple[ModelRequest, Keys]]:
    """The ways in which the edge may meet this trip, each with what was then bought."""
    mixed = draw.permutation(bought)
    # At least one is left to foresee; a trip of one item is met without a basket.
    shown = int(draw.integers(1, max(len(mixed), 2)))
    ways = (
        (met.profile, 0, 1.0),
        (met.profile, shown, plan.with_basket),
        (None, shown, plan.anonymous_with_basket),
        (None, 0, plan.anonymous),
    )
    for who, basket, share in ways:
        if draw.random() < share and basket < len(mixed):
            part = np.sort(mixed[:basket])
            yield replace(met, profile=who, basket=part), mixed[basket:]


class _Rows:
    """Grows views into one set of arrays; features go into large blocks, which memory gets back whole."""

    def __init__(self, plan: ExamplePlan) -> None:
        self.plan = plan
        self.blocks: list[Floats] = []
        self.free = 0
        self.bought: list[Floats] = []
        self.weight: list[Floats] = []

    def add(
        self, view: ModelRequest, truth: Keys, fold: Fold, draw: np.random.Generator
    ) -> None:
        """Rows of one view: all that was bought, and a sample of what was not."""
        shared = shared_features(view, fold.tables, fold.owner)
        keys = shortlist(shared, self.plan.listed, no_items(), fold.tables).keys
        hit = np.isin(keys, truth)
        misses = np.flatnonzero(~hit)
        kept = draw.permutation(misses)[: self.plan.negatives]
        rows = np.sort(np.concatenate([np.flatnonzero(hit), kept]))
        self._keep(build(view, keys[rows], fold.tables, shared))
        self.bought.append(hit[rows].astype(np.float32))
        share = np.float32(len(misses) / max(len(kept), 1))
        self.weight.append(np.where(hit[rows], np.float32(1), share))

    def done(self) -> Examples:
        """All rows; the blocks are given up one by one, since twice all of them would not fit."""
        sizes = [len(part) for part in self.bought]
        features = np.empty((sum(sizes), len(FEATURES)), np.float32)
        end = len(features)
        while self.blocks:
            block = self.blocks.pop()
            used = len(block) - self.free
            features[end - used : end] = block[:used]
            end, self.free = end - used, 0
        nothing = np.zeros(0, np.float32)
        return Examples(
            features=features,
            bought=np.concatenate([nothing, *self.bought]),
            weight=np.concatenate([nothing, *self.weight]),
            bounds=np.cumsum([0, *sizes]),
        )

    def _keep(self, features: Floats) -> None:
        while len(features):
            if not self.free:
                self.blocks.append(np.empty((_BLOCK_ROWS, len(FEATURES)), np.float32))
                self.free = _BLOCK_ROWS
            block = self.blocks[-1]
            fit = min(len(features), self.free)
            start = len(block) - self.free
            block[start : start + fit] = features[:fit]
            features, self.free = features[fit:], self.free - fit
