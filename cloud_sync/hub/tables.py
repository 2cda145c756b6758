"""The hub's tables and the statements on them; every function runs in its caller's transaction.

Only `store` calls it, on its one thread; the server has checked what comes in by then.

Events are kept by id, each once. Changes are a compacted log: the newest state of a key under
a version that grows over all streams, so that one number says how far a reader has come.
An erased person's token is kept as a digest only; what arrives later under it is counted and
its content thrown away.
"""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from typing import Literal

from cloud_sync.hub.messages import CentralEvent, ChangeIn

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    store       TEXT NOT NULL,
    type        TEXT NOT NULL,
    time        TEXT NOT NULL,
    received_at TEXT NOT NULL,
    subject     TEXT,
    body        BLOB
) STRICT;
CREATE INDEX IF NOT EXISTS events_subject ON events (subject) WHERE subject IS NOT NULL;
CREATE TABLE IF NOT EXISTS received (
    store      TEXT PRIMARY KEY,
    raw        INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS totals (
    store TEXT NOT NULL,
    type  TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (store, type)
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    stream  TEXT NOT NULL,
    store   TEXT NOT NULL,
    key     TEXT NOT NULL,
    op      TEXT NOT NULL,
    body    BLOB NOT NULL,
    UNIQUE (stream, store, key)
) STRICT;
CREATE INDEX IF NOT EXISTS changes_by_version ON changes (stream, version);
CREATE TABLE IF NOT EXISTS erased (
    digest BLOB PRIMARY KEY,
    at     TEXT NOT NULL,
    times  INTEGER NOT NULL DEFAULT 1
) STRICT;
"""

Fate = Literal["accepted", "duplicate"]
ChangeRow = tuple[int, str, str, str, bytes]

# An erasure asked for in a store goes up as this event; it erases here too.
ERASED = "storeside.customer-erased.v1"


def take(
    conn: sqlite3.Connection, store: str, events: Sequence[CentralEvent], at: str
) -> list[Fate]:
    """Keep each event whose id is new; one fate an event, in their order."""
    fates: list[Fate] = [_take_one(conn, store, event, at) for event in events]
    conn.execute(
        "INSERT INTO received (store, raw, duplicates) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (store) DO UPDATE SET raw = raw + ?2, duplicates = duplicates + ?3",
        (store, len(events), fates.count("duplicate")),
    )
    return fates


def count_refused(conn: sqlite3.Connection, store: str, count: int) -> None:
    """Count events that came in and could not be kept."""
    conn.execute(
        "INSERT INTO received (store, raw, refused) VALUES (?1, ?2, ?2)"
        " ON CONFLICT (store) DO UPDATE SET raw = raw + ?2, refused = refused + ?2",
        (store, count),
    )


def publish(conn: sqlite3.Connection, changes: Sequence[ChangeIn], at: str) -> None:
    """Make these the newest states of their keys; an erasure also erases here.

    A change under an erased person's token is left out: nobody comes back by a late copy.
    """
    for change in changes:
        if change.stream == "erasures":
            if change.op == "upsert":
                erase(conn, change.key, at)
        elif _is_erased(conn, change.key):
            continue
        # An erasure goes into the log like any change, so that every store hears of it.
        _put(conn, change)


def erase(conn: sqlite3.Connection, token: str, at: str) -> None:
    """Throw away a person's content; ids stay, so that no event can come a second time.

    Changes that name the person go without a trace: the erasure itself tells the stores.
    """
    conn.execute(
        "INSERT INTO erased (digest, at) VALUES (?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET at = excluded.at, times = times + 1",
        (_digest(token), at),
    )
    conn.execute("UPDATE events SET subject = NULL, body = NULL WHERE subject = ?", (token,))
    conn.execute(
        "DELETE FROM changes WHERE stream <> 'erasures' AND (key = ? OR instr(body, ?) > 0)",
        (token, token.encode()),
    )


def count_erased(conn: sqlite3.Connection) -> int:
    """Count the erasures so far, also repeated ones of the same person."""
    count: int = conn.execute("SELECT coalesce(sum(times), 0) FROM erased").fetchone()[0]
    return count


def read_changes(
    conn: sqlite3.Connection, store: str, streams: Sequence[str], cursor: int, limit: int
) -> list[ChangeRow]:
    """Read changes for a store after ``cursor``: version, stream, key, op, body."""
    # The list of streams is one parameter, however many there are.
    return conn.execute(
        "SELECT version, stream, key, op, body FROM changes"
        " WHERE stream IN (SELECT value FROM json_each(?)) AND version > ?"
        " AND store IN ('', ?) ORDER BY version LIMIT ?",
        (json.dumps(list(streams)), cursor, store, limit),
    ).fetchall()


def head(conn: sqlite3.Connection) -> int:
    """Read the newest version ever given to a change."""
    # Not max(version): the newest row may be erased, and a cursor that goes back says that the centre starts anew.
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    return row[0] if row else 0


def totals(conn: sqlite3.Connection, store: str | None) -> dict[str, int]:
    """Count the kept events by type, of one store or of all."""
    return dict(
        conn.execute(
            "SELECT type, sum(count) FROM totals WHERE ?1 IS NULL OR store = ?1"
            " GROUP BY type ORDER BY 2 DESC, type",
            (store,),
        )
    )


def received(conn: sqlite3.Connection, store: str | None) -> tuple[int, int, int]:
    """Count what came in, of one store or of all: raw, duplicates, refused."""
    row: tuple[int, int, int] = conn.execute(
        "SELECT coalesce(sum(raw), 0), coalesce(sum(duplicates), 0), coalesce(sum(refused), 0)"
        " FROM received WHERE ?1 IS NULL OR store = ?1",
        (store,),
    ).fetchone()
    return row


def ids(
    conn: sqlite3.Connection, store: str | None, after: int, limit: int
) -> list[tuple[int, str]]:
    """List kept events in their order of arrival after place ``after``: place and id."""
    return conn.execute(
        "SELECT seq, id FROM events WHERE seq > ?1 AND (?2 IS NULL OR store = ?2)"
        " ORDER BY seq LIMIT ?3",
        (after, store, limit),
    ).fetchall()


def _take_one(conn: sqlite3.Connection, store: str, event: CentralEvent, at: str) -> Fate:
    # First, so that the event itself is kept as nobody's.
    if event.type == ERASED and event.subject is not None:
        erase(conn, event.subject, at)
    gone = event.subject is not None and _is_erased(conn, event.subject)
    subject, body = (None, None) if gone else (event.subject, event.body)
    new = conn.execute(
        "INSERT INTO events (id, store, type, time, received_at, subject, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (event.id, store, event.type, event.time, at, subject, body),
    ).rowcount
    if not new:
        return "duplicate"
    conn.execute(
        "INSERT INTO totals (store, type, count) VALUES (?, ?, 1)"
        " ON CONFLICT (store, type) DO UPDATE SET count = count + 1",
        (store, event.type),
    )
    return "accepted"


def _is_erased(conn: sqlite3.Connection, token: str) -> bool:
    query = "SELECT 1 FROM erased WHERE digest = ?"
    return conn.execute(query, (_digest(token),)).fetchone() is not None


def _put(conn: sqlite3.Connection, change: ChangeIn) -> None:
    """Replace the key's state; REPLACE gives it a new version."""
    body = json.dumps(change.body, separators=(",", ":"), ensure_ascii=False).encode()
    conn.execute(
        # '' stands for every store: in the table's key no two NULLs would be equal.
        "INSERT OR REPLACE INTO changes (stream, store, key, op, body) VALUES (?, ?, ?, ?, ?)",
        (change.stream, change.store or "", change.key, change.op, body),
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
