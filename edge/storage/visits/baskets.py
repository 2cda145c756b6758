"""Baskets at the tills, each under an id of the store's own: a till's number comes again.

Saved with every line that is scanned; a start reads the open ones back, and what-if looks at the paid ones.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from edge.domain.basket import BasketState, TillBasket
from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, from_us_or_none, to_us
from edge.storage.visits import basket_text

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

# Later: a till's number is used again, and a basket knows whose it is.
NUMBERS = """
ALTER TABLE baskets ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE baskets ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE baskets ADD COLUMN token TEXT;
ALTER TABLE baskets ADD COLUMN method TEXT NOT NULL DEFAULT 'anonymous_context';
ALTER TABLE baskets ADD COLUMN opened_us INTEGER;
ALTER TABLE baskets ADD COLUMN closed_us INTEGER;
ALTER TABLE baskets ADD COLUMN more TEXT NOT NULL DEFAULT '{}';
UPDATE baskets SET number = id, token = (SELECT token FROM visits WHERE visits.id = baskets.visit),
    method = coalesce((SELECT method FROM visits WHERE visits.id = baskets.visit), 'anonymous_context');
CREATE INDEX baskets_number ON baskets (device, number);
CREATE INDEX baskets_token ON baskets (token) WHERE token IS NOT NULL;
DROP INDEX baskets_open;
CREATE INDEX baskets_open ON baskets (seq) WHERE state IN ('open', 'suspended');
"""

_SELECT = (
    "SELECT id, device, visit, state, lines, number, day, token, method, opened_us, closed_us, more"
    " FROM baskets"
)

_Row = tuple[
    str, str, str, str, str, str, int, str | None, str, int | None, int | None, str
]  # fmt: skip


def save(conn: sqlite3.Connection, basket: TillBasket, at: datetime) -> None:
    """Keep ``basket`` as it is at ``at``; an erased person's is kept as nobody's."""
    token = None if erased_people.holds(conn, basket.token) else basket.token
    conn.execute(
        "INSERT INTO baskets (id, device, visit, state, lines, saved_us, number, day, token, method,"
        " opened_us, closed_us, more) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
        " ON CONFLICT (id) DO UPDATE SET device = ?2, visit = ?3, state = ?4, lines = ?5,"
        " saved_us = ?6, number = ?7, day = ?8, token = ?9, method = ?10, opened_us = ?11,"
        " closed_us = ?12, more = ?13",
        (
            basket.id,
            basket.device,
            basket.visit,
            basket.state.value,
            basket_text.lines_to_json(basket.lines),
            to_us(at),
            basket.number,
            basket.day,
            token,
            basket.method.value,
            to_us(basket.opened_at),
            to_us(basket.closed_at),
            basket_text.more_to_json(basket),
        ),
    )


def find(conn: sqlite3.Connection, basket: BasketId) -> TillBasket | None:
    """The basket named ``basket``."""
    row = conn.execute(f"{_SELECT} WHERE id = ?", (basket,)).fetchone()
    return None if row is None else _basket(row)


def numbered(conn: sqlite3.Connection, device: DeviceId, number: str) -> tuple[TillBasket, ...]:
    """The baskets to which a till gave this number, the latest first."""
    found = f"{_SELECT} WHERE device = ? AND number = ? ORDER BY seq DESC LIMIT 100"
    return _baskets(conn.execute(found, (device, number)))


def open_baskets(conn: sqlite3.Connection) -> tuple[TillBasket, ...]:
    """Every basket that may still be paid, in the order they were opened."""
    return _baskets(
        conn.execute(f"{_SELECT} WHERE state IN ('open', 'suspended') ORDER BY seq")
    )


def of_person(conn: sqlite3.Connection, token: Token, day: int) -> tuple[TillBasket, ...]:
    """What somebody bought on a local day and did not take back whole."""
    found = (
        f"{_SELECT} WHERE token = ? AND day = ? AND state IN ('open', 'complete') ORDER BY seq"
    )
    return _baskets(conn.execute(found, (token, day)))


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
        "DELETE FROM baskets WHERE token = ?1 OR visit IN (SELECT id FROM visits WHERE token = ?1)",
        (token,),
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` closed baskets not touched since ``before``."""
    # An open basket may still be paid, for however long it has lain.
    return conn.execute(
        "DELETE FROM baskets WHERE seq IN (SELECT seq FROM baskets"
        " WHERE saved_us < ? AND state NOT IN ('open', 'suspended') ORDER BY saved_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _baskets(rows: Iterable[_Row]) -> tuple[TillBasket, ...]:
    return tuple(_basket(row) for row in rows)


def _basket(row: _Row) -> TillBasket:
    return TillBasket(
        id=BasketId(row[0]),
        device=DeviceId(row[1]),
        visit=VisitId(row[2]),
        state=BasketState(row[3]),
        lines=basket_text.lines_of_json(row[4]),
        number=row[5],
        day=row[6],
        token=None if row[7] is None else Token(row[7]),
        method=RecognitionMethod(row[8]),
        opened_at=from_us_or_none(row[9]),
        closed_at=from_us_or_none(row[10]),
        **basket_text.more_of_json(row[11]),
    )


TABLE = Table(
    name="baskets",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0009-the-till", sql=NUMBERS),
    ),
    erasure=Erasure(forget=forget, before="visits"),
    # 72 hours of what tells how somebody shopped.
    retention=Retention(data_class="baskets", days=3, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT id, number, visit, device, state, lines, more, saved_us FROM baskets"
            " WHERE token = ?1 OR visit IN (SELECT id FROM visits WHERE token = ?1) ORDER BY seq"
        ),
        json=frozenset({"lines", "more"}),
    ),
)
