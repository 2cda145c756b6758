"""The queue of records for the centre, in the store's own database.

Whoever writes a fact appends here; the uplink reads, confirms and parks; a nightly sweep clears what was sent.

A record is appended in the transaction of the fact it tells, so neither is ever there
without the other. Every row carries a CRC-32 of all it would send, because SQLite does not
notice most bit rot; a row that fails it is set aside and never leaves the store.
All functions run in the caller's transaction. The tally obeys one law at any moment:
appended = sent + pending + parked + dropped + damaged + forgotten.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud_sync import deadlines, outbox_counts
from cloud_sync.envelope import BATCH_LIMIT_BYTES, Record, rfc3339, size_bytes
from cloud_sync.outbox_counts import OutboxCounts
from cloud_sync.seal import seal, unseal

__all__ = [
    "SCHEMA",
    "OutboxCounts",
    "PendingRecords",
    "append",
    "confirm",
    "count_parked",
    "counts",
    "forget",
    "lanes",
    "park",
    "pending",
    "release",
    "set_aside",
    "shed",
    "sweep",
]

_TABLES = """
CREATE TABLE IF NOT EXISTS outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    stream     TEXT NOT NULL,
    type       TEXT NOT NULL,
    time       TEXT NOT NULL,
    source     TEXT NOT NULL,
    subject    TEXT,
    durability TEXT NOT NULL,
    body       BLOB NOT NULL,
    crc        INTEGER NOT NULL,
    sent_at    TEXT,
    parked     TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (stream, seq)
    WHERE sent_at IS NULL AND parked IS NULL;
CREATE INDEX IF NOT EXISTS outbox_sheddable ON outbox (seq)
    WHERE durability = 'drop-oldest' AND sent_at IS NULL AND parked IS NULL;
CREATE INDEX IF NOT EXISTS outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_subject ON outbox (subject) WHERE subject IS NOT NULL;

CREATE TABLE IF NOT EXISTS outbox_damaged (
    seq      INTEGER PRIMARY KEY,
    found_at TEXT NOT NULL,
    subject  BLOB,
    body     BLOB
) STRICT;
"""


SCHEMA = _TABLES + outbox_counts.SCHEMA + deadlines.SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRecords:
    """What waits in one stream: records in their order, and rows whose CRC does not fit.

    ``damaged`` holds sequence numbers for `set_aside`.
    """

    records: tuple[Record, ...]
    damaged: tuple[int, ...]


def append(conn: sqlite3.Connection, records: Iterable[Record]) -> int:
    """Queue the records in their order; an id that is already queued is left alone.

    Returns the number of new rows.
    """
    before = conn.total_changes
    cursor = conn.executemany(
        "INSERT INTO outbox (id, stream, type, time, source, subject, durability, body, crc)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (seal(record) for record in records),
    )
    return cursor.rowcount if before != conn.total_changes else 0


def lanes(conn: sqlite3.Connection) -> tuple[str, ...]:
    """List the streams in which something waits, the one with the oldest record first."""
    # From stream to stream along the index: grouping would read every row that waits.
    rows = conn.execute(
        "WITH RECURSIVE lane (stream) AS ("
        " SELECT min(stream) FROM outbox WHERE sent_at IS NULL AND parked IS NULL"
        " UNION ALL SELECT (SELECT min(stream) FROM outbox"
        "  WHERE sent_at IS NULL AND parked IS NULL AND stream > lane.stream)"
        " FROM lane WHERE lane.stream IS NOT NULL)"
        " SELECT CAST(stream AS BLOB) FROM lane WHERE stream IS NOT NULL"
        " ORDER BY (SELECT min(seq) FROM outbox"
        "  WHERE stream = lane.stream AND sent_at IS NULL AND parked IS NULL)"
    )
    return tuple(_text(stream) for (stream,) in rows)


def pending(
    conn: sqlite3.Connection,
    stream: str,
    *,
    limit_events: int = 500,
    limit_bytes: int = BATCH_LIMIT_BYTES,
) -> PendingRecords:
    """Read the oldest waiting records of a stream, as many as one batch may hold."""
    rows = conn.execute(
        "SELECT seq, CAST(id AS BLOB), CAST(stream AS BLOB), CAST(type AS BLOB),"
        " CAST(time AS BLOB), CAST(source AS BLOB), CAST(subject AS BLOB),"
        " CAST(durability AS BLOB), CAST(body AS BLOB), crc FROM outbox"
        " WHERE stream = CAST(? AS TEXT) AND sent_at IS NULL AND parked IS NULL"
        " ORDER BY seq LIMIT ?",
        (_blob(stream), limit_events),
    )
    records: list[Record] = []
    damaged: list[int] = []
    size = 0
    for seq, *fields, body, crc in rows:
        if (record := unseal(fields, body, crc)) is None:
            damaged.append(seq)
            continue
        # One more, for the comma between events.
        size += size_bytes(record) + 1
        # The first goes in any case: alone it may still be taken, and otherwise it would block its stream for ever.
        if records and size > limit_bytes:
            break
        records.append(record)
    return PendingRecords(records=tuple(records), damaged=tuple(damaged))


def confirm(conn: sqlite3.Connection, ids: Sequence[str], at: datetime) -> int:
    """Mark records as held by the centre; returns how many were still waiting."""
    # Only what still waits: a late answer must not bring a parked record out of its place.
    cursor = conn.executemany(
        "UPDATE outbox SET sent_at = ? WHERE id = ? AND sent_at IS NULL AND parked IS NULL",
        [(rfc3339(at), id_) for id_ in ids],
    )
    return cursor.rowcount if ids else 0


def park(conn: sqlite3.Connection, id_: str, reason: str) -> None:
    """Take a record that the centre refuses out of the queue's way, and keep it."""
    conn.execute(
        "UPDATE outbox SET parked = ? WHERE id = ? AND sent_at IS NULL AND parked IS NULL",
        (reason, id_),
    )


def count_parked(conn: sqlite3.Connection) -> int:
    """Count the records that are out of the way."""
    count: int = conn.execute("SELECT parked FROM outbox_tally").fetchone()[0]
    return count


def release(conn: sqlite3.Connection) -> int:
    """Put all parked records back in their place; returns how many."""
    return conn.execute("UPDATE outbox SET parked = NULL WHERE parked IS NOT NULL").rowcount


def set_aside(conn: sqlite3.Connection, seqs: Sequence[int], at: datetime) -> None:
    """Move damaged rows out of the queue; what is left of them stays for a person to read."""
    rows = [(seq,) for seq in seqs]
    conn.executemany(
        "INSERT OR REPLACE INTO outbox_damaged (seq, found_at, subject, body)"
        " SELECT seq, ?, CAST(subject AS BLOB), CAST(body AS BLOB) FROM outbox WHERE seq = ?",
        [(rfc3339(at), seq) for seq in seqs],
    )
    try:
        conn.executemany("DELETE FROM outbox WHERE seq = ?", rows)
    except sqlite3.DatabaseError:
        # The damage is in an indexed column: row and index disagree, and SQLite refuses
        # to delete the row until its indexes are built anew from the rows.
        conn.execute("REINDEX outbox")
        conn.executemany("DELETE FROM outbox WHERE seq = ?", rows)
    conn.execute("UPDATE outbox_tally SET damaged = damaged + ?", (len(rows),))


def forget(conn: sqlite3.Connection, token: str) -> int:
    """Erase every row of a person, sent or not, also damaged ones; returns how many."""
    # Counted before they go: the trigger on the table cannot tell forgetting from shedding.
    unsent = conn.execute(
        "SELECT count(*) FROM outbox WHERE subject = ? AND sent_at IS NULL", (token,)
    ).fetchone()[0]
    conn.execute("UPDATE outbox_tally SET forgotten = forgotten + ?", (unsent,))
    # Before the rows themselves: afterwards nothing says whose the deadlines were.
    conn.execute(
        "DELETE FROM outbox_deadline WHERE id IN (SELECT id FROM outbox WHERE subject = ?)",
        (token,),
    )
    rows = conn.execute("DELETE FROM outbox WHERE subject = ?", (token,)).rowcount
    # The column that said whose it was may be the damaged one, so the body is searched too.
    rows += conn.execute(
        "DELETE FROM outbox_damaged WHERE subject = ?1 OR instr(body, ?1) > 0",
        (token.encode(),),
    ).rowcount
    return rows


def sweep(conn: sqlite3.Connection, before: datetime, *, limit: int = 5_000) -> int:
    """Delete records sent, and damage found, before a moment; returns how many rows went.

    At most ``limit`` sent records go at a time, so that the writer is never held long.
    """
    moment = rfc3339(before)
    conn.execute("DELETE FROM outbox_damaged WHERE found_at < ?", (moment,))
    return conn.execute(
        "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox"
        " WHERE sent_at IS NOT NULL AND sent_at < ? ORDER BY sent_at LIMIT ?)",
        (moment, limit),
    ).rowcount


def shed(conn: sqlite3.Connection, *, limit_events: int, limit_bytes: int) -> dict[str, int]:
    """Drop the oldest droppable records until the queue fits, or none of that class is left.

    Returns the drops by type; they are added to the tally in the same transaction.
    """
    dropped: dict[str, int] = {}
    # In a loop, because by bytes the number is an estimate from the mean size.
    while (
        over := outbox_counts.excess(conn, limit_events=limit_events, limit_bytes=limit_bytes)
    ) > 0:
        rows = conn.execute(
            "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE durability ="
            " 'drop-oldest' AND sent_at IS NULL AND parked IS NULL ORDER BY seq LIMIT ?)"
            " RETURNING type",
            (over,),
        ).fetchall()
        # Nothing is left that may be lost: the queue stays over its limits rather than lose what must be kept.
        if not rows:
            break
        for (type_,) in rows:
            dropped[type_] = dropped.get(type_, 0) + 1
    outbox_counts.add_drops(conn, dropped)
    return dropped


def counts(conn: sqlite3.Connection, now: datetime) -> OutboxCounts:
    """Read the tally; quick, whatever the queue holds."""
    row = conn.execute(
        "SELECT appended, pending, sent, parked, dropped, damaged, forgotten FROM outbox_tally"
    ).fetchone()
    return OutboxCounts(
        total=row[0],
        pending=row[1],
        sent=row[2],
        parked=row[3],
        dropped=row[4],
        damaged=row[5],
        forgotten=row[6],
        oldest_age_s=max(0.0, (now - _oldest(conn, now)).total_seconds()),
    )


def _oldest(conn: sqlite3.Connection, now: datetime) -> datetime:
    """Find the time of the oldest waiting record; a damaged time counts as now."""
    times = [
        conn.execute(
            "SELECT CAST(time AS BLOB) FROM outbox WHERE stream = CAST(? AS TEXT)"
            " AND sent_at IS NULL AND parked IS NULL ORDER BY seq LIMIT 1",
            (_blob(stream),),
        ).fetchone()[0]
        # Lanes come with the oldest record first, so one is enough.
        for stream in lanes(conn)[:1]
    ]
    try:
        return min((datetime.fromisoformat(_text(time)) for time in times), default=now)
    except ValueError:
        return now


def _text(stored: bytes) -> str:
    """Read text that bit rot may have made undecodable, without losing a bit of it."""
    return stored.decode("utf-8", "surrogateescape")


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
