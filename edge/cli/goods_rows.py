"""A row of a stranger's table becomes what the centre would send down: a product, a price, a count, a promotion.

``goods_import`` reads every row with it before anything is written; a row that cannot be taken is refused with a
reason from a closed list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ValidationError

from edge.cli.column_map import ColumnMap
from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey, Sku
from edge.domain.product_code import CodeRules, listed_as
from edge.domain.trade_unit import TradeUnit
from edge.storage.catalogue.products import ProductRow
from edge.storage.catalogue.promotions import PromotionRow
from edge.storage.catalogue.stock import StockRow
from models.items import item_key

_LONGEST_CELL = 1_000
# As item_id, ids of devices' messages and topics take it: a product that no screen could name is none.
_CODE = re.compile(r"[A-Za-z0-9._:~/-]{1,64}")
# As in messages: control and direction characters, and halves of characters.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_GAP = re.compile(r"[ \t\r\n]+")
_GS1_SEPARATOR = "\x1d"
# What a spreadsheet made of a long number: its last digits are gone.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_SPACES = re.compile(r"[\s\u00a0\u202f']")
# Signs that stand for one currency only; a dollar's stands for twenty.
_SIGNS = {"€": "EUR", "₹": "INR", "₺": "TRY", "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH"}
# More digits before or after the point has no price, count or code.
_MOST_PLACES = 20
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y")


class RowFault(StrEnum):
    """Why a row is not taken."""

    UNREADABLE = "unreadable"
    MISSING = "missing"
    TOO_LONG = "too-long"
    BAD_CODE = "bad-code"
    ROUNDED_CODE = "rounded-code"
    NO_PRICE = "no-price"
    NO_NUMBER = "no-number"
    AMBIGUOUS_NUMBER = "ambiguous-number"
    TOO_FINE = "too-fine"
    OUT_OF_RANGE = "out-of-range"
    UNKNOWN_UNIT = "unknown-unit"
    OTHER_CURRENCY = "other-currency"
    NO_DATE = "no-date"
    UNKNOWN_PRODUCT = "unknown-product"


class RowRefused(ValueError):
    """A row is not taken: why, and at which of our fields; never what was in it."""

    def __init__(self, fault: RowFault, field: str) -> None:
        super().__init__(f"{fault}: {field}")
        self.fault = fault
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """What rows are read against: the map, what is sold, how codes are read. ``decimal_comma``: the table's look."""

    columns: ColumnMap
    matched: Mapping[str, str]
    sold: Mapping[ItemKey, Product]
    rules: CodeRules
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row by our fields; an empty cell says nothing."""

    cells: Mapping[str, object]
    context: RowContext

    def value(self, field: str) -> str | Decimal | date | None:
        """The cell: text without outer space, a number, or a day; None where it says nothing."""
        heading, constants = self.context.matched.get(field), self.context.columns.constants
        value = constants.get(field) if heading is None else self.cells.get(heading)
        if value is None or isinstance(value, date):
            return value
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return _exact(field, value)
        if not isinstance(value, str):
            raise RowRefused(RowFault.UNREADABLE, field)
        if len(value) > _LONGEST_CELL:
            raise RowRefused(RowFault.TOO_LONG, field)
        # Cells of several lines are one line on a screen.
        text = _GAP.sub(" ", value).strip()
        if _FORBIDDEN.search(text.replace(_GS1_SEPARATOR, "") if field == "sku" else text):
            raise RowRefused(RowFault.UNREADABLE, field)
        return text or None

    def text(self, field: str) -> str | None:
        """The cell as text."""
        value = self.value(field)
        # A column of whole numbers with a gap in it comes as decimals: 4011.0 is 4011.
        if isinstance(value, Decimal):
            return f"{value:f}" if value % 1 else str(int(value))
        return None if value is None else str(value)

    def required(self, field: str) -> str:
        """The cell, which must say something."""
        text = self.text(field)
        if text is None:
            raise RowRefused(RowFault.MISSING, field)
        return text

    def sku(self) -> Sku:
        """The product of the row: as it is spelled where it is sold already, else as it is written here."""
        code = self.required("sku")
        if _ROUNDED.fullmatch(code):
            raise RowRefused(RowFault.ROUNDED_CODE, "sku")
        listed = listed_as(code, self.context.rules)
        known = self.context.sold.get(ItemKey(item_key(listed)))
        if known is not None:
            return known.sku
        if not _CODE.fullmatch(listed):
            raise RowRefused(RowFault.BAD_CODE, "sku")
        return listed

    def number(self, field: str) -> Decimal | None:
        """A number with decimals; in text as people write them, and never a guess which mark is which."""
        value = self.value(field)
        if value is None or isinstance(value, Decimal):
            return value
        text = str(value)
        return number_of(
            field,
            _bare(text, self.context.rules.currency) if field == "price" else text,
            self.context,
        )

    def price_cents(self) -> int | None:
        """The price in the smallest unit of the store's currency; None where none is told."""
        rules = self.context.rules
        currency = self.text("currency")
        if currency is not None and currency.upper() != rules.currency:
            raise RowRefused(RowFault.OTHER_CURRENCY, "currency")
        whole = self.number("price_cents")
        if whole is not None:
            return _whole("price_cents", whole)
        amount = self.number("price")
        return None if amount is None else _whole("price", amount.scaleb(rules.exponent))

    def unit(self) -> TradeUnit | None:
        """The unit told; None where none is."""
        word = self.text("unit")
        if word is None:
            return None
        unit = self.context.columns.unit_of(word)
        if unit is None:
            raise RowRefused(RowFault.UNKNOWN_UNIT, "unit")
        return unit

    def day(self, field: str) -> date:
        """A day as the map's format says, or in one that cannot be read two ways."""
        value = self.value(field)
        if isinstance(value, date):
            return value.date() if isinstance(value, datetime) else value
        text, own = self.required(field), self.context.columns.date_format
        for form in (own,) if own else _DAYS:
            try:
                # The day is the store's own, whatever the zone.
                return datetime.strptime(text, form).date()  # noqa: DTZ007
            except ValueError:
                continue
        raise RowRefused(RowFault.NO_DATE, field)


def product_of(row: Row) -> dict[str, object]:
    """Stream ``products``. Without a price, a product that is sold already keeps its own."""
    sku = row.sku()
    known = row.context.sold.get(ItemKey(item_key(sku)))
    price = row.price_cents()
    if price is None:
        if known is None:
            raise RowRefused(RowFault.NO_PRICE, "price")
        price = known.price_cents
    body: dict[str, object] = {
        "sku": sku,
        "name": row.required("name"),
        "category": row.text("category") or (known.category if known else ""),
        "department": row.text("department") or (known.department if known else ""),
        "kind": row.text("kind") or (known.kind if known else ""),
        "price_cents": price,
        "unit": row.unit() or (known.unit if known else TradeUnit.EACH),
    }
    return _checked(ProductRow, body)


def price_of(row: Row) -> dict[str, object]:
    """Stream ``products``: what is sold already, at another price."""
    known = row.context.sold.get(ItemKey(item_key(row.sku())))
    if known is None:
        raise RowRefused(RowFault.UNKNOWN_PRODUCT, "sku")
    price = row.price_cents()
    if price is None:
        raise RowRefused(RowFault.NO_PRICE, "price")
    body: dict[str, object] = {
        "sku": known.sku,
        "name": known.name,
        "category": known.category,
        "department": known.department,
        "kind": known.kind,
        "price_cents": price,
        "unit": row.unit() or known.unit,
    }
    return _checked(ProductRow, body)


def count_of(row: Row) -> dict[str, object]:
    """Stream ``stock``. Without a unit, that of the product counts."""
    sku = row.sku()
    known = row.context.sold.get(ItemKey(item_key(sku)))
    on_hand = row.number("on_hand")
    if on_hand is None:
        raise RowRefused(RowFault.MISSING, "on_hand")
    body: dict[str, object] = {
        "sku": sku,
        "on_hand": on_hand,
        "unit": row.unit() or (known.unit if known else TradeUnit.EACH),
    }
    return _checked(StockRow, body)


def promotion_of(row: Row) -> dict[str, object]:
    """Stream ``promotions``. Without an id, the product and its days are one."""
    sku, start, end = row.sku(), row.day("from"), row.day("until")
    body: dict[str, object] = {
        "sku": sku,
        "display": row.text("display") or "0",
        "mailer": row.text("mailer") or "0",
        "from": start.isoformat(),
        "until": end.isoformat(),
    }
    id_ = row.text("id") or f"{sku}/{start:%Y%m%d}-{end:%Y%m%d}"
    return {"id": id_, **_checked(PromotionRow, body)}


RowReader = Callable[[Row], dict[str, object]]
"""Reads one row as a body of its stream. Raises ``RowRefused``."""


def number_of(field: str, text: str, context: RowContext) -> Decimal:
    """The number in ``text``.

    Both marks in it tell each other; a single mark before three digits is the decimal one only where the map or the
    look of the table says so.

    Raises:
        RowRefused: it is none, or could be two.
    """
    plain = _SPACES.sub("", text)
    told = context.columns.decimal
    mark = told or ("," if context.decimal_comma else ".")
    other = "." if mark == "," else ","
    if plain.count(other) == 1 and mark not in plain and told is None:
        # 12,5 can only be a decimal; 1,234 may be twelve hundred and more, or hardly above one.
        if re.fullmatch(rf"-?\d{{1,3}}\{other}\d{{3}}", plain):
            raise RowRefused(RowFault.AMBIGUOUS_NUMBER, field)
        mark, other = other, mark
    if other in plain:
        if not re.fullmatch(rf"-?\d{{1,3}}(?:\{other}\d{{3}})+(?:\{mark}\d*)?", plain):
            raise RowRefused(RowFault.NO_NUMBER, field)
        plain = plain.replace(other, "")
    # As digits only: Decimal itself would take words such as NaN, and digits of other scripts.
    if not re.fullmatch(rf"-?(?:[0-9]+(?:\{mark}[0-9]*)?|\{mark}[0-9]+)", plain):
        raise RowRefused(RowFault.NO_NUMBER, field)
    return _sized(field, Decimal(plain.replace(mark, ".")))


def _bare(text: str, currency: str) -> str:
    """A price without its currency, which must be ours."""
    plain = text.strip()
    for part in (plain[:1], plain[-1:]):
        if part and unicodedata.category(part) == "Sc":
            if _SIGNS.get(part, currency) != currency:
                raise RowRefused(RowFault.OTHER_CURRENCY, "price")
            plain = plain.strip(part).strip()
    if plain[:3].upper() == currency or plain[-3:].upper() == currency:
        plain = plain.upper().replace(currency, "", 1).strip()
    if re.match(r"[A-Z]{3}\b", plain) or re.search(r"\b[A-Z]{3}$", plain):
        raise RowRefused(RowFault.OTHER_CURRENCY, "price")
    return plain


def _exact(field: str, value: float | Decimal) -> Decimal | None:
    """A number of the table as a decimal; what is no number says nothing, as an empty cell."""
    found = Decimal(str(value))
    return None if found.is_nan() else _sized(field, found)


def _sized(field: str, found: Decimal) -> Decimal:
    """A number that can be counted with."""
    if not found.is_finite() or abs(found.adjusted()) > _MOST_PLACES:
        raise RowRefused(RowFault.OUT_OF_RANGE, field)
    return found


def _whole(field: str, amount: Decimal) -> int:
    if amount != amount // 1:
        raise RowRefused(RowFault.TOO_FINE, field)
    return int(amount)


_FAULTS = {
    "string_too_long": RowFault.TOO_LONG,
    "decimal_max_places": RowFault.TOO_FINE,
    "string_pattern_mismatch": RowFault.BAD_CODE,
}


def _checked(model: type[BaseModel], body: dict[str, object]) -> dict[str, object]:
    """The body, if the stream's own reading takes it."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        # A rule over several fields has no place of its own: those of promotions are about their days.
        field = str(first["loc"][0]) if first["loc"] else "until"
        raise RowRefused(_FAULTS.get(first["type"], RowFault.OUT_OF_RANGE), field) from None
    return body
