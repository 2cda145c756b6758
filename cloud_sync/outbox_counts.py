"""The outbox's tally: every record is counted once wherever it stands.

`outbox` lays it beside the queue and sheds by it; the console and the metrics show what it counts.

Triggers keep it, so that no statement on the outbox can forget to. The law at any moment:
appended = sent + pending + parked + dropped + damaged + forgotten.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox_dropped (
    type  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS outbox_tally (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    appended      INTEGER NOT NULL DEFAULT 0,
    sent          INTEGER NOT NULL DEFAULT 0,
    pending       INTEGER NOT NULL DEFAULT 0,
    pending_bytes INTEGER NOT NULL DEFAULT 0,
    parked        INTEGER NOT NULL DEFAULT 0,
    dropped       INTEGER NOT NULL DEFAULT 0,
    damaged       INTEGER NOT NULL DEFAULT 0,
    forgotten     INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT OR IGNORE INTO outbox_tally (one) VALUES (1);

CREATE TRIGGER IF NOT EXISTS outbox_tally_append AFTER INSERT ON outbox BEGIN
    UPDATE outbox_tally SET appended = appended + 1, pending = pending + 1,
        pending_bytes = pending_bytes + length(NEW.body);
END;
CREATE TRIGGER IF NOT EXISTS outbox_tally_move AFTER UPDATE OF sent_at, parked ON outbox BEGIN
    UPDATE outbox_tally SET
        sent = sent + (NEW.sent_at IS NOT NULL) - (OLD.sent_at IS NOT NULL),
        parked = parked + (NEW.parked IS NOT NULL) - (OLD.parked IS NOT NULL),
        pending = pending + (NEW.sent_at IS NULL AND NEW.parked IS NULL)
                          - (OLD.sent_at IS NULL AND OLD.parked IS NULL),
        pending_bytes = pending_bytes + length(OLD.body)
            * ((NEW.sent_at IS NULL AND NEW.parked IS NULL)
             - (OLD.sent_at IS NULL AND OLD.parked IS NULL));
END;
CREATE TRIGGER IF NOT EXISTS outbox_tally_leave AFTER DELETE ON outbox
WHEN OLD.sent_at IS NULL BEGIN
    UPDATE outbox_tally SET
        parked = parked - (OLD.parked IS NOT NULL),
        pending = pending - (OLD.parked IS NULL),
        pending_bytes = pending_bytes - length(OLD.body) * (OLD.parked IS NULL);
END;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """The tally. All but ``pending`` and ``parked`` only ever grow.

    ``oldest_age_s`` is the age of the oldest pending record, 0 if none is pending.
    """

    total: int
    pending: int
    sent: int
    parked: int
    dropped: int
    damaged: int
    forgotten: int
    oldest_age_s: float


def excess(conn: sqlite3.Connection, *, limit_events: int, limit_bytes: int) -> int:
    """Estimate how many records are too many; by bytes, from the mean size of a record."""
    waiting, size = conn.execute("SELECT pending, pending_bytes FROM outbox_tally").fetchone()
    over = waiting - limit_events
    if size > limit_bytes:
        # At least one, or a queue that is a few bytes over would never shrink.
        over = max(over, (size - limit_bytes) * waiting // size, 1)
    return cast("int", over)


def add_drops(conn: sqlite3.Connection, dropped: Mapping[str, int]) -> None:
    """Add records that were shed, by type."""
    conn.executemany(
        "INSERT INTO outbox_dropped (type, count) VALUES (?, ?)"
        " ON CONFLICT (type) DO UPDATE SET count = count + excluded.count",
        dropped.items(),
    )
    conn.execute("UPDATE outbox_tally SET dropped = dropped + ?", (sum(dropped.values()),))


def drops(conn: sqlite3.Connection) -> dict[str, int]:
    """Count the records ever shed, by type."""
    return dict(conn.execute("SELECT type, count FROM outbox_dropped ORDER BY type"))
