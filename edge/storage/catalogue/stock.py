"""How much is on the shelf, in pieces or by weight: told by the centre, counted down by what is bought here.

`change_set` counts a paid basket off; what is out is proposed by no decision, and a trigger may tell who asked for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.domain.ids import ItemKey, Sku
from edge.domain.trade_unit import TradeUnit, taken
from edge.storage.catalogue.products import CodeText
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

# Later: one row a product, however its code is written, and weights to the thousandth of their unit.
THOUSANDTHS = """
DROP INDEX stock_out;
ALTER TABLE stock RENAME TO stock_of_pieces;
CREATE TABLE stock (
    item          INTEGER PRIMARY KEY,
    sku           TEXT NOT NULL,
    on_hand_milli INTEGER NOT NULL,
    unit          TEXT NOT NULL,
    told_us       INTEGER NOT NULL
) STRICT;
INSERT OR REPLACE INTO stock (item, sku, on_hand_milli, unit, told_us)
    SELECT item, sku, on_hand * 1000, 'each', told_us FROM stock_of_pieces ORDER BY told_us;
DROP TABLE stock_of_pieces;
CREATE INDEX stock_out ON stock (item) WHERE on_hand_milli <= 0;
"""

_THOUSAND = 1000

OnHand = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=3)]
"""How much there is of something, to the thousandth."""


class StockRow(BaseModel):
    """One count on its way down from the centre; an unknown key is left out, as with products.

    ``on_hand``: a number, or a decimal as text, of ``unit``; a weight is counted to the thousandth.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: CodeText
    on_hand: OnHand
    unit: TradeUnit = TradeUnit.EACH


def put(
    conn: sqlite3.Connection,
    sku: Sku,
    on_hand: Decimal | int,
    at: datetime,
    unit: TradeUnit = TradeUnit.EACH,
) -> None:
    """There are ``on_hand`` of ``unit`` at ``at``, whatever was counted before."""
    conn.execute(
        "INSERT INTO stock (item, sku, on_hand_milli, unit, told_us) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (item) DO UPDATE SET sku = ?2, on_hand_milli = ?3, unit = ?4, told_us = ?5",
        (item_key(sku), sku, round(on_hand * _THOUSAND), unit.value, to_us(at)),
    )


def take(
    conn: sqlite3.Connection,
    sku: Sku,
    quantity: Decimal | int,
    unit: TradeUnit = TradeUnit.EACH,
) -> None:
    """``quantity`` of ``unit`` was bought, or came back if negative; an uncounted product stays so.

    More sold than was counted stands below none, so that what comes back is exact, and reads as none. What a line
    takes off a stock that is counted in another unit: `edge.domain.trade_unit.taken`.
    """
    key = item_key(sku)
    row = conn.execute("SELECT unit FROM stock WHERE item = ?", (key,)).fetchone()
    if row is None:
        return
    less = taken(Decimal(quantity), unit, TradeUnit(row[0]))
    conn.execute(
        "UPDATE stock SET on_hand_milli = on_hand_milli - ? WHERE item = ?",
        (round(less * _THOUSAND), key),
    )


def delete(conn: sqlite3.Connection, skus: Iterable[Sku]) -> None:
    """These products are counted no more."""
    conn.executemany("DELETE FROM stock WHERE item = ?", [(item_key(sku),) for sku in skus])


def counted(conn: sqlite3.Connection, sku: Sku) -> tuple[Decimal, TradeUnit] | None:
    """How much of ``sku`` is on the shelf, and the unit it is counted in; None where nobody counts."""
    row = conn.execute(
        "SELECT on_hand_milli, unit FROM stock WHERE item = ?", (item_key(sku),)
    ).fetchone()
    return None if row is None else (max(Decimal(0), _decimal(row[0])), TradeUnit(row[1]))


def on_hand(conn: sqlite3.Connection, sku: Sku) -> Decimal | None:
    """How much of ``sku`` is on the shelf, in its own unit; None where nobody counts."""
    found = counted(conn, sku)
    return None if found is None else found[0]


def every(conn: sqlite3.Connection) -> dict[ItemKey, Decimal]:
    """How much there is of every counted product, in its own unit; below none where more was sold than counted."""
    rows = conn.execute("SELECT item, on_hand_milli FROM stock")
    return {ItemKey(item): _decimal(milli) for item, milli in rows}


def units(conn: sqlite3.Connection) -> dict[ItemKey, TradeUnit]:
    """The units of the products that are not counted in pieces."""
    rows = conn.execute("SELECT item, unit FROM stock WHERE unit <> 'each'")
    return {ItemKey(item): TradeUnit(unit) for item, unit in rows}


def _decimal(milli: int) -> Decimal:
    return Decimal(milli) / _THOUSAND


TABLE = Table(
    name="stock",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0009-the-till", sql=THOUSANDTHS),
    ),
    retention=Unlimited(note="what is counted now: the centre adds and takes away"),
)
