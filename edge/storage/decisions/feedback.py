"""What people did with what they were shown: looked, touched, took, declined.

The intake takes it from screens and tablets; reports count it. What later decisions must know of it is kept longer, as
`responses`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import DecisionId, DeviceId, Sku, Token
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE replies (
    seq      INTEGER PRIMARY KEY,
    decision TEXT NOT NULL,
    item     TEXT,
    action   TEXT NOT NULL,
    value    TEXT,
    device   TEXT NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX replies_decision ON replies (decision);
CREATE INDEX replies_at ON replies (at_us);
CREATE INDEX replies_action ON replies (action);
"""

_Row = tuple[str, str | None, str, str | None, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRow:
    """One answer to one decision, to one of its items where ``item`` is set.

    ``action`` comes from the closed list on the wire; ``value`` is what went with it, as JSON text.
    """

    decision: DecisionId
    action: str
    device: DeviceId
    at: datetime
    item: Sku | None = None
    value: str | None = None


def add(conn: sqlite3.Connection, reply: FeedbackRow) -> None:
    """Remember the answer."""
    conn.execute(
        "INSERT INTO replies (decision, item, action, value, device, at_us)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (reply.decision, reply.item, reply.action, reply.value, reply.device, to_us(reply.at)),
    )


def of_decision(conn: sqlite3.Connection, decision: DecisionId) -> tuple[FeedbackRow, ...]:
    """The answers to ``decision``, in the order they came."""
    rows: Iterable[_Row] = conn.execute(
        "SELECT decision, item, action, value, device, at_us FROM replies"
        " WHERE decision = ? ORDER BY seq",
        (decision,),
    )
    return tuple(_reply(row) for row in rows)


def ratings(conn: sqlite3.Connection, since: datetime) -> tuple[int, int, int]:
    """Of answers of one to five since then how many, their sum, and how many of four or five; each decision's last."""
    # The value is text as the device sent it: 4 and 4.0 are one rating.
    found: tuple[int, int, int] = conn.execute(
        "SELECT count(*), coalesce(sum(stars), 0), coalesce(sum(stars >= 4), 0) FROM"
        " (SELECT CAST(CAST(value AS REAL) AS INTEGER) AS stars FROM replies WHERE seq IN"
        " (SELECT max(seq) FROM replies WHERE action = 'rate' AND at_us >= ?"
        " AND CAST(value AS REAL) BETWEEN 1 AND 5 GROUP BY decision))",
        (to_us(since),),
    ).fetchone()
    return found


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's answers; to be called before their decisions are erased."""
    return conn.execute(
        "DELETE FROM replies WHERE decision IN (SELECT id FROM decisions WHERE token = ?)",
        (token,),
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` answers given before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM replies WHERE seq IN"
        " (SELECT seq FROM replies WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _reply(row: _Row) -> FeedbackRow:
    return FeedbackRow(
        decision=DecisionId(row[0]),
        item=None if row[1] is None else Sku(row[1]),
        action=row[2],
        value=row[3],
        device=DeviceId(row[4]),
        at=from_us(row[5]),
    )


TABLE = Table(
    name="replies",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="decisions"),
    # A month: as far as satisfaction looks back, and a little more.
    retention=Retention(data_class="replies", days=31, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT r.decision, r.item, r.action, r.value, r.device, r.at_us FROM replies AS r"
            " JOIN decisions AS d ON d.id = r.decision WHERE d.token = ? ORDER BY r.seq"
        ),
        before="snapshots",
    ),
)
