"""What happened on each local day, of everybody together: no row is about anybody.

`change_set` adds to a day; the board of key figures sums days up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from edge.domain.kpi import DayCount
from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE day_counts (
    day      INTEGER NOT NULL,
    name     TEXT NOT NULL,
    value    INTEGER NOT NULL,
    saved_us INTEGER NOT NULL,
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
"""


def add(
    conn: sqlite3.Connection, day: int, counts: Mapping[DayCount, int], at: datetime
) -> None:
    """Count these, too, to the local day ``day`` (since 1970); what is below nought is taken off again."""
    for name, value in counts.items():
        conn.execute(
            "INSERT INTO day_counts (day, name, value, saved_us) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (day, name) DO UPDATE SET value = value + ?3, saved_us = ?4",
            (day, name.value, value, to_us(at)),
        )
    if any(value < 0 for value in counts.values()):
        # As if it had never been counted: no row tells that there was something.
        conn.execute("DELETE FROM day_counts WHERE day = ? AND value = 0", (day,))


def between(conn: sqlite3.Connection, first: int, last: int) -> dict[DayCount, int]:
    """Sums over the local days ``first`` to ``last``, both included."""
    rows = conn.execute(
        "SELECT name, sum(value) FROM day_counts WHERE day BETWEEN ? AND ? GROUP BY name ORDER BY name",
        (first, last),
    )
    return {DayCount(name): int(value) for name, value in rows}


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` counts last touched before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM day_counts WHERE (day, name) IN"
        " (SELECT day, name FROM day_counts WHERE saved_us < ? ORDER BY day LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="day_counts",
    steps=(MigrationStep(release="0008-kpis", sql=SCHEMA),),
    # Thirteen months: a year to look back on.
    retention=Retention(data_class="counts", days=395, sweep=sweep),
)
