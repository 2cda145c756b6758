"""The basket at a till: its lines as they were scanned, returned, voided or marked down, and whose it is.

Till transitions change it; presence holds the open ones, storage every one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from edge.domain.ids import BasketId, DeviceId, ItemKey, OfferId, Sku, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.trade_unit import TradeUnit
from models.items import item_key

EACH = TradeUnit.EACH
"""The unit of what is sold by the piece."""

_HUNDRED = Decimal(100)


class BasketState(StrEnum):
    """Where a basket stands; only an open one takes lines."""

    OPEN = "open"
    SUSPENDED = "suspended"
    COMPLETE = "complete"
    ABANDONED = "abandoned"
    VOIDED = "voided"

    @property
    def is_alive(self) -> bool:
        """Whether it may still be paid."""
        return self in {BasketState.OPEN, BasketState.SUSPENDED}


class LineKind(StrEnum):
    """What a line of a basket is; a void is none, it takes one out."""

    SALE = "sale"
    RETURN = "return"
    DEPOSIT = "deposit"
    FEE = "fee"


class DiscountKind(StrEnum):
    """How a discount is told: money off, per cent off, or the price of one unit."""

    AMOUNT = "amount"
    PERCENT = "percent"
    PRICE = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class TillDiscount:
    """Something that the till took off. ``amount``: smallest currency units, or per cent, by its kind."""

    kind: DiscountKind
    amount: Decimal
    offer: OfferId | None = None
    promotion: str | None = None
    reason: str | None = None

    def off(self, cents: int, quantity: Decimal) -> int:
        """How much of ``cents`` it takes; never more than all of it."""
        if self.kind is DiscountKind.AMOUNT:
            less = rounded(self.amount)
        elif self.kind is DiscountKind.PERCENT:
            less = rounded(cents * self.amount / _HUNDRED)
        else:
            less = cents - rounded(self.amount * quantity)
        return max(0, min(cents, less))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLine:
    """One line. Units: ``unit_price`` in smallest currency units for one ``unit``, before discounts.

    ``quantity`` has no sign: ``is_back`` says that goods or money went back to the customer. ``told_cents``: what the
    whole line costs as the till rounded it. ``tax_pct`` is not in the price where ``tax_added``. ``of``: order and
    line of the sale that a returned line comes from, in the till's words.
    """

    sku: Sku
    quantity: Decimal
    unit_price: Decimal
    unit: TradeUnit = EACH
    kind: LineKind = LineKind.SALE
    is_back: bool = False
    line_id: str | None = None
    told_cents: int | None = None
    overridden: bool = False
    discounts: tuple[TillDiscount, ...] = ()
    tax_pct: Decimal | None = None
    tax_added: bool = False
    of: tuple[str, str | None] | None = None

    @property
    def price_cents(self) -> int:
        """The price of one unit, rounded."""
        return rounded(self.unit_price)

    @property
    def pieces(self) -> int:
        """How many things it is for a shopper: what is weighed is one."""
        whole = self.unit == EACH and self.quantity == self.quantity.to_integral_value()
        return int(self.quantity) if whole else 1

    @property
    def discount_cents(self) -> int:
        """What its discounts take off, one after the other; no sign."""
        left = self._gross
        for discount in self.discounts:
            left -= discount.off(left, self.quantity)
        return self._gross - left

    @property
    def amount_cents(self) -> int:
        """What it adds to the basket, after its discounts: below nought where something went back."""
        cents = self._gross - self.discount_cents
        return -cents if self.is_back else cents

    @property
    def tax_cents(self) -> int:
        """The tax that comes on top of it."""
        if not self.tax_added or self.tax_pct is None:
            return 0
        return rounded(self.amount_cents * self.tax_pct / _HUNDRED)

    @property
    def is_sold(self) -> bool:
        """Whether somebody bought something here: no return, no deposit, no fee."""
        return self.kind is LineKind.SALE

    @property
    def is_returned(self) -> bool:
        """Whether goods came back."""
        return self.kind is LineKind.RETURN

    @property
    def _gross(self) -> int:
        if self.told_cents is not None:
            return self.told_cents
        return rounded(self.unit_price * self.quantity)

    def less(self, quantity: Decimal) -> BasketLine:
        """The same line with so much less of it; what the till rounded no longer holds."""
        return replace(self, quantity=self.quantity - quantity, told_cents=None)


class GoodsTaken(NamedTuple):
    """So much of a product that went off the shelf; below nought it came back."""

    sku: Sku
    quantity: Decimal
    unit: TradeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class TillBasket:
    """A till's basket, the visit it belongs to, and whose it is.

    ``id`` is the store's own and used once; ``number`` is the till's, which it uses again: the same number on another
    business ``day`` (local, since 1970) or at another ``device`` is another basket. ``token``: whom it was identified
    for, however many tills they stand at. ``unread`` lines were refused; ``differs``: what was paid is not what was
    scanned. ``late``: told long after it happened, so it is no part of the present. ``left_idle``: nobody said that it
    was left behind, only nothing was heard of it. ``told_at``: the till's own time of its last message, right or wrong.
    ``resumed_day``: when it was taken up again, which may be another day than that of its number.
    """

    id: BasketId
    device: DeviceId
    visit: VisitId
    number: str = ""
    day: int = 0
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    token: Token | None = None
    method: RecognitionMethod = RecognitionMethod.ANONYMOUS_CONTEXT
    state: BasketState = BasketState.OPEN
    lines: tuple[BasketLine, ...] = ()
    discounts: tuple[TillDiscount, ...] = ()
    tenders: tuple[tuple[str, int], ...] = ()
    unread: int = 0
    differs: bool = False
    late: bool = False
    left_idle: bool = False
    told_at: datetime | None = None
    resumed_day: int | None = None

    @property
    def sold(self) -> tuple[BasketLine, ...]:
        """The lines by which somebody buys something."""
        return tuple(line for line in self.lines if line.is_sold)

    @property
    def returned(self) -> tuple[BasketLine, ...]:
        """The lines by which goods come back."""
        return tuple(line for line in self.lines if line.is_returned)

    @property
    def skus(self) -> tuple[Sku, ...]:
        """Products bought in it, in scan order, each once."""
        return tuple(dict.fromkeys(line.sku for line in self.sold))

    @property
    def keys(self) -> frozenset[ItemKey]:
        """The numbers of these products, however their codes are written."""
        return frozenset(ItemKey(item_key(line.sku)) for line in self.sold)

    @property
    def discount_cents(self) -> int:
        """What discounts on the whole basket take off; no sign. They are for what is bought."""
        whole = left = sum(line.amount_cents for line in self.sold)
        for discount in self.discounts:
            left -= discount.off(left, Decimal(1))
        return whole - left

    @property
    def total_cents(self) -> int:
        """What it comes to: bought less returned, with fees, after all discounts, without deposits and added tax."""
        goods = sum(
            line.amount_cents for line in self.lines if line.kind is not LineKind.DEPOSIT
        )
        return goods - self.discount_cents

    @property
    def revenue_cents(self) -> int:
        """What was sold in it comes to: goods and fees, after all discounts; what came back is not taken off."""
        return self.total_cents + self.returned_cents

    @property
    def returned_cents(self) -> int:
        """What was paid back for goods; no sign."""
        return -sum(line.amount_cents for line in self.returned)

    @property
    def deposit_cents(self) -> int:
        """Deposits taken, less those paid back."""
        return sum(line.amount_cents for line in self.lines if line.kind is LineKind.DEPOSIT)

    @property
    def tax_cents(self) -> int:
        """Tax on top of the prices."""
        return sum(line.tax_cents for line in self.lines)

    def line(self, line_id: str) -> BasketLine | None:
        """The line that the till calls so; the last scanned where it calls several so."""
        named = (line for line in reversed(self.lines) if line.line_id == line_id)
        return next(named, None)

    def adding(self, lines: Iterable[BasketLine]) -> TillBasket:
        """With ``lines`` scanned behind those already there."""
        return replace(self, lines=(*self.lines, *lines))

    def without(self, line_id: str) -> TillBasket:
        """Less the line that the till calls so, at the price it had."""
        gone = self.line(line_id)
        return replace(self, lines=tuple(x for x in self.lines if x is not gone))

    def removing(self, lines: Iterable[BasketLine]) -> TillBasket:
        """With ``lines`` voided, as much of each as stated; what is not there is ignored."""
        kept = list(self.lines)
        for gone in lines:
            kept = _without(kept, gone)
        return replace(self, lines=tuple(kept))

    def holds(self, line: BasketLine) -> bool:
        """Whether something is there that voiding ``line`` would take."""
        return any(_is_of(one, line) for one in self.lines)

    def closing(self, state: BasketState, at: datetime | None = None) -> TillBasket:
        """Paid, left behind or voided."""
        return replace(self, state=state, closed_at=at)


def number_of(quantity: Decimal) -> int | float:
    """A quantity as others read it: a whole number where it is one."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def rounded(value: Decimal) -> int:
    """Money in whole smallest units; half a unit goes away from nought, as tills do."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _is_of(line: BasketLine, gone: BasketLine) -> bool:
    """Whether a void of ``gone`` may take from ``line``: however either code is written."""
    return line.kind is gone.kind and item_key(line.sku) == item_key(gone.sku)


def _without(lines: list[BasketLine], gone: BasketLine) -> list[BasketLine]:
    """``lines`` less ``gone.quantity`` of its product, from the last scan first, but at its own price before others."""
    here = [n for n, line in enumerate(lines) if _is_of(line, gone)]
    # A stable sort: of equal prices the last scan goes first.
    here.sort(key=lambda n: (lines[n].unit_price != gone.unit_price, -n))
    left, kept = gone.quantity, dict(enumerate(lines))
    for place in here:
        line = kept[place]
        taken = min(left, line.quantity)
        left -= taken
        if line.quantity > taken:
            kept[place] = line if not taken else line.less(taken)
        else:
            del kept[place]
    return [kept[place] for place in sorted(kept)]
