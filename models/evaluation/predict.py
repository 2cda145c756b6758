"""Predictions as a file, for whoever wants to judge them with their own code.

``evaluate`` calls it where targets are given; whoever gave them judges the file that it writes.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import SourceUnreadable
from models.evaluation.cases import StoreSituation, listed, view_of
from models.features.profile import Profile
from models.features.profile_replay import remember
from models.features.request import ModelRequest
from models.items import Keys
from models.moment import Moment
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey, local_moment, seconds
from models.sources.parquet import Column, open_columns, write_columns
from models.sources.validation import ColumnKind, read_checked
from models.statistics.tables import Floats
from models.statistics.trend import StoreTrend

# Others score the first ten; twice as many leave them room to strike what they do not count.
RANKS = 20

# Of the latest trips the commonest store foretells the coming one best (validation: 74 % of trips
# against 68 % for the latest store alone), and their commonest hour stands in for an unknown one.
_LATEST_TRIPS = 5

# When a date alone is told and the household's hours are not known: the middle of the day.
_NOON = 12
_DAY_S = 86_400

_KINDS = {"household_id": ColumnKind.ID, "as_of": ColumnKind.MOMENT}

OnPart = Callable[[float], None]
Listed = tuple[Keys, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionTargets:
    """Whom to predict for, and when; rows in the file's order, shapes (n,).

    ``household`` as ``Journey`` keys them; ``second``: local seconds since the epoch; ``whom`` and
    ``as_of``: the two columns as the file has them.
    """

    household: Keys
    second: Keys
    # Any: arrow arrays, so that answers carry the file's own values and types.
    whom: Any
    as_of: Any

    def __len__(self) -> int:
        return len(self.second)


def read_targets(path: Path, journey: Journey) -> PredictionTargets:
    """The rows of a parquet file with ``household_id, as_of``. Raises ``SourceUnreadable``."""
    try:
        rows = read_checked(path, _KINDS, may_be_empty=True)
        raw = open_columns(path, list(_KINDS))
    except SourceUnreadable as unfit:
        raise SourceUnreadable(
            source=unfit.source,
            missing=unfit.missing,
            mend="give the targets as a parquet table of household_id, as_of",
        ) from unfit
    return PredictionTargets(
        household=rows["household_id"],
        second=seconds(rows["as_of"]) + journey.utc_offset_s,
        whom=raw.column("household_id").combine_chunks(),
        as_of=raw.column("as_of").combine_chunks(),
    )


def predict_targets(
    journey: Journey,
    bundle: Bundle,
    targets: Path,
    out: Path | None,
    on_part: OnPart = lambda _: None,
) -> dict[str, object]:
    """List items for each (household, as_of), from what happened before ``as_of`` alone.

    The visit is taken to be to the household's usual store, as that store had observed by then. Of
    whom nothing is known by then gets what an unknown shopper of the busiest store would get. A
    midnight stands for its date: the visit is foreseen at the household's usual hour.
    """
    asked = read_targets(targets, journey)
    lists: list[Listed] = [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(asked)
    watch = _Watch(journey)
    strangers = 0
    # In order of time, since the watch never goes back; answers return to their rows.
    for number, row in enumerate(np.argsort(asked.second, kind="stable").tolist()):
        household, before = int(asked.household[row]), int(asked.second[row])
        view = watch.view(household, before)
        strangers += view.profile is None
        keys, chances = listed(bundle, view)
        lists[row] = (keys[:RANKS], chances[:RANKS])
        on_part(number / len(asked))
    if out is not None:
        write_predictions(out, journey, (asked.whom, asked.as_of), lists)
    return {
        "bundle": bundle.label,
        "digest": bundle.digest,
        "targets": len(asked),
        "households_without_history": strangers,
        "rows": sum(len(keys) for keys, _ in lists),
    }


def write_predictions(
    # Any: numpy or arrow arrays of households and moments, a row a list.
    out: Path,
    journey: Journey,
    asked: tuple[Any, Any],
    lists: list[Listed],
) -> None:
    """One row a listed item: ``household_id, as_of, rank`` from 1, ``product_id, score``."""
    sizes = [len(keys) for keys, _ in lists]
    rows = np.repeat(np.arange(len(lists)), sizes)
    starts = np.cumsum([0, *sizes])[:-1]
    keys = np.concatenate([np.empty(0, np.int64), *(keys for keys, _ in lists)])
    chances = np.concatenate([np.empty(0, np.float32), *(chances for _, chances in lists)])
    households, moments = asked
    write_columns(
        out,
        {
            "household_id": households.take(rows),
            "as_of": moments.take(rows),
            "rank": (np.arange(len(rows)) - starts[rows] + 1).astype(np.int32),
            "product_id": _as_the_source_spells(journey, keys),
            "score": chances,
        },
    )


def _as_the_source_spells(journey: Journey, keys: Keys) -> Column:
    """Product ids in the source's own form; of a product it never sold, the key."""
    ids = journey.product_ids
    at = journey.items.positions(keys)
    if not len(ids):
        return keys
    return np.where(at >= 0, ids[at], keys.astype(ids.dtype))


@dataclass(slots=True, kw_only=True)
class _Person:
    """A household up to a moment: counters, and where and when its latest trips began."""

    profile: Profile = field(default_factory=Profile.empty)
    rows: int = 0
    stores: deque[int] = field(default_factory=lambda: deque(maxlen=_LATEST_TRIPS))
    hours: deque[int] = field(default_factory=lambda: deque(maxlen=_LATEST_TRIPS))


class _Watch:
    """All stores and the households asked for, moved forward to the moment of a question."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._keys = journey.items.keys[journey.lines.item]
        self._order = np.lexsort((journey.lines.basket, journey.lines.second))
        self._second = journey.lines.second[self._order]
        starts = np.append(True, np.diff(journey.lines.basket[self._order]) != 0)
        self._starts = np.append(np.flatnonzero(starts), len(starts))
        self._next = 0
        self._trends: dict[int, StoreTrend] = {}
        self._receipts: Counter[int] = Counter()
        self._people: dict[int, _Person] = {}

    def view(self, household: int, before: int) -> ModelRequest:
        """What the edge would look at just before a local second; moments must not go back."""
        self._observe(before)
        person = self._meet(household, before)
        usual = person.stores or self._busiest()
        store = _commonest(usual) if usual else None
        trend = StoreTrend() if store is None else self._trends.get(store, StoreTrend())
        known = person.profile if person.profile.trips else None
        place = StoreSituation(store=store, trend=trend)
        return view_of(self._journey, place, self._moment(person, before), known)

    def _moment(self, person: _Person, before: int) -> Moment:
        told = before - self._journey.utc_offset_s
        if told % _DAY_S:
            return local_moment(before)
        hour = _commonest(person.hours) if person.hours else _NOON
        return Moment(day=told // _DAY_S, hour=hour)

    def _busiest(self) -> list[int]:
        """The store of most receipts so far, if there is any."""
        return [store for store, _ in self._receipts.most_common(1)]

    def _meet(self, household: int, before: int) -> _Person:
        """The household as its lines before the moment tell it."""
        person = self._people.setdefault(household, _Person())
        lines = self._journey.lines
        rows = self._journey.rows_of(household)
        end = int(np.searchsorted(lines.second[rows], before))
        for row in rows[person.rows : end].tolist():
            day, store = int(lines.day[row]), int(lines.store[row])
            # Lines come in order of time: a day that is not the newest begins a trip.
            if day not in person.profile.days[:1]:
                person.stores.append(store)
                person.hours.append(int(lines.second[row]) % _DAY_S // 3600)
            remember(self._journey, person.profile, self._keys[row : row + 1], day, store)
        person.rows = end
        return person

    def _observe(self, before: int) -> None:
        while self._next + 1 < len(self._starts):
            first, end = self._starts[self._next : self._next + 2]
            # A receipt counts once its last line is in the past.
            if self._second[end - 1] >= before:
                break
            rows = self._order[first:end]
            store = int(self._journey.lines.store[rows[0]])
            self._receipts[store] += 1
            self._trends.setdefault(store, StoreTrend()).record(
                self._keys[rows], local_moment(int(self._second[first]))
            )
            self._next += 1


def _commonest(values: Sequence[int]) -> int:
    """The value met most often; of several, the one met last."""
    counts = Counter(values)
    most = max(counts.values())
    return next(value for value in reversed(values) if counts[value] == most)
