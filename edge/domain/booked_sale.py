"""A paid basket as the figures hold it, line by line, so that what comes back is taken off exactly where it was added.

Counting books it when it is paid and corrections change it; what a change does to any figure is the difference between
two of them. Storage keeps it as long as the basket itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from edge.domain.basket import BasketLine, TillBasket, rounded
from edge.domain.ids import BasketId, ItemKey, OfferId, Sku, Token, VisitId
from edge.domain.kpi import DayCount
from edge.domain.trade_unit import TradeUnit, converted
from models.items import item_key

_NONE = Decimal(0)
# Weights that were turned from one unit into another agree to this.
_FINEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """One line of a sale as it still stands: ``quantity`` and ``amount_cents`` less what came back.

    ``sold`` and ``sold_cents``: what was paid for, with the line's share of the basket's discounts. ``shown``: a
    screen had shown it before; ``campaigns``: those that it is a product of.
    """

    sku: Sku
    quantity: Decimal
    amount_cents: int
    sold: Decimal
    sold_cents: int
    unit: TradeUnit = TradeUnit.EACH
    line_id: str | None = None
    shown: bool = False
    campaigns: tuple[str, ...] = ()

    @property
    def pieces(self) -> int:
        """How many things are left of it for a shopper: what is weighed is one."""
        return pieces_of(self.quantity, self.unit)

    @property
    def key(self) -> ItemKey:
        """The number of its product."""
        return ItemKey(item_key(self.sku))

    def refund_cents(self, quantity: Decimal) -> int:
        """What was paid for ``quantity`` of it; of the last of it the rest, so that no cent is left over."""
        if quantity <= self.quantity:
            return rounded(self.amount_cents * quantity / self.quantity)
        return rounded(self.sold_cents * quantity / self.sold)


class SaleDays(NamedTuple):
    """The local days (since 1970) to which a sale went.

    ``booked`` in the figures, ``learned`` in habits and coupons, ``begun`` at the till; ``trend`` and the ``hour``
    (0..23) in what sells lately.
    """

    booked: int
    learned: int
    begun: int
    trend: int
    hour: int


class StretchPlace(NamedTuple):
    """A stretch of a switchback that a sale was counted to."""

    campaign: str
    design: str
    store: int
    stretch: int
    is_on: bool
    begins_at: datetime


class TakenUp(NamedTuple):
    """What was taken up by buying one of ``items``: an offer, or, without one, the item that had been turned down."""

    offer: OfferId | None
    category: str
    at: datetime
    items: tuple[ItemKey, ...]


class Refund(NamedTuple):
    """Goods that came back: from line ``place`` of ``sale``, or of a sale that is not known here any more.

    ``day``: of which the returning person's habit was unlearned, where no sale says it.
    """

    sku: Sku
    quantity: Decimal
    unit: TradeUnit
    cents: int
    sale: BasketId | None = None
    place: int = 0
    day: int | None = None


class TakenBack(NamedTuple):
    """A sale after goods of it came back, and where each of them came from."""

    sale: BookedSale
    refunds: tuple[Refund, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedSale:
    """One basket in the figures. ``at``: business time of paying; ``token``: its buyer, if known.

    ``measured``: with the consent to that; ``cards``: the buyer's challenges by name and week, as it was paid;
    ``refunds``: what came back with it; ``is_void``: it was taken back whole.
    """

    id: BasketId
    number: str
    visit: VisitId
    at: datetime
    days: SaleDays
    token: Token | None = None
    lines: tuple[SoldLine, ...] = ()
    fees_cents: int = 0
    measured: bool = False
    stretches: tuple[StretchPlace, ...] = ()
    taken_up: tuple[TakenUp, ...] = ()
    coupons: int = 0
    cards: tuple[tuple[str, int], ...] = ()
    refunds: tuple[Refund, ...] = ()
    is_known: bool = False
    is_void: bool = False

    @property
    def standing(self) -> tuple[SoldLine, ...]:
        """Lines of which something is still the buyer's."""
        return tuple(line for line in self.lines if line.quantity)

    @property
    def keys(self) -> frozenset[ItemKey]:
        """The products of these."""
        return frozenset(line.key for line in self.standing)

    @property
    def baskets(self) -> int:
        """Whether it still is a purchase, as a number: 1 or 0."""
        return int(bool(self.standing))

    @property
    def cents(self) -> int:
        """What it comes to: goods and fees, after all discounts, less what was paid back."""
        return self.fees_cents + sum(line.amount_cents for line in self.lines)

    @property
    def trip_cents(self) -> int:
        """What it adds to its buyer's day; nothing where no purchase is left."""
        return self.cents if self.standing else 0

    @property
    def counts(self) -> Counter[DayCount]:
        """What it adds to its day."""
        shown = [line for line in self.lines if line.shown]
        counts = Counter(
            {
                DayCount.BASKETS: self.baskets,
                DayCount.REVENUE_CENTS: self.cents,
                DayCount.PIECES: sum(line.pieces for line in self.lines),
                DayCount.SHOWN_LINES: sum(bool(line.quantity) for line in shown),
                DayCount.SHOWN_CENTS: sum(line.amount_cents for line in shown),
            }
        )
        if self.is_known:
            counts[DayCount.KNOWN_BASKETS] = self.baskets
            counts[DayCount.KNOWN_REVENUE_CENTS] = self.cents
        for one in self.refunds:
            if one.sale is None:
                counts[DayCount.RETURNED_PIECES] += pieces_of(one.quantity, one.unit)
                counts[DayCount.RETURNED_CENTS] += one.cents
        return counts

    @property
    def items(self) -> Counter[str]:
        """Campaign -> pieces of its products."""
        counts = Counter[str]()
        for line in self.lines:
            for campaign in line.campaigns:
                counts[campaign] += line.pieces
        return counts

    def place(self, key: int, line_id: str | None) -> int | None:
        """The line that a return is of: of that product, and under that id if one is given."""
        found = (
            n
            for n, line in enumerate(self.lines)
            if line.key == key and line_id in (None, line.line_id)
        )
        # One of which something is left before one that has come back already.
        return min(found, key=lambda n: (not self.lines[n].quantity, n), default=None)

    def taking_back(self, line: BasketLine) -> TakenBack:
        """After ``line`` came back: as much of it as is left here, the rest as goods of no known sale."""
        sale, found = self, list[Refund]()
        rest = Refund(line.sku, line.quantity, line.unit, -line.amount_cents)
        line_id = None if line.of is None else line.of[1]
        while rest.quantity:
            place = sale.place(item_key(line.sku), line_id)
            one = None if place is None else sale._from(place, rest)
            if one is None:
                break
            found.append(one)
            sale = sale.changed(one, Decimal(-1))
            left = (converted(rest.quantity, rest.unit, one.unit) or _NONE) - one.quantity
            left = max(_NONE, left) if left > _FINEST else _NONE
            back = converted(left, one.unit, rest.unit) or _NONE
            rest = rest._replace(quantity=back, cents=rest.cents - one.cents)
        return TakenBack(sale, (*found, rest) if rest.quantity else tuple(found))

    def changed(self, refund: Refund, sign: Decimal) -> BookedSale:
        """With what ``refund`` says taken off (``sign`` -1) or put back (1)."""
        lines = list(self.lines)
        line = lines[refund.place]
        lines[refund.place] = replace(
            line,
            quantity=line.quantity + sign * refund.quantity,
            amount_cents=line.amount_cents + int(sign) * refund.cents,
        )
        return replace(self, lines=tuple(lines))

    def voided(self) -> BookedSale:
        """Taken back whole: nothing of it stands, and nothing that came back with it did."""
        gone = tuple(
            replace(line, quantity=_NONE, amount_cents=0, sold=line.sold) for line in self.lines
        )
        return replace(self, lines=gone, fees_cents=0, refunds=(), is_void=True)

    def _from(self, place: int, rest: Refund) -> Refund | None:
        """As much of ``rest`` as the line at ``place`` still has; None where that is nothing."""
        line = self.lines[place]
        wanted = converted(rest.quantity, rest.unit, line.unit)
        if wanted is None or not line.quantity:
            return None
        taken = line.quantity if wanted - line.quantity > -_FINEST else wanted
        is_all = wanted - taken <= _FINEST
        cents = rest.cents if is_all else rounded(rest.cents * taken / wanted)
        return Refund(line.sku, taken, line.unit, cents, self.id, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleChange:
    """A booked sale before and after something came back, or was put back: every correction is the difference."""

    before: BookedSale
    after: BookedSale

    @property
    def counts(self) -> dict[DayCount, int]:
        """What changes in the counts of its day."""
        counts = Counter(self.after.counts)
        counts.subtract(self.before.counts)
        return {name: value for name, value in counts.items() if value}

    @property
    def items(self) -> dict[str, int]:
        """What changes in the pieces of each campaign."""
        counts = Counter(self.after.items)
        counts.subtract(self.before.items)
        return {name: value for name, value in counts.items() if value}

    @property
    def baskets(self) -> int:
        """-1 where no purchase is left, 1 where it is one again."""
        return self.after.baskets - self.before.baskets

    @property
    def gone(self) -> frozenset[ItemKey]:
        """Products of which nothing is left in it."""
        return self.before.keys - self.after.keys

    @property
    def back(self) -> frozenset[ItemKey]:
        """Products that are in it again."""
        return self.after.keys - self.before.keys


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleTies:
    """What ties a sale to the tests, offers and cards of its buyer as it is paid; fields as in `BookedSale`."""

    shown: frozenset[Sku] = frozenset()
    measured: bool = False
    cards: tuple[tuple[str, int], ...] = field(default=())


def book(
    basket: TillBasket, buyer: Token | None, at: datetime, day: int, ties: SaleTies
) -> BookedSale:
    """A basket that was just paid, on local ``day``; where habits and trend go is not known yet."""
    return BookedSale(
        id=basket.id,
        number=basket.number,
        visit=basket.visit,
        at=at,
        days=SaleDays(booked=day, learned=day, begun=basket.day or day, trend=day, hour=0),
        token=buyer,
        lines=tuple(_sold(basket, ties.shown)),
        fees_cents=basket.revenue_cents - _goods_cents(basket),
        measured=ties.measured,
        cards=ties.cards,
        is_known=buyer is not None,
    )


def pieces_of(quantity: Decimal, unit: TradeUnit) -> int:
    """How many things it is for a shopper: what is weighed is one, nothing is none."""
    whole = unit is TradeUnit.EACH and quantity == quantity.to_integral_value()
    return int(quantity) if whole else int(quantity > 0)


def _goods_cents(basket: TillBasket) -> int:
    return sum(line.amount_cents for line in basket.sold) - basket.discount_cents


def _sold(basket: TillBasket, shown: frozenset[Sku]) -> Iterable[SoldLine]:
    """Its sold lines, each with its share of what was taken off the whole basket."""
    left, discount = sum(line.amount_cents for line in basket.sold), basket.discount_cents
    for line in basket.sold:
        # Of what is left of both, so that the shares come to the discount exactly.
        share = rounded(Decimal(discount * line.amount_cents) / left) if left else 0
        left, discount = left - line.amount_cents, discount - share
        cents = line.amount_cents - share
        yield SoldLine(
            sku=line.sku,
            quantity=line.quantity,
            amount_cents=cents,
            sold=line.quantity,
            sold_cents=cents,
            unit=line.unit,
            line_id=line.line_id,
            shown=line.sku in shown,
        )
