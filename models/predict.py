"""Predictions as a file, for whoever wants to judge them with their own code."""

from pathlib import Path

import numpy as np

from models.bundle import Bundle
from models.cases import listed
from models.counters import Profile
from models.items import Keys
from models.journey import LOCAL_OFFSET_S, Journey, local_moment, seconds
from models.parquet import Column, read_columns, write_columns
from models.tables import Floats
from models.trend import StoreTrend
from models.view import View

RANKS = 20


def predict_targets(
    journey: Journey, bundle: Bundle, targets: Path, out: Path | None
) -> dict[str, object]:
    """List items for each (household, as_of), from what happened before ``as_of`` alone.

    The store's trend is that of the household's latest store, as it had observed by then.
    """
    rows = read_columns(targets, ["household_id", "as_of"])
    households = rows["household_id"].astype(np.int64)
    moments = seconds(rows["as_of"]) + LOCAL_OFFSET_S
    lists: list[tuple[Keys, Floats]] = [(np.empty(0, np.int64), np.empty(0, np.float32))] * len(
        moments
    )
    watch = _Watch(journey)
    for row in np.argsort(moments, kind="stable").tolist():
        before = int(moments[row])
        household = int(households[row])
        view = View(
            profile=_profile(journey, household, before),
            trend=watch.trend(household, before),
            moment=local_moment(before),
        )
        keys, chances = listed(bundle, view)
        lists[row] = (keys[:RANKS], chances[:RANKS])
    if out is not None:
        write_predictions(out, households, rows["as_of"], lists)
    known = np.isin(households, journey.households)
    return {
        "bundle": bundle.label,
        "digest": bundle.digest,
        "targets": len(moments),
        "households_without_history": int((~known).sum()),
        "rows": sum(len(keys) for keys, _ in lists),
    }


def write_predictions(
    out: Path, households: Keys, as_of: Column, lists: list[tuple[Keys, Floats]]
) -> None:
    """One row a listed item: ``household_id, as_of, rank`` from 1, ``product_id, score``."""
    sizes = [len(keys) for keys, _ in lists]
    nothing = np.empty(0)
    write_columns(
        out,
        {
            "household_id": np.repeat(households, sizes),
            "as_of": np.repeat(as_of, sizes),
            "rank": np.concatenate(
                [nothing, *(np.arange(1, size + 1) for size in sizes)]
            ).astype(np.int32),
            "product_id": np.concatenate(
                [nothing.astype(np.int64), *(keys for keys, _ in lists)]
            ),
            "score": np.concatenate(
                [nothing.astype(np.float32), *(found for _, found in lists)]
            ),
        },
    )


def _profile(journey: Journey, household: int, before_second: int) -> Profile:
    profile = Profile.empty()
    for day, keys in journey.history(household, before_second):
        for key in keys.tolist():
            profile.record(key, day)
    return profile


class _Watch:
    """Every store's trend, moved forward receipt by receipt to the moment asked for."""

    def __init__(self, journey: Journey) -> None:
        self._lines = journey.lines
        self._keys = journey.items.keys
        self._order = np.lexsort((self._lines.basket, self._lines.second))
        self._second = self._lines.second[self._order]
        starts = np.append(True, np.diff(self._lines.basket[self._order]) != 0)
        self._starts = np.append(np.flatnonzero(starts), len(starts))
        self._next = 0
        self._stores: dict[int, StoreTrend] = {}
        self._latest: dict[int, int] = {}

    def trend(self, household: int, before_second: int) -> StoreTrend:
        """The trend of the store where ``household`` was last seen; moments must not go back."""
        while self._next + 1 < len(self._starts):
            first, end = self._starts[self._next : self._next + 2]
            # A receipt counts once its last line is in the past.
            if self._second[end - 1] >= before_second:
                break
            self._record(self._order[first:end])
            self._next += 1
        return self._stores.get(self._latest.get(household, -1), StoreTrend())

    def _record(self, rows: Keys) -> None:
        store = int(self._lines.store[rows[0]])
        self._latest[int(self._lines.household[rows[0]])] = store
        moment = local_moment(int(self._second[self._starts[self._next]]))
        self._stores.setdefault(store, StoreTrend()).record(
            self._keys[self._lines.item[rows]], moment
        )
