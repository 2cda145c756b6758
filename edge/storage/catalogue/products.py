"""What is sold here: names, categories and prices, as the centre tells it.

`edge.pipeline.central_changes` checks and writes the rows; candidates, prices on screens and checks of campaigns come
from the catalogue that is read from here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey, Sku
from edge.domain.trade_unit import TradeUnit
from edge.storage.table import MigrationStep, Table, Unlimited
from models.items import item_key

SCHEMA = """
CREATE TABLE products (
    sku         TEXT PRIMARY KEY,
    item        INTEGER NOT NULL,
    name        TEXT NOT NULL,
    category    TEXT NOT NULL,
    department  TEXT NOT NULL,
    price_cents INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# Later: what a product serves as.
KINDS = "ALTER TABLE products ADD COLUMN kind TEXT NOT NULL DEFAULT '';\n"

# Codes are looked up by their key, whatever way a SKU is written. The unit: what the price is for.
KEYS = """
CREATE INDEX products_item ON products (item);
ALTER TABLE products ADD COLUMN unit TEXT NOT NULL DEFAULT 'each';
"""

CodeText = Annotated[str, Field(pattern=r"^[\x1d!-?A-_a-~]{1,128}$")]
"""A product code in any form: what is printable ASCII without space, ``@`` and backtick, and GS1's separator."""


class ProductRow(BaseModel):
    """One product on its way down from the centre. Money in cents of the store's currency.

    ``kind``: products of one kind serve instead of each other; empty = nothing is said of it. ``unit``: what the
    price is for, a piece or a weight.
    """

    # Unlike at the devices' border an unknown key is left out: the centre may be a version ahead.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sku: str = Field(min_length=1, max_length=64)
    name: str = Field(max_length=200)
    category: str = Field(max_length=100)
    department: str = Field(max_length=100)
    price_cents: int = Field(ge=0, le=100_000_000)
    kind: str = Field(default="", max_length=100)
    unit: Annotated[TradeUnit, Field(strict=False)] = TradeUnit.EACH


def upsert(conn: sqlite3.Connection, rows: Iterable[Mapping[str, object]]) -> int:
    """Sell these products, over older rows of the same SKU; returns how many.

    Raises:
        pydantic.ValidationError: A row is not a product; none of the rows may then stay.
    """
    # All rows are read before any is written: one that is no product stops them all.
    told = [ProductRow.model_validate(row) for row in rows]
    # One product, however its code is written: the newest word counts, and its spelling.
    products = {item_key(p.sku): p for p in told}
    conn.executemany(
        "DELETE FROM products WHERE item = ? AND sku <> ?",
        [(key, p.sku) for key, p in products.items()],
    )
    conn.executemany(
        "INSERT INTO products (sku, item, name, category, department, price_cents, kind, unit)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (sku) DO UPDATE SET"
        " item = ?2, name = ?3, category = ?4, department = ?5, price_cents = ?6, kind = ?7,"
        " unit = ?8",
        [
            (p.sku, key, p.name, p.category, p.department, p.price_cents, p.kind, p.unit.value)
            for key, p in products.items()
        ],
    )
    return len(told)


def delete(conn: sqlite3.Connection, skus: Iterable[Sku]) -> int:
    """Sell these products no more; returns how many were sold before."""
    before = conn.total_changes
    conn.executemany("DELETE FROM products WHERE item = ?", [(item_key(sku),) for sku in skus])
    return conn.total_changes - before


def sku_of(conn: sqlite3.Connection, key: ItemKey) -> Sku | None:
    """How a product is spelled here; None where it is not sold."""
    row = conn.execute("SELECT sku FROM products WHERE item = ?", (key,)).fetchone()
    return None if row is None else Sku(row[0])


def skus(conn: sqlite3.Connection) -> dict[ItemKey, Sku]:
    """The SKU of every item that is sold here."""
    return {ItemKey(i): Sku(sku) for i, sku in conn.execute("SELECT item, sku FROM products")}


def every(conn: sqlite3.Connection) -> tuple[Product, ...]:
    """All that is sold here, in the order of the SKUs."""
    rows = conn.execute(
        "SELECT sku, item, name, category, department, price_cents, kind, unit FROM products ORDER BY sku"
    )
    return tuple(
        Product(
            key=ItemKey(item),
            sku=Sku(sku),
            name=name,
            category=category,
            department=department,
            price_cents=price_cents,
            kind=kind,
            unit=TradeUnit(unit),
        )
        for sku, item, name, category, department, price_cents, kind, unit in rows
    )


TABLE = Table(
    name="products",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0005-touches", sql=KINDS),
        MigrationStep(release="0009-the-till", sql=KEYS),
    ),
    retention=Unlimited(note="what is sold now: the centre adds and takes away"),
)
