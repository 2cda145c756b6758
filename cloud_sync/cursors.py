"""How far each stream from the centre has been applied here, and what could not be.

The downlink moves a cursor in the transaction that applies a page; `stream_freshness` reads how old it is, and an
erasure forgets what was set aside.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cloud_sync.envelope import rfc3339

SCHEMA = """
CREATE TABLE IF NOT EXISTS sync_cursor (
    stream       TEXT PRIMARY KEY,
    version      INTEGER NOT NULL DEFAULT 0,
    applied_at   TEXT,
    contacted_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS sync_refused (
    stream     TEXT NOT NULL,
    key        TEXT NOT NULL,
    version    INTEGER NOT NULL,
    refused_at TEXT NOT NULL,
    PRIMARY KEY (stream, key)
) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCursor:
    """Where a stream stands. ``version`` 0: nothing was ever applied."""

    stream: str
    version: int = 0
    applied_at: datetime | None = None
    contacted_at: datetime | None = None


def get(conn: sqlite3.Connection, stream: str) -> StreamCursor:
    """Read where a stream stands."""
    row = conn.execute(
        "SELECT version, applied_at, contacted_at FROM sync_cursor WHERE stream = ?", (stream,)
    ).fetchone()
    if row is None:
        return StreamCursor(stream=stream)
    return StreamCursor(
        stream=stream, version=row[0], applied_at=_moment(row[1]), contacted_at=_moment(row[2])
    )


def advance(conn: sqlite3.Connection, stream: str, version: int, at: datetime) -> None:
    """Note that a stream is applied up to ``version``, in the transaction that applied it."""
    conn.execute(
        "INSERT INTO sync_cursor (stream, version, applied_at, contacted_at)"
        " VALUES (?1, ?2, ?3, ?3) ON CONFLICT (stream) DO UPDATE"
        " SET version = ?2, applied_at = ?3, contacted_at = ?3",
        (stream, version, rfc3339(at)),
    )


def touch(conn: sqlite3.Connection, streams: Iterable[str], at: datetime) -> None:
    """Note that the centre answered for these streams, with or without news."""
    conn.executemany(
        "INSERT INTO sync_cursor (stream, contacted_at) VALUES (?1, ?2)"
        " ON CONFLICT (stream) DO UPDATE SET contacted_at = ?2",
        [(stream, rfc3339(at)) for stream in streams],
    )


def refuse(conn: sqlite3.Connection, stream: str, key: str, version: int, at: datetime) -> None:
    """Remember a change that could not be applied; its content is not kept."""
    # Its content stays out: it may be about a person, and an erasure finds rows by their key only.
    conn.execute(
        "INSERT OR REPLACE INTO sync_refused (stream, key, version, refused_at)"
        " VALUES (?, ?, ?, ?)",
        (stream, key, version, rfc3339(at)),
    )


def clear_refused(conn: sqlite3.Connection, stream: str, keys: Iterable[str]) -> None:
    """Strike changes off the refused list, because a newer one could be applied."""
    conn.executemany(
        "DELETE FROM sync_refused WHERE stream = ? AND key = ?", [(stream, key) for key in keys]
    )


def count_refused(conn: sqlite3.Connection, stream: str) -> int:
    """Count the keys whose newest change could not be applied here."""
    count: int = conn.execute(
        "SELECT count(*) FROM sync_refused WHERE stream = ?", (stream,)
    ).fetchone()[0]
    return count


def forget(conn: sqlite3.Connection, token: str) -> int:
    """Erase what names a person: refused changes under their token."""
    return conn.execute("DELETE FROM sync_refused WHERE key = ?", (token,)).rowcount


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
