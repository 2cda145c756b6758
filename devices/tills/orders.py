"""Orders of tills that send JSON, read by a mapping: each becomes one step of a basket.

The doors ``/v1/pos/orders/{mapping}`` and ``/v1/pos/webhooks/{mapping}`` and ``storeside sales import`` use it. Only
what the mapping names is looked at; the rest of an order is never kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NoReturn, cast

from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal
from devices.messages.screening import text_of
from devices.tills.expressions import FieldExpression, StepBudget
from devices.tills.mapping import LineFields, OrderMapping
from devices.tills.sale import (
    SaleRead,
    StoreTerms,
    TillSale,
    decimal_of,
    paid,
    plain_id,
    priced,
    rounded,
    sale_key,
    text_of_number,
)

MOST_LINES: Final = 500
_UNREADABLE: Final = "unreadable"


def read_orders(
    body: bytes, name: str, mapping: OrderMapping, terms: StoreTerms
) -> Iterator[SaleRead]:
    """Each order in ``body``, in order; ``name`` is the mapping's. Raises MessageRefused where there is none at all."""
    document = _document(body)
    found = mapping.orders.find(document, StepBudget())
    orders = found if isinstance(found, list) else [found]
    if not orders or orders == [None]:
        raise MessageRefused(Refusal.MALFORMED, "orders")
    for order in orders:
        try:
            yield _MappedOrder(order, name, mapping, terms).read()
        except MessageRefused as refused:
            yield refused


def _document(body: bytes) -> JsonValue:
    try:
        return cast(
            "JsonValue",
            json.loads(text_of(body), parse_constant=_constant, object_pairs_hook=_object),
        )
    # A document nested too deeply is the sender's fault, not ours.
    except (ValueError, RecursionError):
        raise MessageRefused(Refusal.NOT_JSON, "not one JSON document") from None


def _constant(_word: str) -> NoReturn:
    raise MessageRefused(Refusal.NOT_JSON, "NaN and Infinity are not JSON")


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MessageRefused(Refusal.MALFORMED, "a key twice in one object")
    return found


class _MappedOrder:
    """One order while it is read."""

    def __init__(
        self, order: JsonValue, name: str, mapping: OrderMapping, terms: StoreTerms
    ) -> None:
        self._order = order
        self._name = name
        self._map = mapping
        self._terms = terms
        self._budget = StepBudget()
        self._currency = self._text(mapping.order.currency) or terms.currency
        units = terms.units(self._currency)
        self._units = units if mapping.amounts == "major" else Decimal(1)

    def read(self) -> SaleRead:
        """The order as a sale, as the end of one, or None where nothing was sold."""
        fields = self._map.order
        action = "complete"
        if fields.state is not None:
            action = self._map.states.get(self._text(fields.state), "nothing")
        if action == "nothing":
            return None
        ids = self._text(fields.till), self._text(fields.id)
        if not ids[1]:
            raise MessageRefused(Refusal.MALFORMED, "order.id")
        body: dict[str, JsonValue] = {"basket_id": plain_id(*ids), "action": action}
        if fields.sold_at is not None:
            body["sold_at"] = self._terms.instant(
                self._text(fields.sold_at), "order.sold_at", self._map.zone
            )
        if action == "complete" and not self._sold(body):
            return None
        # With its day, where one is told: many tills begin their numbers anew each morning.
        day = str(body.get("sold_at", ""))[:10]
        return TillSale(key=sale_key(self._name, *ids, day, action), body=body)

    def _sold(self, body: dict[str, JsonValue]) -> bool:
        """Add what a paid sale has; False where nothing was bought."""
        lines = [line for fields in self._map.lines for line in self._lines(fields)]
        loyalty = self._text(self._map.order.loyalty)
        body |= {"lines": list[JsonValue](lines), "currency": self._currency}
        if loyalty:
            body["loyalty"] = loyalty
        discounts, tenders = self._discounts(), self._tenders()
        if discounts:
            body["discounts"] = discounts
        if tenders:
            body["tenders"] = tenders
        return bool(lines)

    def _lines(self, fields: LineFields) -> list[dict[str, JsonValue]]:
        return [self._line(fields, one) for one in self._each(fields.each, "lines")]

    def _line(self, fields: LineFields, told: JsonValue) -> dict[str, JsonValue]:
        line: dict[str, JsonValue] = {"sku": self._text(fields.sku, told)}
        line_id, unit = self._text(fields.id, told), self._text(fields.unit, told)
        if line_id:
            line["line_id"] = plain_id(line_id)
        if fields.kind is not None:
            line["kind"] = fields.kind
        if unit:
            line["unit"] = self._map.units.get(unit, unit)
        quantity = decimal_of(self._find(fields.quantity, told))
        if quantity is None:
            # The door refuses this line by its field, and takes the others.
            return line | {"quantity": _UNREADABLE}
        if fields.kind == "return" or quantity < 0:
            line |= self._original(fields, told)
        try:
            line["quantity"] = text_of_number(quantity)
            line |= self._tax(fields, told)
            return line | self._price(fields, told, abs(quantity))
        except MessageRefused as refused:
            if refused.reason is not Refusal.MALFORMED:
                raise
            return line | {"price_cents": _UNREADABLE}

    def _tax(self, fields: LineFields, told: JsonValue) -> dict[str, JsonValue]:
        rate = decimal_of(self._find(fields.tax_pct, told))
        if rate is None:
            return {}
        included = self._map.tax_included
        return {"tax": {"rate_pct": text_of_number(rate), "included": included}}

    def _price(
        self, fields: LineFields, told: JsonValue, quantity: Decimal
    ) -> dict[str, JsonValue]:
        """Price and discount, such that the line comes to what was paid for it."""
        price, came_to = self._money(fields.price, told), self._money(fields.paid, told)
        if price is None and came_to is not None and quantity:
            price = came_to / quantity
        if price is None:
            return {} if fields.price is None else {"price_cents": _UNREADABLE}
        gross = rounded(price * quantity)
        share = decimal_of(self._find(fields.discount_pct, told)) or Decimal(0)
        off = rounded(self._money(fields.discount, told) or gross * share / 100)
        if came_to is not None and abs(gross - off - rounded(came_to)) <= 1:
            # Their rounding: what was paid and what was taken off say what it was before.
            gross = rounded(came_to) + off
        line = priced(quantity, price, gross)
        if off:
            discount: dict[str, JsonValue] = {"kind": "amount", "amount": off}
            promotion = self._text(fields.promotion, told)
            if promotion:
                discount["promotion_id"] = plain_id(promotion)
            line["discounts"] = [discount]
        return line

    def _original(self, fields: LineFields, told: JsonValue) -> dict[str, JsonValue]:
        order, line = self._text(fields.of_order), self._text(fields.of_line, told)
        if not order:
            return {}
        till = self._text(self._map.order.till)
        found: dict[str, JsonValue] = {"order_id": plain_id(till, order)}
        return {"of": {**found, "line_id": plain_id(line)} if line else found}

    def _discounts(self) -> list[JsonValue]:
        fields, found = self._map.discounts, list[JsonValue]()
        for one in () if fields is None else self._each(fields.each, "discounts"):
            amount = self._money(fields.amount, one) if fields is not None else None
            if amount:
                promotion = self._text(fields.promotion, one) if fields is not None else ""
                less: dict[str, JsonValue] = {"kind": "amount", "amount": rounded(amount)}
                found.append(
                    {**less, "promotion_id": plain_id(promotion)} if promotion else less
                )
        return found

    def _tenders(self) -> list[JsonValue]:
        fields = self._map.tenders
        if fields is None:
            return []
        return paid(
            (
                fields.kinds.get(self._text(fields.kind, one), "other"),
                rounded(self._money(fields.amount, one, sign=True) or Decimal(0)),
            )
            for one in self._each(fields.each, "tenders")
        )

    def _each(self, expression: FieldExpression, field: str) -> list[JsonValue]:
        found = expression.find(self._order, self._budget)
        if found is None:
            return []
        if not isinstance(found, list):
            raise MessageRefused(Refusal.MALFORMED, field)
        if len(found) > MOST_LINES:
            raise MessageRefused(Refusal.TOO_LARGE, field)
        # A line that is null has no fields; it must not be read as the order itself.
        return [{} if one is None else one for one in found]

    def _money(
        self, expression: FieldExpression | None, told: JsonValue, *, sign: bool = False
    ) -> Decimal | None:
        """An amount in smallest units; what goes back is said by the quantity, so only tenders keep a sign."""
        amount = decimal_of(self._find(expression, told))
        if amount is None:
            return None
        return (amount if sign else abs(amount)) * self._units

    def _text(self, expression: FieldExpression | None, told: JsonValue = None) -> str:
        """A text or a number as text; empty for everything else."""
        found = self._find(expression, self._order if told is None else told)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return ""
        return str(found).strip()

    def _find(self, expression: FieldExpression | None, told: JsonValue) -> JsonValue:
        return None if expression is None else expression.find(told, self._budget)
