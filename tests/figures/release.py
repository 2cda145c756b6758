"""Is a figure worse than the last release's by more than its error? `make figures` says so, and ends with 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from edge.lab.demo.paired_outcomes import change
from tests.figures.table import WrittenRow

FILE = Path("docs/figures-released.json")
"""The figures of the last release, written with ``--release``."""


class _Worse(NamedTuple):
    """How much a figure lost, and the error of that; both in its own unit."""

    lost: float
    error: float


_Judge = Callable[[WrittenRow, WrittenRow], _Worse]


def _by_trips(before: WrittenRow, now: WrittenRow) -> _Worse:
    """The same trips were replayed: only those of which one release foresaw what the other did not say anything."""
    found = change(before.trips, now.trips)
    return _Worse(0, 0) if found is None else _Worse(-found.mean, found.mean - found.low)


def _by_interval(before: WrittenRow, now: WrittenRow) -> _Worse:
    """The figure has an interval of its own."""
    values = now.values
    error = (values["gain_high"] - values["gain_low"]) / 2
    return _Worse(before.values["ours"] - values["ours"], error)


_JUDGED: Mapping[str, _Judge] = {
    "arrival": _by_trips,
    "till": _by_trips,
    "ranker": _by_interval,
}


def complaints(
    released: Mapping[str, WrittenRow], now: Mapping[str, WrittenRow]
) -> Iterable[str]:
    """One sentence for each figure that is worse by more than its error, and for each that cannot be compared."""
    for id_, judge in _JUDGED.items():
        old, new = released.get(id_), now.get(id_)
        if old is None or new is None or old.measured is None or new.measured is None:
            continue
        try:
            worse = judge(old, new)
        except ValueError as error:
            yield f"{new.label}: not compared with the last release, for {error}"
            continue
        if worse.lost > worse.error:
            yield (
                f"WORSE than the last release ({old.measured.commit}): {new.label}: {old.shown} was,"
                f" {new.shown} is; lost {worse.lost:.3f}, more than its error of {worse.error:.3f}"
            )
