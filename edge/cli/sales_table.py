"""Past sales as rows of a stranger's table, put together to orders; nothing is written here.

``sales`` reads a CSV, JSON lines or Parquet with it, ``sales_history`` brings the orders into the store. Which column
is which, the same map says as for ``storeside models``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.tills.sale import decimal_of, sale_key
from edge.app.provisioning import code_rules_of
from edge.cli.column_map import ColumnMap, plainly
from edge.cli.goods_rows import Row, RowContext, RowFault, RowRefused
from edge.cli.local_change import OpenedStore
from edge.cli.output import Progress
from edge.cli.table_file import OpenTable, TableUnreadable, open_table
from edge.domain.ids import ItemKey
from edge.domain.trade_unit import TradeUnit
from edge.storage.catalogue import products
from models.items import item_key
from models.sources.column_map import TableMap, headings

# Our fields as maps name them -> as rows of goods do.
_FIELDS: Mapping[str, str] = {
    "household_id": "household_id",
    "basket_id": "basket_id",
    "product_id": "sku",
    "quantity": "quantity",
    "unit": "unit",
    "sales_value": "sales_value",
    "sales_value_cents": "sales_value_cents",
    "unit_price": "price",
    "transaction_timestamp": "transaction_timestamp",
}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_MOST = 2**31 - 1


@dataclass(slots=True, kw_only=True)
class PastOrder:
    """One receipt: ``at`` is its first line's moment; lines are (product, pieces, cents for all of them)."""

    id: str
    number: str
    loyalty: str | None
    at: datetime
    lines: list[tuple[ItemKey, int, int]] = field(
        default_factory=list[tuple[ItemKey, int, int]]
    )


@dataclass(slots=True)
class ReadOrders:
    """The orders of a file by their id, and the rows that were refused, by reason, with the first of their numbers."""

    orders: dict[str, PastOrder] = field(default_factory=dict[str, PastOrder])
    refused: Counter[str] = field(default_factory=Counter[str])
    first: dict[str, int] = field(default_factory=dict[str, int])

    def refuse(self, number: int, fault: RowFault) -> None:
        """Count one row."""
        self.refused[fault.value] += 1
        self.first.setdefault(fault.value, number)


def read_orders(
    file: Path, table: TableMap, utc_offset_hours: float, store: OpenedStore
) -> ReadOrders:
    """All orders of a table. A row that cannot be read is left out of its order and counted.

    Rows of one receipt number and day are an order; without numbers, those of one card and moment are.

    Raises:
        StoresideError: the file is no such table, or the map does not fit it.
    """
    chosen = _column_map(table)
    with (
        Progress(f"reading {file.name}") as progress,
        open_table(file, chosen.form, progress.at) as opened,
    ):
        return _Reader(opened, table, chosen, utc_offset_hours, store).read()


class _Reader:
    """Reads one table."""

    def __init__(
        self,
        opened: OpenTable,
        table: TableMap,
        chosen: ColumnMap,
        utc_offset_hours: float,
        store: OpenedStore,
    ) -> None:
        self._rows = opened.rows
        self._table = table
        self._now = store.at
        self._zone = ZoneInfo(store.settings.store.time_zone)
        self._offset = timedelta(hours=utc_offset_hours)
        self._columns = _columns(opened.headings, table)
        self._context = RowContext(
            columns=chosen,
            matched={_FIELDS[name]: found[0] for name, found in self._columns.items()},
            sold={product.key: product for product in products.every(store.conn)},
            rules=code_rules_of(store.settings),
            decimal_comma=opened.decimal_comma,
        )

    def read(self) -> ReadOrders:
        """Every row, in the file's order."""
        found = ReadOrders()
        for row in self._rows:
            if row.cells is None:
                found.refuse(row.number, RowFault.UNREADABLE)
                continue
            try:
                self._take(Row(row.cells, self._context), found.orders)
            except RowRefused as refused:
                found.refuse(row.number, refused.fault)
        return found

    def _take(self, row: Row, orders: dict[str, PastOrder]) -> None:
        at = self._moment(row)
        key = ItemKey(item_key(row.sku()))
        quantity = self._number(row, "quantity")
        quantity = Decimal(1) if quantity is None else quantity
        if quantity <= 0:
            # What came back is no purchase; whose it was is not told.
            raise RowRefused(RowFault.OUT_OF_RANGE, "quantity")
        cents = self._cents(row, key, quantity)
        pieces = self._pieces(row, quantity)
        if not (0 <= cents <= _MOST and pieces <= _MOST):
            raise RowRefused(RowFault.OUT_OF_RANGE, "sales_value")
        loyalty, number = row.text("household_id"), row.text("basket_id")
        if number is None and loyalty is None:
            raise RowRefused(RowFault.MISSING, "basket_id")
        told = (
            ("number", number, at.date().isoformat())
            if number
            else ("card", str(loyalty), at.isoformat())
        )
        order = orders.setdefault(
            sale_key("table", *told),
            PastOrder(id=sale_key("table", *told), number=number or "", loyalty=loyalty, at=at),
        )
        order.lines.append((key, pieces, cents))

    def _pieces(self, row: Row, quantity: Decimal) -> int:
        unit = row.unit() if "unit" in self._context.matched else None
        weighed = unit not in {None, TradeUnit.EACH}
        return 1 if weighed else math.ceil(quantity)

    def _cents(self, row: Row, key: ItemKey, quantity: Decimal) -> int:
        """What was paid for the line, in smallest units; where nothing tells it, by today's price."""
        units = Decimal(10) ** self._context.rules.exponent
        paid = self._number(row, "sales_value")
        whole = self._number(row, "sales_value_cents")
        each = self._number(row, "price")
        if paid is not None:
            found = paid * units
        elif whole is not None:
            found = whole
        elif each is not None:
            found = each * units * quantity
        else:
            known = self._context.sold.get(key)
            found = Decimal(0) if known is None else known.price_cents * quantity
        return round(found)

    def _number(self, row: Row, name: str) -> Decimal | None:
        constants = self._table.constants
        ours = next(one for one, theirs in _FIELDS.items() if theirs == name)
        if name not in self._context.matched:
            return decimal_of(constants[ours]) if ours in constants else None
        return row.number(name)

    def _moment(self, row: Row) -> datetime:
        """When it was sold, in the store's own zone."""
        told = [row.cells.get(name) for name in self._columns["transaction_timestamp"]]
        at = self._parsed(told)
        if not _EARLIEST <= at <= self._now + timedelta(days=1):
            raise RowRefused(RowFault.OUT_OF_RANGE, "transaction_timestamp")
        return at.astimezone(self._zone)

    def _parsed(self, told: list[object]) -> datetime:
        if len(told) == 1 and isinstance(told[0], date):
            day = told[0]
            at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local
            return self._local(at)
        text = " ".join(str(part).strip() for part in told if part is not None)
        for form in headings(self._table.date_format or ("iso",)):
            try:
                return self._local(_parse(text, form))
            except (ValueError, OverflowError, OSError):
                continue
        raise RowRefused(RowFault.NO_DATE, "transaction_timestamp")

    def _local(self, at: datetime) -> datetime:
        """Without a zone it is the store's time, but for the map's offset."""
        return at if at.tzinfo else (at + self._offset).replace(tzinfo=self._zone)


def _parse(text: str, form: str) -> datetime:
    if form == "iso":
        return datetime.fromisoformat(text)
    if form in {"epoch-s", "epoch-ms"}:
        return datetime.fromtimestamp(float(text) / (1 if form == "epoch-s" else 1000), UTC)
    return datetime.strptime(text, form)  # noqa: DTZ007 - local, where the form has no zone


def _column_map(table: TableMap) -> ColumnMap:
    """How cells are written."""
    return ColumnMap(
        decimal=table.decimal, encoding=_encoding(table), delimiter=table.delimiter
    )


def _encoding(table: TableMap) -> str | None:
    # Seen from the file itself, byte order mark and all, where the map says nothing else.
    return None if table.encoding == "utf-8" else table.encoding


def _columns(there: tuple[str, ...], table: TableMap) -> dict[str, tuple[str, ...]]:
    """Our fields that the table has, each with its headings: the map's, else its own name."""
    plain = {plainly(heading): heading for heading in reversed(there)}
    found = {name: headings(told) for name, told in table.columns.items() if name in _FIELDS}
    for name in _FIELDS:
        if name not in found and name not in table.constants and plainly(name) in plain:
            found[name] = (plain[plainly(name)],)
    shown = f"the table has {', '.join(there[:40])}"
    for name, told in found.items():
        absent = [heading for heading in told if heading not in there]
        if absent:
            raise TableUnreadable(
                f"there is no column {absent[0]!r}, which is to be {name}; {shown}",
                hint="name another in the map of --columns",
            )
    _need(found, shown)
    return found


def _need(found: Mapping[str, tuple[str, ...]], shown: str) -> None:
    for either in (
        ("product_id",),
        ("transaction_timestamp",),
        # What was bought together.
        ("basket_id", "household_id"),
    ):
        if not found.keys() & set(either):
            raise TableUnreadable(
                f"no column is known as {' or '.join(either)}; {shown}",
                hint="say which it is in the file of --columns; docs/models.md shows one",
            )
