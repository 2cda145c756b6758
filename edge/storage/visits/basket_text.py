"""A basket's lines and what else the till said of it, as they stand in their columns: JSON without what is as usual.

The table of baskets writes and reads it; a person's export shows it as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

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


def _line_in(found: dict[str, object] | list[object]) -> BasketLine:
    if isinstance(found, list):
        sku, quantity, price_cents = found
        return BasketLine(
            sku=Sku(str(sku)),
            quantity=Decimal(str(quantity)),
            unit_price=Decimal(str(price_cents)),
        )
    of, tax, told = found.get("of"), found.get("tax_pct"), found.get("told_cents")
    return BasketLine(
        sku=Sku(str(found["sku"])),
        quantity=Decimal(str(found["quantity"])),
        unit_price=Decimal(str(found["price"])),
        unit=TradeUnit(str(found.get("unit", EACH))),
        kind=LineKind(str(found.get("kind", LineKind.SALE.value))),
        is_back=bool(found.get("back")),
        line_id=None if found.get("id") is None else str(found["id"]),
        told_cents=told if isinstance(told, int) else None,
        overridden=bool(found.get("overridden")),
        discounts=tuple(_discount_in(d) for d in _listed(found.get("discounts"))),
        tax_pct=None if tax is None else Decimal(str(tax)),
        tax_added=bool(found.get("tax_added")),
        of=(str(of[0]), None if of[1] is None else str(of[1]))
        if isinstance(of, list)
        else None,
    )


def _listed(found: object) -> list[dict[str, str]]:
    return found if isinstance(found, list) else []


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
