"""A basket's lines and what else the till said of it, as they stand in their columns: JSON without what is as usual.

The table of baskets writes and reads it; a person's export shows it as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from edge.domain.basket import (
    EACH,
    BasketLine,
    DiscountKind,
    LineKind,
    TillBasket,
    TillDiscount,
)
from edge.domain.ids import OfferId, Sku
from edge.domain.trade_unit import TradeUnit
from edge.storage.timestamps import from_us_or_none, to_us


class BasketExtras(TypedDict, total=False):
    """What a basket knows beside its lines."""

    discounts: tuple[TillDiscount, ...]
    tenders: tuple[tuple[str, int], ...]
    unread: int
    differs: bool
    late: bool
    left_idle: bool
    told_at: datetime | None
    resumed_day: int | None


class _StoredLine(TypedDict):
    """A line as it stands in its column."""

    sku: str
    quantity: str
    price: str
    unit: NotRequired[str]
    kind: NotRequired[str]
    back: NotRequired[bool]
    id: NotRequired[str]
    told_cents: NotRequired[int]
    overridden: NotRequired[bool]
    discounts: NotRequired[list[dict[str, str]]]
    tax_pct: NotRequired[str]
    tax_added: NotRequired[bool]
    of: NotRequired[list[str]]


def lines_to_json(lines: Iterable[BasketLine]) -> str:
    """Lines as text; decimals as they are written, so that none is rounded."""
    return json.dumps([_line_out(line) for line in lines])


def lines_of_json(text: str) -> tuple[BasketLine, ...]:
    """Lines of text; those of the first releases were lists of three."""
    return tuple(_line_in(one) for one in json.loads(text))


def more_to_json(basket: TillBasket) -> str:
    """What a basket knows beside its lines."""
    told: dict[str, object] = {
        "discounts": [_discount_out(d) for d in basket.discounts],
        "tenders": [list(one) for one in basket.tenders],
        "unread": basket.unread,
        "differs": basket.differs,
        "late": basket.late,
        "left_idle": basket.left_idle,
        "told_us": to_us(basket.told_at),
        "resumed_day": basket.resumed_day,
    }
    return json.dumps({name: value for name, value in told.items() if value})


def more_of_json(text: str) -> BasketExtras:
    """The same, read."""
    found = json.loads(text)
    return BasketExtras(
        discounts=tuple(_discount_in(one) for one in found.get("discounts", ())),
        tenders=tuple((str(kind), int(amount)) for kind, amount in found.get("tenders", ())),
        unread=int(found.get("unread", 0)),
        differs=bool(found.get("differs")),
        late=bool(found.get("late")),
        left_idle=bool(found.get("left_idle")),
        told_at=from_us_or_none(found.get("told_us")),
        resumed_day=found.get("resumed_day"),
    )


def _line_out(line: BasketLine) -> dict[str, object]:
    told: dict[str, object] = {
        "sku": line.sku,
        "quantity": format(line.quantity, "f"),
        "price": format(line.unit_price, "f"),
    }
    more: dict[str, object | None] = {
        "unit": None if line.unit == EACH else line.unit,
        "kind": None if line.is_sold else line.kind.value,
        "back": line.is_back or None,
        "id": line.line_id,
        "told_cents": line.told_cents,
        "overridden": line.overridden or None,
        "discounts": [_discount_out(d) for d in line.discounts] or None,
        "tax_pct": None if line.tax_pct is None else format(line.tax_pct, "f"),
        "tax_added": line.tax_added or None,
        "of": None if line.of is None else list(line.of),
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _line_in(found: _StoredLine | tuple[str, int, int]) -> BasketLine:
    # Of the first releases: sku, pieces and price.
    if isinstance(found, list | tuple):
        found = {"sku": found[0], "quantity": str(found[1]), "price": str(found[2])}
    of, tax = found.get("of"), found.get("tax_pct")
    return BasketLine(
        sku=Sku(found["sku"]),
        quantity=Decimal(found["quantity"]),
        unit_price=Decimal(found["price"]),
        unit=TradeUnit(found.get("unit", EACH)),
        kind=LineKind(found.get("kind", LineKind.SALE)),
        is_back=found.get("back", False),
        line_id=found.get("id"),
        told_cents=found.get("told_cents"),
        overridden=found.get("overridden", False),
        discounts=tuple(_discount_in(one) for one in found.get("discounts", ())),
        tax_pct=None if tax is None else Decimal(tax),
        tax_added=found.get("tax_added", False),
        of=None if of is None else (of[0], of[1]),
    )


def _discount_out(discount: TillDiscount) -> dict[str, str]:
    told = {
        "kind": discount.kind.value,
        "amount": format(discount.amount, "f"),
        "offer": discount.offer,
        "promotion": discount.promotion,
        "reason": discount.reason,
    }
    return {name: value for name, value in told.items() if value is not None}


def _discount_in(found: dict[str, str]) -> TillDiscount:
    offer = found.get("offer")
    return TillDiscount(
        kind=DiscountKind(found["kind"]),
        amount=Decimal(found["amount"]),
        offer=None if offer is None else OfferId(offer),
        promotion=found.get("promotion"),
        reason=found.get("reason"),
    )
