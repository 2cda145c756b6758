"""The shop's books of a till's day, kept from the generator's side alone, in exact numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from tests.till_day.goods import ARTICLES, OFFERS, milli_taken

SALE, RETURN, DEPOSIT, FEE = "sale", "return", "deposit", "fee"


def half_up(value: Fraction) -> int:
    """Whole cents of an amount that is not below nought."""
    return (value + Fraction(1, 2)).__floor__()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A discount: cents off, per cent off, or the price of one unit."""

    kind: str
    amount: Fraction

    def off(self, cents: int, quantity: Fraction) -> int:
        """What it takes off so much."""
        if self.kind == "amount":
            less = half_up(self.amount)
        elif self.kind == "percent":
            less = half_up(cents * self.amount / 100)
        else:
            less = cents - half_up(self.amount * quantity)
        return min(max(less, 0), cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line as it was meant. ``told``: its amount as the till rounded it; ``back``: money goes to the customer."""

    line_id: str
    sku: str | None
    quantity: Fraction
    unit: str
    price: Fraction
    kind: str = SALE
    back: bool = False
    told: int | None = None
    cuts: tuple[Cut, ...] = ()
    added_tax: Fraction = Fraction(0)

    @property
    def cents(self) -> int:
        """What the line comes to, without a sign."""
        left = half_up(self.price * self.quantity) if self.told is None else self.told
        for cut in self.cuts:
            left -= cut.off(left, self.quantity)
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A paid basket. ``person``: number of a card, None: nobody's; ``ago``: local days before today.

    ``redeemed``: offers that were taken off in it.
    """

    till: str
    number: str
    person: int | None
    ago: int
    items: tuple[Item, ...]
    cuts: tuple[Cut, ...] = ()
    redeemed: tuple[str, ...] = ()

    @property
    def revenue(self) -> int:
        """Goods and fees after all discounts, without what came back."""
        goods = left = sum(i.cents for i in self.items if i.kind == SALE)
        for cut in self.cuts:
            left -= cut.off(left, Fraction(1))
        assert left <= goods
        return left + self._signed(FEE)

    @property
    def refund(self) -> int:
        """What was paid back for goods."""
        return sum(i.cents for i in self.items if i.kind == RETURN)

    @property
    def to_pay(self) -> int:
        """What changes hands: with deposits and added tax."""
        tax = sum(
            (-1 if i.back else 1) * half_up(i.cents * i.added_tax / 100) for i in self.items
        )
        return self.revenue - self.refund + self._signed(DEPOSIT) + tax

    @property
    def sold(self) -> tuple[Item, ...]:
        """The lines by which somebody buys something."""
        return tuple(i for i in self.items if i.kind == SALE)

    @property
    def returned(self) -> tuple[Item, ...]:
        """The lines by which goods come back."""
        return tuple(i for i in self.items if i.kind == RETURN)

    def _signed(self, kind: str) -> int:
        return sum((-1 if i.back else 1) * i.cents for i in self.items if i.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of one order, refund or cancelled order: whose, under which number of which till, how much."""

    till: str
    number: str
    person: int | None
    cents: int
    to_pay: int | None = None


@dataclass(slots=True, kw_only=True)
class Books:
    """What must be found in the evening."""

    orders: Counter[Told] = field(default_factory=Counter[Told])
    refunds: Counter[Told] = field(default_factory=Counter[Told])
    cancelled: Counter[Told] = field(default_factory=Counter[Told])
    bought: Counter[tuple[int, int, str]] = field(default_factory=Counter[tuple[int, int, str]])
    taken_milli: Counter[str] = field(default_factory=Counter[str])
    redeemed: Counter[tuple[str, int | None]] = field(
        default_factory=Counter[tuple[str, int | None]]
    )
    receipts: int = 0

    def pay(self, receipt: Receipt) -> None:
        """A basket was paid."""
        self.receipts += 1
        whose = {"till": receipt.till, "number": receipt.number, "person": receipt.person}
        if receipt.sold or not receipt.returned:
            order = Told(**whose, cents=receipt.revenue, to_pay=receipt.to_pay)  # type: ignore[arg-type]  # by name
            self.orders[order] += 1
        if receipt.returned:
            self.refunds[Told(**whose, cents=receipt.refund)] += 1  # type: ignore[arg-type]  # by name
        self._count(receipt, receipt.sold, 1)
        self._move(receipt.returned, -1)
        self.redeemed.update((offer, receipt.person) for offer in receipt.redeemed)

    def take_back(self, receipt: Receipt) -> None:
        """A paid basket, sales only, was voided whole."""
        self.cancelled[
            Told(
                # It may be taken back at any till.
                till="",
                number=receipt.number,
                person=receipt.person,
                cents=receipt.revenue,
            )
        ] += 1
        self._count(receipt, receipt.sold, -1)
        self.redeemed.subtract((offer, receipt.person) for offer in receipt.redeemed)

    def return_of(self, sale: Receipt, items: Iterable[Item]) -> None:
        """Whole lines of a sale came back: they were no purchase of its day, and what was on them is undone."""
        back = list(items)
        for item in back:
            if sale.person is not None and item.sku is not None:
                self.bought[sale.person, sale.ago, item.sku] -= 1
        left = Counter(i.sku for i in sale.sold) - Counter(i.sku for i in back)
        gone = {i.sku for i in back} - {sku for sku, count in left.items() if count}
        for offer in sale.redeemed:
            self.redeemed[offer, sale.person] -= OFFERS[offer] in gone

    def return_of_nothing(self, person: int | None, items: Iterable[Item]) -> None:
        """Goods came back without their receipt: they are no habit of that day any more."""
        for item in items:
            if person is not None and item.sku is not None:
                self.bought[person, 0, item.sku] = 0

    def habits(self) -> set[tuple[int, int, str]]:
        """Person, days ago, product: each that was bought and kept."""
        return {key for key, count in self.bought.items() if count > 0}

    def _count(self, receipt: Receipt, items: tuple[Item, ...], sign: int) -> None:
        self._move(items, sign)
        for item in items:
            if receipt.person is not None and item.sku is not None:
                self.bought[receipt.person, receipt.ago, item.sku] += sign

    def _move(self, items: tuple[Item, ...], sign: int) -> None:
        for item in items:
            if item.sku is not None:
                milli = milli_taken(ARTICLES[item.sku], item.quantity, item.unit)
                self.taken_milli[item.sku] += sign * milli
