"""The till's lines as a source has them, made sound, sifted and put in order.

``journey`` calls it; what it returns is sound, sorted and of goods alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Keys
from models.sources.goods import ProductTable, read_goods
from models.sources.parquet import Column, column_names
from models.sources.row_filter import NO_CARD, TillRows, filter_rows
from models.sources.validation import MISSING, ColumnKind, read_checked
from models.sources.weeks import Ints, Weeks, calendar_weeks, weeks_of

# 200 bytes a row at the peak: about 6 GB of the 8 GiB that training may take.
ROWS_MAX = 30_000_000

_DAY_S = 86_400
# Dates tell no hour: noon, since midnight would make everybody a shopper of the night.
NOON_S = 12 * 3600
# No zone of the world is further from UTC.
_OFFSET_HOURS_MAX = 14
_COLUMNS: Mapping[str, ColumnKind] = {
    "product_id": ColumnKind.ID,
    "quantity": ColumnKind.PIECES,
    "sales_value": ColumnKind.MONEY,
    "transaction_timestamp": ColumnKind.MOMENT,
}
# Without cards, or without receipts' numbers, there is less to learn; with one store nobody tells it.
_MAY_BE_ABSENT: Mapping[str, ColumnKind] = {
    "household_id": ColumnKind.ID,
    "store_id": ColumnKind.ID,
    "basket_id": ColumnKind.ID,
    "week": ColumnKind.WEEK,
}
_ONLY_STORE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TillLines:
    """Till lines, sorted by household, then time. All shapes (n,).

    ``household``: from 0; below it each basket that nobody's card was shown with is one of its own.
    ``basket``: below 0 where the source tells none, and all of a household's lines of one second are one.
    ``item`` indexes ``Journey.items``; ``second`` is local seconds since the epoch; ``day`` local
    days since the epoch; ``cents`` what was paid for the line.
    """

    household: Keys
    store: Keys
    basket: Keys
    item: Ints
    second: Keys
    day: Ints
    quantity: Ints
    cents: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """All lines of ``goods``. ``bought`` (m,): the goods' positions of what ``lines.item`` numbers.

    ``utc_offset_s``: local seconds less the source's; ``left_out``: rows not used, by reason.
    """

    goods: ProductTable
    lines: TillLines
    bought: Keys
    weeks: Weeks
    utc_offset_s: int
    left_out: Mapping[str, int]


def read_receipts(folder: Path, utc_offset_hours: float) -> Receipts:
    """The lines of ``transactions.parquet`` that are purchases of goods; row order never matters.

    Raises ``SourceUnreadable``.
    """
    path = folder / "transactions.parquet"
    offset_s = _offset_s(path, utc_offset_hours)
    raw = _raw(path)
    if not (
        raw["transaction_timestamp"][raw["transaction_timestamp"] != MISSING] % _DAY_S
    ).any():
        offset_s = NOON_S
    goods = read_goods(folder / "products.parquet")
    at = goods.items.positions(raw["product_id"])
    kept, left_out = _kept(path, raw, at, goods)
    bought, item = np.unique(at[kept], return_inverse=True)
    lines, own = _lines(raw, kept, item.astype(np.int32), offset_s)
    more = {
        NO_CARD: int(np.count_nonzero(lines.household < 0)),
        "line-repeated": len(kept) - len(own),
        "product-repeated": goods.repeated,
        "product-nameless": goods.nameless,
    }
    week = raw["week"][own]
    told = week != MISSING
    weeks = (
        weeks_of(lines.day[told], week[told], str(path))
        if told.any()
        else calendar_weeks(int(lines.day.min()))
    )
    return Receipts(
        goods=goods,
        lines=lines,
        bought=bought.astype(np.int64),
        weeks=weeks,
        utc_offset_s=offset_s,
        left_out=left_out | {reason: rows for reason, rows in more.items() if rows},
    )


def _raw(path: Path) -> dict[str, Column]:
    """Every column, gaps as ``read_checked`` marks them. Raises ``SourceUnreadable``."""
    there = column_names(path)
    told = {name: kind for name, kind in _MAY_BE_ABSENT.items() if name in there}
    raw = read_checked(path, {**told, **_COLUMNS}, rows_max=ROWS_MAX, may_have_gaps=True)
    rows = len(raw["product_id"])
    absent = {name: np.full(rows, MISSING) for name in _MAY_BE_ABSENT if name not in raw}
    raw.update(absent)
    if (raw["store_id"] == MISSING).all():
        raw["store_id"] = np.full(rows, _ONLY_STORE, np.int64)
    return raw


def _offset_s(path: Path, hours: float) -> int:
    if not abs(hours) <= _OFFSET_HOURS_MAX:
        raise SourceUnreadable(
            source=str(path),
            missing=f"local time cannot be {hours} hours from that of the timestamps",
            mend=f"give an offset of {_OFFSET_HOURS_MAX} hours at most",
        )
    return round(hours * 3600)


def _kept(
    path: Path, raw: Mapping[str, Column], at: Ints, goods: ProductTable
) -> tuple[Keys, dict[str, int]]:
    """The rows that are purchases of goods, and why the others are not."""
    rows = TillRows(
        household=raw["household_id"],
        store=raw["store_id"],
        basket=raw["basket_id"],
        product=raw["product_id"],
        at=at,
        second=raw["transaction_timestamp"],
        quantity=raw["quantity"],
        value=raw["sales_value"],
    )
    kept, left_out = filter_rows(rows, goods)
    # Two tables that do not belong together; counted row by row that would look like mere gaps.
    if left_out.get("product-unknown") == len(at):
        raise SourceUnreadable(
            source=str(path),
            missing="not one product_id is in products.parquet",
            mend="give the products of these transactions, with ids of the same form",
        )
    if not len(kept):
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items())
        raise SourceUnreadable(
            source=str(path),
            missing=f"not one line of goods ({reasons})",
            mend="give purchases of products that have a type",
        )
    return kept, left_out


def _lines(
    raw: Mapping[str, Column], kept: Keys, item: Ints, offset_s: int
) -> tuple[TillLines, Keys]:
    """The kept rows in order, each once, and their row numbers."""
    second = raw["transaction_timestamp"][kept]
    household, basket = _whose(raw, kept, second, offset_s)
    keys: list[Column] = [item, basket, second, household]
    order = np.lexsort(keys)
    # Only where lines look alike: the full order sorts by three keys more.
    if _same(keys, order).any():
        cents = np.rint(raw["sales_value"][kept] * 100)
        keys = [cents, raw["quantity"][kept], *keys]
        # By store too, though repeats may differ in it: the same one stays, whatever the order of rows.
        order = np.lexsort([raw["store_id"][kept], *keys])
        order = order[~_same(keys, order)]
    own, local = kept[order], second[order] + offset_s
    lines = TillLines(
        household=household[order],
        store=raw["store_id"][own],
        basket=basket[order],
        item=item[order],
        second=local,
        day=(local // _DAY_S).astype(np.int32),
        quantity=raw["quantity"][own].astype(np.int32),
        cents=np.rint(raw["sales_value"][own] * 100).astype(np.int32),
    )
    return lines, own


def _whose(
    raw: Mapping[str, Column], kept: Keys, second: Keys, offset_s: int
) -> tuple[Keys, Keys]:
    """Household and basket of the kept rows; where none is told, numbers from -1 downwards."""
    household, basket = raw["household_id"][kept], raw["basket_id"][kept]
    loose = np.flatnonzero(basket == MISSING)
    basket[loose] = -1 - _numbered(household[loose], second[loose])
    nobody = np.flatnonzero(household == MISSING)
    # By day as well: receipts' numbers begin anew, and nobody's basket is one trip.
    day = (second[nobody] + offset_s) // _DAY_S
    household[nobody] = -1 - _numbered(raw["store_id"][kept[nobody]], day, basket[nobody])
    return household, basket


def _numbered(*columns: Keys) -> Keys:
    """Different rows of the columns counted from 0, in their order."""
    order = np.lexsort(columns[::-1])
    numbers = np.zeros(len(order), np.int64)
    if len(order):
        numbers[order] = np.cumsum(~_same(list(columns), order)) - 1
    return numbers


def _same(keys: list[Column], order: Keys) -> npt.NDArray[np.bool_]:
    """Which rows, in this order, are in every key like the row before them."""
    same = np.ones(len(order), np.bool_)
    same[0] = False
    for key in keys:
        same[1:] &= key[order[1:]] == key[order[:-1]]
    return same
