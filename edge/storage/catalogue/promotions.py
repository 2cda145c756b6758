"""What this store has on display or in its mailer, as the centre tells it.

Known promotions become features of the model: the catalogue refresh reads those that are not over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.domain.ids import ItemKey
from edge.domain.promotion import ProductPromotion
from edge.storage.catalogue.products import CodeText
from edge.storage.table import MigrationStep, Retention, Table
from models.items import item_key

SCHEMA = """
CREATE TABLE promotions (
    id        TEXT PRIMARY KEY,
    item      INTEGER NOT NULL,
    display   TEXT NOT NULL,
    mailer    TEXT NOT NULL,
    from_day  INTEGER NOT NULL,
    until_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX promotions_until ON promotions (until_day);
"""

# Longer is no promotion but the usual place of a product; a year tells a slip of the pen from a plan.
_DAYS_MAX = 366
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

Place = Annotated[str, Field(max_length=32)]


class PromotionRow(BaseModel):
    """One promotion on its way down from the centre; ``from`` and ``until`` are the store's own days, both included.

    A row with neither place says that the store's promotions of those days are known, and this is none.
    """

    # As with products an unknown key is left out: the centre may be a version ahead.
    model_config = ConfigDict(frozen=True, extra="ignore")

    sku: CodeText
    display: Place = "0"
    mailer: Place = "0"
    from_: date = Field(alias="from")
    until: date

    @model_validator(mode="after")
    def _of_sane_length(self) -> Self:
        # Both days are included, so the longest has a difference of one less.
        if not 0 <= (self.until - self.from_).days < _DAYS_MAX:
            raise ValueError(f"a promotion lasts 1 to {_DAYS_MAX} days")
        return self


def upsert(
    conn: sqlite3.Connection,
    rows: Mapping[str, Mapping[str, object]],
    key_of: Callable[[str], int] = item_key,
) -> int:
    """Know these promotions, over older ones of the same id; returns how many. ``key_of``: what a code stands for.

    Raises:
        pydantic.ValidationError: A row is no promotion; none of the rows may then stay.
    """
    # All rows are read before any is written, as with products.
    told = [(id_, PromotionRow.model_validate(row)) for id_, row in rows.items()]
    conn.executemany(
        "INSERT INTO promotions (id, item, display, mailer, from_day, until_day)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET"
        " item = ?2, display = ?3, mailer = ?4, from_day = ?5, until_day = ?6",
        [
            (id_, key_of(p.sku), p.display, p.mailer, _day(p.from_), _day(p.until))
            for id_, p in told
        ],
    )
    return len(told)


def delete(conn: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Know these promotions no more; returns how many were known."""
    before = conn.total_changes
    conn.executemany("DELETE FROM promotions WHERE id = ?", [(id_,) for id_ in ids])
    return conn.total_changes - before


def since(conn: sqlite3.Connection, day: int) -> tuple[ProductPromotion, ...]:
    """What is not over on ``day``, by item; of one item's the one that began last comes first."""
    rows = conn.execute(
        "SELECT item, display, mailer, from_day, until_day FROM promotions WHERE until_day >= ?"
        " ORDER BY item, from_day DESC, id",
        (day,),
    )
    return tuple(
        ProductPromotion(ItemKey(item), display, mailer, from_day, until_day)
        for item, display, mailer, from_day, until_day in rows
    )


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` promotions that were over before ``before``."""
    return conn.execute(
        "DELETE FROM promotions WHERE id IN"
        " (SELECT id FROM promotions WHERE until_day < ? ORDER BY until_day LIMIT ?)",
        # A day of the store and one of UTC differ by one at most, which a month of keeping forgives.
        (_day(before.date()), limit),
    ).rowcount


def _day(day: date) -> int:
    return day.toordinal() - _EPOCH_ORDINAL


TABLE = Table(
    name="promotions",
    steps=(MigrationStep(release="0002-promotions", sql=SCHEMA),),
    # Counted from their last day.
    retention=Retention(data_class="promotions", days=31, sweep=sweep),
)
