"""How many pieces are on the shelf: told by the centre, counted down by what is bought here.

`change_set` counts a paid basket off; what is out is proposed by no decision, and a trigger may tell who asked for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from edge.domain.ids import ItemKey, Sku
from edge.storage.table import MigrationStep, Table, Unlimited
from edge.storage.timestamps import to_us
from models.items import item_key

SCHEMA = """
CREATE TABLE stock (
    sku     TEXT PRIMARY KEY,
    item    INTEGER NOT NULL,
    on_hand INTEGER NOT NULL,
    told_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_out ON stock (item) WHERE on_hand <= 0;
"""


class StockRow(BaseModel):
    """One count on its way down from the centre; an unknown key is left out, as with products."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    on_hand: int = Field(ge=0, le=1_000_000)


def put(conn: sqlite3.Connection, sku: Sku, on_hand: int, at: datetime) -> None:
    """There are ``on_hand`` pieces at ``at``, whatever was counted before."""
    conn.execute(
        "INSERT INTO stock (sku, item, on_hand, told_us) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (sku) DO UPDATE SET on_hand = ?3, told_us = ?4",
        (sku, item_key(sku), on_hand, to_us(at)),
    )


def take(conn: sqlite3.Connection, sku: Sku, quantity: int) -> None:
    """``quantity`` pieces were bought; a count never falls below none, an uncounted product stays so."""
    # The last count may be too low for what is then sold: below none it would say nothing.
    conn.execute(
        "UPDATE stock SET on_hand = max(0, on_hand - ?) WHERE sku = ?", (quantity, sku)
    )


def delete(conn: sqlite3.Connection, skus: Iterable[Sku]) -> None:
    """These products are counted no more."""
    conn.executemany("DELETE FROM stock WHERE sku = ?", [(sku,) for sku in skus])


def on_hand(conn: sqlite3.Connection, sku: Sku) -> int | None:
    """Pieces of ``sku`` on the shelf; None where nobody counts."""
    row = conn.execute("SELECT on_hand FROM stock WHERE sku = ?", (sku,)).fetchone()
    return None if row is None else int(row[0])


def every(conn: sqlite3.Connection) -> dict[ItemKey, int]:
    """Pieces of every counted product."""
    return {ItemKey(i): int(n) for i, n in conn.execute("SELECT item, on_hand FROM stock")}


TABLE = Table(
    name="stock",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    retention=Unlimited(note="what is counted now: the centre adds and takes away"),
)
