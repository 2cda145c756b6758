"""Baskets at the tills. They know no person: only a visit does.

Saved with every line that is scanned; a start reads the open ones back, and what-if looks at the paid ones.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.ids import BasketId, DeviceId, Sku, Token, VisitId
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

# The partial index holds the few that are open: a start reads them in their order.
SCHEMA = """
CREATE TABLE baskets (
    seq      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    device   TEXT NOT NULL,
    visit    TEXT NOT NULL,
    state    TEXT NOT NULL,
    lines    TEXT NOT NULL,
    saved_us INTEGER NOT NULL
) STRICT;
CREATE INDEX baskets_open ON baskets (seq) WHERE state = 'open';
CREATE INDEX baskets_visit ON baskets (visit);
CREATE INDEX baskets_saved ON baskets (saved_us);
"""

_SELECT = "SELECT id, device, visit, state, lines FROM baskets"


def save(conn: sqlite3.Connection, basket: TillBasket, at: datetime) -> None:
    """Keep ``basket`` as it is at ``at``."""
    # By place, not by name: a basket is written again with every scan.
    lines = json.dumps([[line.sku, line.quantity, line.price_cents] for line in basket.lines])
    conn.execute(
        "INSERT INTO baskets (id, device, visit, state, lines, saved_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET"
        " device = ?2, visit = ?3, state = ?4, lines = ?5, saved_us = ?6",
        (basket.id, basket.device, basket.visit, basket.state.value, lines, to_us(at)),
    )


def find(conn: sqlite3.Connection, basket: BasketId) -> TillBasket | None:
    """The basket named ``basket``."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (basket,)).fetchone()
    return None if row is None else _basket(row)


def open_baskets(conn: sqlite3.Connection) -> tuple[TillBasket, ...]:
    """Every basket that still takes lines, in the order they were opened."""
    return _baskets(conn.execute(f"{_SELECT} WHERE state = 'open' ORDER BY seq"))


def last_saved(conn: sqlite3.Connection) -> datetime | None:
    """When a basket was last touched; None before the first."""
    latest = conn.execute("SELECT max(saved_us) FROM baskets").fetchone()[0]
    return None if latest is None else from_us(latest)


def of_visit(conn: sqlite3.Connection, visit: VisitId) -> tuple[TillBasket, ...]:
    """The baskets of one stay, in the order they were opened."""
    return _baskets(conn.execute(f"{_SELECT} WHERE visit = ? ORDER BY seq", (visit,)))


def paid(conn: sqlite3.Connection) -> tuple[TillBasket, ...]:
    """Every basket that was paid and is still here, in the order they were opened."""
    return _baskets(conn.execute(f"{_SELECT} WHERE state = 'complete' ORDER BY seq"))


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the baskets of the person's stays; to be called before the stays are."""
    return conn.execute(
        "DELETE FROM baskets WHERE visit IN (SELECT id FROM visits WHERE token = ?)", (token,)
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` closed baskets not touched since ``before``."""
    # An open basket may still be paid, for however long it has lain.
    return conn.execute(
        "DELETE FROM baskets WHERE seq IN (SELECT seq FROM baskets"
        " WHERE saved_us < ? AND state <> 'open' ORDER BY saved_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _baskets(rows: Iterable[tuple[str, str, str, str, str]]) -> tuple[TillBasket, ...]:
    return tuple(_basket(row) for row in rows)


def _basket(row: tuple[str, str, str, str, str]) -> TillBasket:
    return TillBasket(
        id=BasketId(row[0]),
        device=DeviceId(row[1]),
        visit=VisitId(row[2]),
        state=BasketState(row[3]),
        lines=tuple(
            BasketLine(sku=Sku(sku), quantity=quantity, price_cents=price_cents)
            for sku, quantity, price_cents in json.loads(row[4])
        ),
    )


TABLE = Table(
    name="baskets",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="visits"),
    # 72 hours of what tells how somebody shopped.
    retention=Retention(data_class="baskets", days=3, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT b.id, b.visit, b.device, b.state, b.lines, b.saved_us FROM baskets AS b"
            " JOIN visits AS v ON v.id = b.visit WHERE v.token = ? ORDER BY b.seq"
        ),
        json=frozenset({"lines"}),
    ),
)
