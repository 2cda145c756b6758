"""Records that are of no use after a moment: what has not left by then never leaves, and is counted as dropped.

The deadline stands beside the outbox and is not sent. It is real time, as the sender's clock is.
All functions run in the caller's transaction.
"""

import sqlite3
from collections import Counter
from datetime import datetime

from cloud_sync import outbox_counts

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox_deadline (
    id          TEXT PRIMARY KEY,
    not_after_s INTEGER NOT NULL,
    missed      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_deadline_open ON outbox_deadline (not_after_s) WHERE missed = 0;
CREATE INDEX IF NOT EXISTS outbox_deadline_missed ON outbox_deadline (id) WHERE missed = 1;
"""


def put(conn: sqlite3.Connection, id_: str, not_after: datetime) -> None:
    """The record ``id_`` must have left before ``not_after``; said in the transaction that queues it."""
    conn.execute(
        "INSERT OR IGNORE INTO outbox_deadline (id, not_after_s) VALUES (?, ?)",
        # Cut and not rounded: rather a second too early than a moment too late.
        (id_, int(not_after.timestamp())),
    )


def is_any_past(conn: sqlite3.Connection, now: datetime) -> bool:
    """Whether a deadline has come; quick."""
    found = conn.execute(
        "SELECT 1 FROM outbox_deadline WHERE missed = 0 AND not_after_s <= ? LIMIT 1",
        (int(now.timestamp()),),
    )
    return found.fetchone() is not None


def drop_late(conn: sqlite3.Connection, now: datetime) -> int:
    """Drop what still waits (or is parked) past its deadline; returns how many. What was sent is left alone."""
    moment = int(now.timestamp())
    late = conn.execute(
        "DELETE FROM outbox WHERE sent_at IS NULL AND id IN"
        " (SELECT id FROM outbox_deadline WHERE missed = 0 AND not_after_s <= ?) RETURNING id, type",
        (moment,),
    ).fetchall()
    outbox_counts.add_drops(conn, Counter(type_ for _, type_ in late))
    # Marked and not deleted: `take_missed` tells the store which of its messages never left.
    conn.executemany(
        "UPDATE outbox_deadline SET missed = 1 WHERE id = ?", [(i,) for i, _ in late]
    )
    # What had left in time is owed no word.
    conn.execute("DELETE FROM outbox_deadline WHERE missed = 0 AND not_after_s <= ?", (moment,))
    return len(late)


def is_any_missed(conn: sqlite3.Connection) -> bool:
    """Whether something was dropped since `take_missed` was asked last; quick."""
    found = conn.execute("SELECT 1 FROM outbox_deadline WHERE missed = 1 LIMIT 1")
    return found.fetchone() is not None


def take_missed(conn: sqlite3.Connection) -> tuple[str, ...]:
    """The ids of records dropped since this was asked last."""
    rows = conn.execute("DELETE FROM outbox_deadline WHERE missed = 1 RETURNING id").fetchall()
    # In a fixed order: RETURNING promises none.
    return tuple(sorted(id_ for (id_,) in rows))
