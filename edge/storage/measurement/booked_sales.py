"""Paid baskets as the figures hold them, as long as the baskets themselves are kept: by them corrections are made.

`change_set` writes a sale as it is booked and whenever something of it comes back; `edge.state.sales_ledger` reads it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pydantic import TypeAdapter

from edge.domain.booked_sale import BookedSale
from edge.domain.ids import BasketId, Token, VisitId
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, RetainedWith, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE booked_sales (
    id       TEXT PRIMARY KEY,
    number   TEXT NOT NULL,
    visit    TEXT NOT NULL,
    token    TEXT,
    at_us    INTEGER NOT NULL,
    body     TEXT NOT NULL,
    saved_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX booked_sales_number ON booked_sales (number);
CREATE INDEX booked_sales_visit ON booked_sales (visit);
CREATE INDEX booked_sales_token ON booked_sales (token) WHERE token IS NOT NULL;
CREATE INDEX booked_sales_saved ON booked_sales (saved_us);
"""

_BODY = TypeAdapter(BookedSale)
_SELECT = "SELECT body FROM booked_sales"


def save(conn: sqlite3.Connection, sale: BookedSale, at: datetime) -> bool:
    """Keep the sale as it stands at ``at``; False when its buyer was erased."""
    if erased_people.holds(conn, sale.token):
        return False
    conn.execute(
        "INSERT INTO booked_sales (id, number, visit, token, at_us, body, saved_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET body = ?6, saved_us = ?7",
        (
            sale.id,
            sale.number,
            sale.visit,
            sale.token,
            to_us(sale.at),
            _BODY.dump_json(sale).decode(),
            to_us(at),
        ),
    )
    return True


def find(conn: sqlite3.Connection, sale: BasketId) -> BookedSale | None:
    """The sale of one basket."""
    found = _sales(conn.execute(f"{_SELECT} WHERE id = ?", (sale,)))
    return found[0] if found else None


def numbered(conn: sqlite3.Connection, order: str) -> tuple[BookedSale, ...]:
    """The sales that any till gave this number, or that the store calls so, oldest first."""
    found = f"{_SELECT} WHERE number = ?1 OR id = ?1 ORDER BY at_us, id"
    return _sales(conn.execute(found, (order,)))


def of_person(conn: sqlite3.Connection, token: Token) -> tuple[BookedSale, ...]:
    """What somebody bought, oldest first."""
    return _sales(conn.execute(f"{_SELECT} WHERE token = ? ORDER BY at_us, id", (token,)))


def of_visit(conn: sqlite3.Connection, visit: VisitId) -> tuple[BookedSale, ...]:
    """What was paid for in one stay, oldest first."""
    return _sales(conn.execute(f"{_SELECT} WHERE visit = ? ORDER BY at_us, id", (visit,)))


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what the person bought; it can be corrected no more."""
    return conn.execute("DELETE FROM booked_sales WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` sales not touched since ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM booked_sales WHERE id IN"
        " (SELECT id FROM booked_sales WHERE saved_us < ? ORDER BY saved_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _sales(rows: Iterable[tuple[str]]) -> tuple[BookedSale, ...]:
    return tuple(_BODY.validate_json(body) for (body,) in rows)


TABLE = Table(
    name="booked_sales",
    steps=(MigrationStep(release="0009-the-till", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # Without its basket nobody could say what it was.
    retention=RetainedWith(data_class="baskets", sweep=sweep),
    export=ExportQuery(
        sql="SELECT id, number, at_us, body FROM booked_sales WHERE token = ? ORDER BY at_us, id",
        json=frozenset({"body"}),
    ),
)
