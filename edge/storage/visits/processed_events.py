"""Which signals were taken already: each ``(source, id)`` once, however often a device repeats it.

`change_set` claims a signal in the transaction of all that follows from it; deduplication in memory asks here for what
it has not seen itself.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

# The key holds the source too: two devices may use the same id for different things.
SCHEMA = """
CREATE TABLE seen (
    seq    INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    id     TEXT NOT NULL,
    at_us  INTEGER NOT NULL,
    UNIQUE (source, id)
) STRICT;
CREATE INDEX seen_at ON seen (at_us);
"""


def take(conn: sqlite3.Connection, source: str, id_: str, at: datetime) -> bool:
    """Claim a signal; False when it was taken before."""
    return (
        conn.execute(
            "INSERT OR IGNORE INTO seen (source, id, at_us) VALUES (?, ?, ?)",
            (source, id_, to_us(at)),
        ).rowcount
        == 1
    )


def known(conn: sqlite3.Connection, source: str, id_: str) -> bool:
    """Whether a signal was taken before."""
    row = conn.execute(
        "SELECT 1 FROM seen WHERE source = ? AND id = ?", (source, id_)
    ).fetchone()
    return row is not None


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` signals taken before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM seen WHERE seq IN"
        " (SELECT seq FROM seen WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="seen",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    # A month of what must not count twice.
    retention=Retention(data_class="seen", days=31, sweep=sweep),
)
