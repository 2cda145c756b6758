"""Which signals were taken already: each ``(source, id)`` once, however often a device repeats it.

`change_set` claims a signal in the transaction of all that follows from it; deduplication in memory asks here for what
it has not seen itself.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

PLAIN = '{"accepted":true}'
"""The verdict of an event of which there was nothing more to say."""

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

# What its receipt said, where that was more than a plain yes; as small JSON, for a repeat hears it again.
VERDICTS = "ALTER TABLE seen ADD COLUMN verdict TEXT;\n"


def take(
    conn: sqlite3.Connection, source: str, id_: str, at: datetime, verdict: str | None = None
) -> bool:
    """Claim a signal, with what its receipt says; False when it was taken before."""
    return (
        conn.execute(
            "INSERT OR IGNORE INTO seen (source, id, at_us, verdict) VALUES (?, ?, ?, ?)",
            (source, id_, to_us(at), verdict),
        ).rowcount
        == 1
    )


def verdict(conn: sqlite3.Connection, source: str, id_: str) -> str | None:
    """What the receipt of a signal that was taken before said, ``PLAIN`` for a plain yes; else None."""
    row = conn.execute(
        "SELECT verdict FROM seen WHERE source = ? AND id = ?", (source, id_)
    ).fetchone()
    return None if row is None else row[0] or PLAIN


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` signals taken before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM seen WHERE seq IN"
        " (SELECT seq FROM seen WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="seen",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0009-the-till", sql=VERDICTS),
    ),
    # A month of what must not count twice.
    retention=Retention(data_class="seen", days=31, sweep=sweep),
)
