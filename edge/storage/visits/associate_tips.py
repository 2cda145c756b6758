"""What associates said to visits, and which of it was then bought: settled once, when the till was paid.

Feedback from a tablet adds a tip, a paid basket settles it, and the board tells each tablet's record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from edge.domain.associate_tip import AssociateTip, TippedGoods, settled
from edge.domain.ids import DecisionId, DeviceId, Sku, Token, VisitId
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, from_us_or_none, to_us

SCHEMA = """
CREATE TABLE tips (
    visit     TEXT NOT NULL,
    device    TEXT NOT NULL,
    sku       TEXT NOT NULL,
    decision  TEXT NOT NULL,
    at_us     INTEGER NOT NULL,
    in_basket INTEGER NOT NULL,
    paid_us   INTEGER,
    pieces    INTEGER NOT NULL DEFAULT 0,
    cents     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (visit, device, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX tips_at ON tips (at_us);
"""

_Row = tuple[str, str, str, str, int, int, int | None, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TabletRecord:
    """What one tablet has to its name. ``contacted``, ``sold_to``: visits; ``pieces`` and ``cents`` sold on tips.

    A visit that ended without a sale is not counted at all.
    """

    device: DeviceId
    contacted: int
    sold_to: int
    pieces: int
    cents: int


def add(conn: sqlite3.Connection, tip: AssociateTip) -> bool:
    """Remember the tip; False where this tablet has said that product to this visit before."""
    return (
        conn.execute(
            "INSERT OR IGNORE INTO tips (visit, device, sku, decision, at_us, in_basket)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (tip.visit, tip.device, tip.sku, tip.decision, to_us(tip.at), int(tip.in_basket)),
        ).rowcount
        == 1
    )


def settle(
    conn: sqlite3.Connection, visit: VisitId, lines: Sequence[TippedGoods], paid_at: datetime
) -> int:
    """The visit has paid for ``lines``; returns how many tips this settled."""
    waiting = [tip for tip in _of_visit(conn, visit) if tip.paid_at is None]
    done = settled(waiting, lines, paid_at)
    _write(conn, done)
    return len(done)


def resettle(
    conn: sqlite3.Connection,
    visit: VisitId,
    since: datetime,
    sales: Iterable[tuple[Sequence[TippedGoods], datetime]],
) -> int:
    """Settle anew what was not settled before ``since``, by the visit's ``sales`` from then on as they now stand.

    Returns how many tips are settled by it.
    """
    waiting = [t for t in _of_visit(conn, visit) if t.paid_at is None or t.paid_at >= since]
    done = list[AssociateTip]()
    for lines, paid_at in sales:
        # By the clock of its tablet, or for having been settled by then: a tip that was given when this was paid.
        due = [t for t in waiting if min(t.at, t.paid_at or t.at) <= paid_at]
        done += settled([replace(t, paid_at=None) for t in due], lines, paid_at)
        waiting = [t for t in waiting if t not in due]
    _write(conn, (*done, *(replace(t, paid_at=None, pieces=0, cents=0) for t in waiting)))
    return len(done)


def records(conn: sqlite3.Connection, since: datetime) -> tuple[TabletRecord, ...]:
    """Each tablet's record of tips from ``since`` on that ended in a sale, by device."""
    # A visit counts once, however many products were told to it.
    rows = conn.execute(
        "SELECT device, count(DISTINCT visit),"
        " count(DISTINCT CASE WHEN pieces > 0 THEN visit END), sum(pieces), sum(cents)"
        " FROM tips WHERE at_us >= ? AND paid_us IS NOT NULL GROUP BY device ORDER BY device",
        (to_us(since),),
    )
    return tuple(
        TabletRecord(
            device=DeviceId(device), contacted=n, sold_to=sold, pieces=pieces, cents=cents
        )
        for device, n, sold, pieces, cents in rows
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what was said to the person; to be called before their visits are erased."""
    return conn.execute(
        "DELETE FROM tips WHERE visit IN (SELECT id FROM visits WHERE token = ?)", (token,)
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` tips from before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM tips WHERE (visit, device, sku) IN"
        " (SELECT visit, device, sku FROM tips WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _of_visit(conn: sqlite3.Connection, visit: VisitId) -> list[AssociateTip]:
    rows: Iterable[_Row] = conn.execute(
        "SELECT visit, device, sku, decision, at_us, in_basket, paid_us, pieces, cents"
        " FROM tips WHERE visit = ?",
        (visit,),
    )
    return [_tip(row) for row in rows]


def _write(conn: sqlite3.Connection, tips: Iterable[AssociateTip]) -> None:
    conn.executemany(
        "UPDATE tips SET paid_us = ?, pieces = ?, cents = ?"
        " WHERE visit = ? AND device = ? AND sku = ?",
        [(to_us(t.paid_at), t.pieces, t.cents, t.visit, t.device, t.sku) for t in tips],
    )


def _tip(row: _Row) -> AssociateTip:
    return AssociateTip(
        visit=VisitId(row[0]),
        device=DeviceId(row[1]),
        sku=Sku(row[2]),
        decision=DecisionId(row[3]),
        at=from_us(row[4]),
        in_basket=bool(row[5]),
        paid_at=from_us_or_none(row[6]),
        pieces=row[7],
        cents=row[8],
    )


TABLE = Table(
    name="tips",
    steps=(MigrationStep(release="0008-kpis", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="visits"),
    # A month: as far as a tablet's record looks back, and a little more.
    retention=Retention(data_class="tips", days=31, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT t.visit, t.device, t.sku, t.decision, t.at_us, t.pieces, t.cents FROM tips AS t"
            " JOIN visits AS v ON v.id = t.visit WHERE v.token = ? ORDER BY t.at_us"
        ),
        before="cards",
    ),
)
