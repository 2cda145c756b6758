"""What is old goes: each class of data after its own number of days.

`edge.pipeline.jobs` calls `sweep` every hour with the days of the market's policy, and a checkpoint follows; a
policy may name the classes of `DEFAULT_DAYS` only, and no fewer days than `LEAST_DAYS`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.domain.errors import SettingsInvalid
from edge.storage.operations import box_facts
from edge.storage.table import RetainedWith, Retention
from edge.storage.tables import TABLES

_CLASSES = tuple(t.retention for t in TABLES if isinstance(t.retention, Retention))

DEFAULT_DAYS: Mapping[str, int] = {one.data_class: one.days for one in _CLASSES}
"""Days by class of data, where a market's policy says nothing; what is in no class never goes for its age."""

LEAST_DAYS: Mapping[str, int] = {
    one.data_class: one.least_days for one in _CLASSES if one.least_days > 1
}
"""How long a class must be kept at least, where something counts its rows."""

# Each sweep under the name that its result goes by: its class, or its table where that follows another one's class.
_SWEEPS = {
    table.retention.data_class if isinstance(table.retention, Retention) else table.name: (
        table.retention
    )
    for table in TABLES
    if isinstance(table.retention, Retention | RetainedWith)
}

# One call deletes so many rows of a class at most: the writer is then held for milliseconds.
LIMIT = 5_000

# After a gap this long the clock is not believed: it may have jumped, or the box was off.
_GAP = timedelta(days=1)

_LAST, _DOUBTED = "swept-at", "sweep-doubted-at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did: rows removed by class; whether it was ``held``; whether ``more`` is waiting."""

    removed: Mapping[str, int]
    held: bool = False
    more: bool = False


def sweep(
    conn: sqlite3.Connection, now: datetime, days: Mapping[str, int], *, limit: int = LIMIT
) -> Swept:
    """Delete what is older than ``days`` of its class (`DEFAULT_DAYS` where not said), in the caller's transaction.

    To be called hourly, and again at once while there is ``more``. When the clock has moved on by more than a
    day since the last sweep, everything is held for a day: a clock that jumped for an hour deletes nothing.

    Raises:
        SettingsInvalid: ``days`` names a class of data that is not kept here.
    """
    # A class misspelt in a policy would silently be kept for its usual days.
    unknown = set(days) - set(DEFAULT_DAYS)
    if unknown:
        raise SettingsInvalid(
            f"no class of data is called {', '.join(sorted(unknown))}",
            hint=f"the classes are {', '.join(DEFAULT_DAYS)}",
        )
    if _held(conn, now):
        return Swept(removed={}, held=True)
    kept = {**DEFAULT_DAYS, **days}
    removed = {
        name: one.sweep(conn, now - timedelta(days=kept[one.data_class]), limit)
        for name, one in _SWEEPS.items()
    }
    return Swept(removed=removed, more=any(rows >= limit for rows in removed.values()))


def _held(conn: sqlite3.Connection, now: datetime) -> bool:
    last = _instant(conn, _LAST)
    # Noted when nothing is swept, too: the next call measures the gap from here.
    box_facts.put(conn, _LAST, now.isoformat())
    # Both ways: a clock that was set back is believed no more than one that jumped ahead.
    if last is not None and abs(now - last) > _GAP:
        box_facts.put(conn, _DOUBTED, now.isoformat())
        return True
    doubted = _instant(conn, _DOUBTED)
    return doubted is not None and now - doubted < _GAP


def _instant(conn: sqlite3.Connection, name: str) -> datetime | None:
    note = box_facts.find(conn, name)
    return None if note is None else datetime.fromisoformat(note)
