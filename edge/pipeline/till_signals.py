"""A till's message becomes a step of the right basket: its number, its codes and prices, and when it happened.

The signal handlers call it for every basket event; `edge.domain.transitions.till` says what the step changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from devices.errors import Refusal
from devices.messages import Basket as BasketMessage
from devices.messages import BasketAction, Discount, LineRefusal, TillLineKind
from devices.messages import Line as LineMessage
from edge.decision.steps.signal import Signal
from edge.domain.basket import (
    BasketLine,
    BasketState,
    DiscountKind,
    LineKind,
    TillBasket,
    TillDiscount,
)
from edge.domain.booked_sale import BookedSale
from edge.domain.errors import SignalRefused
from edge.domain.ids import BasketId, DeviceId, ItemKey, OfferId, Sku, VisitId
from edge.domain.product_code import ReadCode
from edge.domain.store_site import StoreSite
from edge.domain.trade_unit import TradeUnit, converted
from edge.domain.transitions.till import BasketStep
from edge.domain.transitions.visit_end import stay_of
from edge.domain.visit import EndReason, Visit
from edge.state.catalogue import CurrentCatalogue
from edge.state.presence import Presence
from models.items import item_key

LATE = timedelta(minutes=10)
"""Told longer ago than this it is no part of the present: nobody stands at that till any more."""

# A receipt of longer ago is a clock that was never set; the hour of its arrival is nearer to the truth.
_OLDEST = timedelta(days=31)
# So long after midnight a basket of the day before is still the same customer's.
_OVER_MIDNIGHT = timedelta(hours=1)
_BEGINS = frozenset({BasketAction.OPEN, BasketAction.IDENTIFY, BasketAction.ADD})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class BasketStore(Protocol):
    """What is stored of baskets and their visits."""

    def baskets(self, device: DeviceId, number: str) -> tuple[TillBasket, ...]:
        """Those to which a till gave this number, the latest first."""
        ...

    def basket(self, basket: BasketId) -> TillBasket | None:
        """The one of this id, whatever its number is by now."""
        ...

    def stay(self, visit: VisitId) -> Visit | None:
        """A visit, over or not."""
        ...


class OriginalSales(Protocol):
    """Where the sale that a returned line comes from is found."""

    def original(self, order: str, line_id: str | None, key: int) -> BookedSale | None:
        """The latest sale of that number that held the product, under that line id if one is given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStep:
    """A step with the business time at which it happened, and the lines that were not taken."""

    step: BasketStep
    at: datetime
    refused: tuple[LineRefusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSignals:
    """Reads tills. ``currency``: the store's own, by ISO 4217."""

    presence: Presence
    store: BasketStore
    sales: OriginalSales
    catalogue: CurrentCatalogue
    site: StoreSite
    currency: str = "USD"

    def read(
        self, signal: Signal, data: BasketMessage, *, at: datetime, now: datetime
    ) -> ToldStep:
        """The step that a message is.

        Args:
            signal: The message with its sender.
            data: What it says.
            at: The business time at which it was sent.
            now: Real time.

        Raises:
            SignalRefused: ``wrong-currency``, ``unknown-basket``, or the reason of its first line where every line
                is wrong and nothing is left to do.
        """
        if data.currency not in (None, self.currency):
            raise SignalRefused(Refusal.WRONG_CURRENCY.value, field="currency")
        happened = _happened(signal, data)
        at -= signal.at - happened
        basket, is_new = self._basket(signal, data, at)
        live = self.presence.visit(basket.visit)
        # What belongs to somebody who is still being served is no matter of the past.
        late = now - happened > LATE and (live is None or live.seen_at - at > LATE)
        lines, refused = self._lines(data, basket)
        return ToldStep(
            at=at,
            refused=tuple(sorted(refused, key=lambda one: one.index)),
            step=BasketStep(
                basket=_told(basket, signal, data),
                action=data.action.value,
                is_new=is_new,
                lines=lines.told,
                voids=lines.voids,
                void_ids=lines.void_ids,
                discounts=tuple(_discount(d) for d in data.discounts),
                tenders=tuple((one.kind, one.amount) for one in data.tenders),
                unread=len(refused),
                stay=self._stay(basket, at) if data.action is BasketAction.VOID_SALE else None,
                late=late,
            ),
        )

    def _stay(self, basket: TillBasket, at: datetime) -> Visit:
        known = self.presence.visit(basket.visit) or self.store.stay(basket.visit)
        # Of a sale that was told a moment ago the disk may not have the stay yet.
        over = stay_of(basket, basket.closed_at or at)
        return known or replace(over, ended=EndReason.PAID)

    def _basket(
        self, signal: Signal, data: BasketMessage, at: datetime
    ) -> tuple[TillBasket, bool]:
        """The basket that is meant, and whether it begins here. Raises SignalRefused."""
        device, number = signal.device, data.basket_id
        known = self.presence.basket_numbered(device, number)
        day = self.site.moment(at)[0]
        if data.from_ is not None or data.action is BasketAction.RESUME:
            known = self._elsewhere(device, data, day)
        # Nearly every message is about the basket that is being scanned there.
        elif known is None or not (known.state.is_alive and self._goes_on(known, day, at)):
            known = None
            if data.action is BasketAction.VOID_SALE:
                known = self._paid_sale(device, number)
        if known is not None:
            return known, False
        of_day = self._of_day(device, number, day)
        new = self._unused(_new(device, number, day, at))
        if of_day is None:
            return new, True
        return _used_again(of_day, new, data, _Order.of(signal, at, of_day))

    def _unused(self, new: TillBasket) -> TillBasket:
        """Under an id that no basket has: one that was taken up elsewhere keeps the id that it was opened with."""
        while (self.presence.basket(new.id) or self.store.basket(new.id)) is not None:
            new = replace(new, id=_next_id(new.id))
        return new

    def _goes_on(self, basket: TillBasket, day: int, at: datetime) -> bool:
        """Whether a message of ``day`` is about this open basket: also one that was begun just before midnight."""
        if day in (basket.day, basket.resumed_day):
            return True
        begins = self.site.begins(day)
        visit = self.presence.visit(basket.visit)
        return (
            visit is not None
            and basket.day == day - 1
            and at - begins <= _OVER_MIDNIGHT
            and begins - visit.seen_at <= _OVER_MIDNIGHT
        )

    def _known(self, device: DeviceId, number: str) -> tuple[TillBasket, ...]:
        """Every basket of that number, the latest first; memory before the disk, which may be a moment behind."""
        latest = self.presence.basket_numbered(device, number)
        stored = {
            b.id: self.presence.basket(b.id) or b for b in self.store.baskets(device, number)
        }
        if latest is not None:
            stored = {latest.id: latest, **stored}
        # Put aside here and taken up elsewhere, it has another number by now.
        return tuple(b for b in stored.values() if (b.device, b.number) == (device, number))

    def _of_day(self, device: DeviceId, number: str, day: int) -> TillBasket | None:
        known = self._known(device, number)
        return max(
            (b for b in known if day in (b.day, b.resumed_day)), key=_lateness, default=None
        )

    def _paid_sale(self, device: DeviceId, number: str) -> TillBasket:
        """The latest sale of that number: it may be taken back days later."""
        paid = [b for b in self._known(device, number) if b.state is BasketState.COMPLETE]
        if not paid:
            raise SignalRefused(Refusal.UNKNOWN_BASKET.value, field="basket_id")
        return max(paid, key=_lateness)

    def _elsewhere(self, device: DeviceId, data: BasketMessage, day: int) -> TillBasket:
        """A basket put aside or paid, at this till or another: to be taken up or taken back. Raises SignalRefused."""
        there = device if data.from_ is None else DeviceId(data.from_.device)
        number = data.basket_id if data.from_ is None else data.from_.basket_id
        if data.action is BasketAction.VOID_SALE:
            return self._paid_sale(there, number)
        if data.action is not BasketAction.RESUME:
            raise SignalRefused(Refusal.MALFORMED.value, field="from")
        waiting = (b for b in self._known(there, number) if b.state is BasketState.SUSPENDED)
        found = next(waiting, None)
        if found is None:
            raise SignalRefused(Refusal.UNKNOWN_BASKET.value, field="from")
        here = self.presence.basket_numbered(device, data.basket_id)
        # Two open baskets of one number at one till: the lines of the first would never be paid.
        if here is not None and here.state.is_alive and here.id != found.id:
            raise SignalRefused(Refusal.UNKNOWN_BASKET.value, field="basket_id")
        return replace(found, device=device, number=data.basket_id, resumed_day=day)

    def _lines(
        self, data: BasketMessage, basket: TillBasket
    ) -> tuple[_Lines, list[LineRefusal]]:
        """The lines as they count here, and those that do not. Raises SignalRefused where none is left."""
        lines, refused = _Lines(), list(data.refused)
        removing = data.action is BasketAction.REMOVE
        for index, told in data.numbered:
            try:
                self._line(told, lines, basket, void=removing)
            except _LineWrong as wrong:
                refused.append(LineRefusal(index=index, field=wrong.field, reason=wrong.reason))
        nothing = refused and len(refused) == len(data.lines)
        # A sale that was scanned is paid as it was scanned; anything else would be an order of nothing.
        stands = data.action is BasketAction.COMPLETE and basket.lines
        if nothing and not stands:
            first = min(refused, key=lambda one: one.index)
            raise LinesRefused(first, tuple(refused))
        return lines, refused

    def _line(self, told: LineMessage, into: _Lines, basket: TillBasket, *, void: bool) -> None:
        kind = told.resolved_kind
        if void or kind is TillLineKind.VOID:
            self._void(told, into, basket)
            return
        if told.sku is None and told.is_named:
            raise _LineWrong("sku", Refusal.MALFORMED)
        code = (
            ReadCode(sku=Sku(kind.value))
            if told.sku is None
            else self.catalogue.codes.read(told.sku)
        )
        quantity, unit = _measure(told, code)
        refunded = self._refunded(told, code, quantity, unit)
        price = self._price(told, code, quantity, unit)
        if refunded is not None:
            price = Decimal(refunded) / quantity
        if price is None:
            raise _LineWrong("price_cents", Refusal.NO_PRICE)
        is_back = kind is TillLineKind.RETURN or (
            told.is_negative and kind is not TillLineKind.SALE
        )
        into.told += (
            BasketLine(
                sku=code.sku,
                quantity=quantity,
                unit=unit,
                unit_price=price,
                kind=LineKind(kind.value),
                is_back=is_back,
                line_id=told.line_id,
                told_cents=told.told_cents if refunded is None else refunded,
                overridden=told.price_override,
                discounts=tuple(_discount(d) for d in told.discounts),
                tax_pct=None if told.tax is None else told.tax.rate_pct,
                tax_added=told.tax is not None and not told.tax.included,
                of=None if told.of is None else (told.of.order_id, told.of.line_id),
            ),
        )

    def _refunded(
        self, told: LineMessage, code: ReadCode, quantity: Decimal, unit: TradeUnit
    ) -> int | None:
        """What was paid for what comes back without a price, by its sale; None where no sale says it."""
        if told.of is None or told.unit_price is not None or told.price_cents is not None:
            return None
        key, line_id = item_key(code.sku), told.of.line_id
        sale = self.sales.original(told.of.order_id, line_id, key)
        place = None if sale is None else sale.place(key, line_id)
        if sale is None or place is None:
            return None
        back = converted(quantity, unit, sale.lines[place].unit)
        return None if back is None else sale.lines[place].refund_cents(back)

    def _price(
        self, told: LineMessage, code: ReadCode, quantity: Decimal, unit: TradeUnit
    ) -> Decimal | None:
        """What one unit costs: as the till says, as the label says, or as the store sells it."""
        if told.unit_price is not None:
            return abs(told.unit_price)
        if told.price_cents is not None:
            return abs(Decimal(told.price_cents))
        if code.amount_cents is not None:
            return Decimal(code.amount_cents) / quantity
        product = self.catalogue.products.get(ItemKey(item_key(code.sku)))
        if product is None:
            return None
        # A price for a kilogram says nothing of a piece.
        of_theirs = converted(Decimal(1), unit, product.unit)
        return None if of_theirs is None else product.price_cents * of_theirs

    def _void(self, told: LineMessage, into: _Lines, basket: TillBasket) -> None:
        """A line is taken out: the one that the till calls so, or as much of its product as it says."""
        there = (*basket.lines, *into.told)
        if told.line_id is not None and any(x.line_id == told.line_id for x in there):
            into.void_ids += (told.line_id,)
            return
        if told.sku is None:
            raise _LineWrong("line_id", Refusal.UNKNOWN_LINE)
        code = self.catalogue.codes.read(told.sku)
        same = [x for x in there if item_key(x.sku) == item_key(code.sku)]
        if not same:
            raise _LineWrong("sku", Refusal.UNKNOWN_LINE)
        quantity, unit = _measure(told, code)
        price = told.unit_price if told.unit_price is not None else told.price_cents
        # Two labels of one article are told apart by what is printed on them.
        if price is None and code.amount_cents is not None:
            price = Decimal(code.amount_cents) / quantity
        into.voids += (
            BasketLine(
                sku=code.sku,
                quantity=quantity,
                unit=unit,
                # Without a price it is the one that was scanned last.
                unit_price=same[-1].unit_price if price is None else abs(Decimal(price)),
                kind=same[-1].kind,
            ),
        )


class LinesRefused(SignalRefused):
    """No line of a message could be taken; ``lines`` says of each why."""

    def __init__(self, first: LineRefusal, lines: Iterable[LineRefusal]) -> None:
        super().__init__(first.reason.value, field=f"lines.{first.index}.{first.field}")
        self.lines = tuple(sorted(lines, key=lambda one: one.index))


@dataclass(slots=True)
class _Lines:
    """What the lines of one message come to."""

    told: tuple[BasketLine, ...] = ()
    voids: tuple[BasketLine, ...] = ()
    void_ids: tuple[str, ...] = ()


class _LineWrong(Exception):
    def __init__(self, field: str, reason: Refusal) -> None:
        super().__init__(field)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Order:
    """How a message lies to the end of a basket that is closed: behind it, and at least not before it."""

    is_later: bool
    is_not_earlier: bool

    @classmethod
    def of(cls, signal: Signal, at: datetime, closed: TillBasket) -> _Order:
        """By the till's own clock, which no repair of ours moves; or by the store's, where that says later."""
        pairs = [
            (mine, theirs)
            for mine, theirs in ((signal.told_at, closed.told_at), (at, closed.closed_at))
            if theirs is not None
        ]
        return cls(any(a > b for a, b in pairs), any(a >= b for a, b in pairs))


def _told(basket: TillBasket, signal: Signal, data: BasketMessage) -> TillBasket:
    """With the till's own time of the message; another till's says nothing of the next use of the number here."""
    if basket.device != signal.device or data.action is BasketAction.VOID_SALE:
        return basket
    return replace(basket, told_at=signal.told_at)


def _used_again(
    before: TillBasket, new: TillBasket, data: BasketMessage, order: _Order
) -> tuple[TillBasket, bool]:
    """A number that stood for ``before`` on the same day: it goes on, or another one begins under it."""
    if before.left_idle and data.action not in _BEGINS:
        # The till still has it: what is paid must be booked, however long it stood there.
        return replace(before, state=BasketState.OPEN, closed_at=None, left_idle=False), False
    if not before.state.is_alive and _is_next_use(before, data, order):
        return new, True
    return before, False


def _is_next_use(closed: TillBasket, data: BasketMessage, order: _Order) -> bool:
    """Whether a message is about the next basket under the number of one that is closed, on the same day."""
    # A late line was scanned before its basket was paid; the clocks tell them apart.
    if data.action is BasketAction.OPEN:
        return order.is_not_earlier
    if data.action in _BEGINS:
        # After a sale a line alone does not say that another customer is there: a till that forgot one must hear so.
        is_line = data.action is BasketAction.ADD
        return order.is_later and not (is_line and closed.state is not BasketState.ABANDONED)
    # A sale told only when it is paid; told once more it is the same sale, not a second one.
    sold = [(item_key(x.sku or ""), abs(x.quantity)) for _, x in data.numbered]
    known = [(item_key(x.sku), x.quantity) for x in closed.lines]
    return (
        order.is_later
        and data.action is BasketAction.COMPLETE
        and bool(sold)
        and sorted(sold) != sorted(known)
    )


def _measure(told: LineMessage, code: ReadCode) -> tuple[Decimal, TradeUnit]:
    """How much of it: what the till says; where it says one piece, what the label says."""
    quantity, unit = abs(told.quantity), TradeUnit(told.unit)
    if code.quantity is not None and unit is TradeUnit.EACH and quantity == 1:
        return code.quantity, code.unit or TradeUnit.EACH
    return quantity, unit


def _happened(signal: Signal, data: BasketMessage) -> datetime:
    """When it was, in real time: as the till says of a sale told late, else when it was sent."""
    if data.sold_at is None:
        return signal.at
    # Both by the till's clock: what was repaired of the one is repaired of the other.
    waited = signal.told_at - data.sold_at
    return signal.at - waited if timedelta() <= waited <= _OLDEST else signal.at


def _discount(told: Discount) -> TillDiscount:
    return TillDiscount(
        kind=DiscountKind(told.kind),
        amount=told.amount,
        offer=None if told.offer_id is None else OfferId(told.offer_id),
        promotion=told.promotion_id,
        reason=told.reason,
    )


def _new(device: DeviceId, number: str, day: int, at: datetime) -> TillBasket:
    day_text = date.fromordinal(day + _EPOCH_ORDINAL).isoformat()
    return TillBasket(
        id=BasketId(f"{device}/{day_text}/{number}"),
        number=number,
        device=device,
        day=day,
        visit=VisitId(""),
        opened_at=at,
    )


def _lateness(basket: TillBasket) -> tuple[bool, datetime, int]:
    """Which of several baskets of one number is the latest: by the till's own time, which orders them all."""
    told = basket.told_at or basket.closed_at or basket.opened_at or _LONG_AGO
    return basket.state.is_alive, told, _use(basket.id)


def _use(id_: BasketId) -> int:
    """Which use of its number on its day a basket is, from 1; no number of a till holds the mark."""
    _, mark, use = id_.rpartition("#")
    return int(use) if mark else 1


def _next_id(id_: BasketId) -> BasketId:
    use = _use(id_)
    return BasketId(f"{id_.removesuffix(f'#{use}')}#{use + 1}")
