"""Stays in the store, open and ended.

Presence in memory is the truth of now and saved here with each signal; a start reads the open stays back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.visit import EndReason, Visit
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, from_us_or_none, to_us

SCHEMA = """
CREATE TABLE visits (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    opened_us      INTEGER NOT NULL,
    seen_us        INTEGER NOT NULL,
    token          TEXT,
    method         TEXT NOT NULL,
    zone           TEXT,
    zone_since_us  INTEGER,
    rumour_zone    TEXT,
    basket         TEXT,
    kiosk          TEXT,
    ended_us       INTEGER,
    ended          TEXT
) STRICT;
CREATE INDEX visits_open ON visits (opened_us) WHERE ended_us IS NULL;
CREATE INDEX visits_opened ON visits (opened_us);
CREATE INDEX visits_token ON visits (token) WHERE token IS NOT NULL;
"""

_SELECT = (
    "SELECT id, opened_us, seen_us, token, method, zone, zone_since_us, rumour_zone,"
    " basket, kiosk, ended_us, ended FROM visits"
)

_Row = tuple[
    str, int, int, str | None, str, str | None, int | None, str | None,
    str | None, str | None, int | None, str | None,
]  # fmt: skip


def save(conn: sqlite3.Connection, visit: Visit) -> bool:
    """Keep ``visit`` as it now is; False when its person was erased."""
    if erased_people.holds(conn, visit.token):
        return False
    conn.execute(
        "INSERT INTO visits (id, opened_us, seen_us, token, method, zone, zone_since_us, rumour_zone,"
        " basket, kiosk, ended_us, ended)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        " ON CONFLICT (id) DO UPDATE SET opened_us = ?2, seen_us = ?3, token = ?4, method = ?5,"
        " zone = ?6, zone_since_us = ?7, rumour_zone = ?8, basket = ?9, kiosk = ?10,"
        " ended_us = ?11, ended = ?12",
        _row(visit),
    )
    return True


def find(conn: sqlite3.Connection, visit: VisitId) -> Visit | None:
    """One stay, over or not."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (visit,)).fetchone()
    return None if row is None else _visit(row)


def open_visits(conn: sqlite3.Connection) -> tuple[Visit, ...]:
    """Everybody who is still here, longest first."""
    return _visits(conn.execute(f"{_SELECT} WHERE ended_us IS NULL ORDER BY opened_us, seq"))


def recent(conn: sqlite3.Connection, limit: int) -> tuple[Visit, ...]:
    """The last ``limit`` stays to begin, newest first."""
    return _visits(
        conn.execute(f"{_SELECT} ORDER BY opened_us DESC, seq DESC LIMIT ?", (limit,))
    )


def since(conn: sqlite3.Connection, at: datetime) -> Iterator[Visit]:
    """Stays that began at ``at`` or later, oldest first, read as they are asked for."""
    rows = conn.execute(f"{_SELECT} WHERE opened_us >= ? ORDER BY opened_us, seq", (to_us(at),))
    return map(_visit, rows)


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's stays."""
    return conn.execute("DELETE FROM visits WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` stays that began before ``before`` and have ended."""
    # Never an open stay: presence in memory goes on with it, whatever its age.
    return conn.execute(
        "DELETE FROM visits WHERE seq IN (SELECT seq FROM visits"
        " WHERE opened_us < ? AND ended_us IS NOT NULL ORDER BY opened_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _visits(rows: Iterable[_Row]) -> tuple[Visit, ...]:
    return tuple(_visit(row) for row in rows)


def _row(visit: Visit) -> _Row:
    return (
        visit.id,
        to_us(visit.opened_at),
        to_us(visit.seen_at),
        visit.token,
        visit.method.value,
        visit.zone,
        to_us(visit.zone_since),
        visit.rumour_zone,
        visit.basket,
        visit.kiosk,
        to_us(visit.ended_at),
        None if visit.ended is None else visit.ended.value,
    )


def _visit(row: _Row) -> Visit:
    return Visit(
        id=VisitId(row[0]),
        opened_at=from_us(row[1]),
        seen_at=from_us(row[2]),
        token=None if row[3] is None else Token(row[3]),
        method=RecognitionMethod(row[4]),
        zone=row[5],
        zone_since=from_us_or_none(row[6]),
        rumour_zone=row[7],
        basket=None if row[8] is None else BasketId(row[8]),
        kiosk=None if row[9] is None else DeviceId(row[9]),
        ended_at=from_us_or_none(row[10]),
        ended=None if row[11] is None else EndReason(row[11]),
    )


TABLE = Table(
    name="visits",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # 72 hours of what tells how somebody shopped.
    retention=Retention(data_class="visits", days=3, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT id, opened_us, seen_us, method, zone, kiosk, ended_us, ended FROM visits"
            " WHERE token = ? ORDER BY opened_us, seq"
        )
    ),
)
