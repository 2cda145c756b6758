"""Lines of a till's day, drawn by chance: each as it is meant and as a till writes it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.till_day.books import DEPOSIT, FEE, RETURN, Cut, Item, Receipt
from tests.till_day.goods import Article, drawn

Body = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class DrawnLine:
    """A line as it is meant and as it is written."""

    item: Item
    body: Body
    article: Article | None = None

    @property
    def is_plain(self) -> bool:
        """Whether a part of it may be taken out or come back without a question of rounding."""
        item = self.item
        label = self.article is None or bool(self.article.label)
        return not (label or item.cuts or item.told is not None or item.added_tax)


@dataclass(slots=True)
class LineDrawer:
    """Draws lines."""

    chance: random.Random
    _count: int = 0

    def goods(self, count: int) -> list[DrawnLine]:
        """Lines of different articles."""
        return [self._line(article) for article in drawn(self.chance, count)]

    def extras(self) -> list[DrawnLine]:
        """Bottle deposits, taken or paid back, and now and then a bag."""
        found = list[DrawnLine]()
        if self.chance.random() < 0.1:
            count = self.chance.choice((1, 2, 6, -1, -3))
            found.append(self._extra(DEPOSIT, count, 25))
        if self.chance.random() < 0.05:
            found.append(self._extra(FEE, 1, 10))
        return found

    def _extra(self, kind: str, count: int, cents: int) -> DrawnLine:
        id_ = self._line_id()
        item = Item(
            line_id=id_, sku=None, quantity=Fraction(abs(count)), unit="each",
            price=Fraction(cents), kind=kind, back=count < 0,
        )  # fmt: skip
        body = {"line_id": id_, "kind": kind, "quantity": count, "price_cents": cents}
        return DrawnLine(item=item, body=body)

    def _line(self, article: Article) -> DrawnLine:
        id_ = self._line_id()
        if article.label:
            return self._label(article, id_)
        if article.unit == "kg":
            quantity, unit, price, body = self._weighed(article)
        else:
            quantity, unit, price, body = self._pieces(article)
        body |= {"line_id": id_, "sku": self.chance.choice(article.codes)}
        cuts, told_cuts = self.cuts() if self.chance.random() < 0.15 else ((), [])
        if cuts:
            body["discounts"] = told_cuts
        tax, told_tax = self._tax()
        if told_tax:
            body["tax"] = told_tax
        amount = None
        exact = price * quantity
        if "unit_price" in body and self.chance.random() < 0.4:
            amount = exact.__floor__() + self.chance.choice((0, 1))
            if Fraction(amount) == price:
                amount = None
            else:
                body["price_cents"] = amount
        item = Item(
            line_id=id_, sku=article.sku, quantity=quantity, unit=unit, price=price,
            told=amount, cuts=cuts, added_tax=tax,
        )  # fmt: skip
        return DrawnLine(item=item, body=body, article=article)

    def _label(self, article: Article, id_: str) -> DrawnLine:
        if article.unit == "each":
            value = self.chance.randint(50, 4_999)
            quantity, price = Fraction(1), Fraction(value)
        else:
            value = self.chance.randint(40, 3_500)
            quantity, price = Fraction(value, 1000), Fraction(article.price)
        item = Item(
            line_id=id_, sku=article.sku, quantity=quantity, unit=article.unit, price=price
        )  # fmt: skip
        body = {"line_id": id_, "sku": article.labelled(value), "quantity": 1}
        return DrawnLine(item=item, body=body, article=article)

    def _pieces(self, article: Article) -> tuple[Fraction, str, Fraction, Body]:
        count, price = self.chance.choice((1, 1, 1, 1, 2, 3, 6)), article.price
        body: Body = {"quantity": self.chance.choice((count, str(count)))}
        which = self.chance.random()
        if which < 0.15:
            price = self.chance.randint(1, 2 * price)
            body |= {"price_cents": price, "price_override": True}
        elif which < 0.85:
            body["price_cents"] = price
        return Fraction(count), "each", Fraction(price), body

    def _weighed(self, article: Article) -> tuple[Fraction, str, Fraction, Body]:
        chance, price = self.chance, Fraction(article.price)
        unit = chance.choice(("kg", "kg", "g", "lb", "oz"))
        body: Body = {"unit": unit}
        if unit == "kg":
            quantity = Fraction(chance.randint(20, 3_500), 1000)
            if chance.random() < 0.8:
                body["price_cents"] = article.price
        elif unit == "g":
            quantity, price = Fraction(chance.randint(20, 3_500)), price / 1000
            # Without a price the store's own counts, which is for a kilogram.
            if chance.random() < 0.8:
                body["unit_price"] = decimal_of(price)
        elif unit == "lb":
            quantity, price = (
                Fraction(chance.randint(5, 700), 100),
                Fraction(chance.randint(49, 499)),
            )
            body["price_cents"] = int(price)
        else:
            quantity = Fraction(chance.randint(5, 160), 10)
            price = Fraction(chance.randint(10_000, 300_000), 10_000)
            body["unit_price"] = decimal_of(price)
        body["quantity"] = written(quantity, chance)
        return quantity, unit, price, body

    def returned(self, line: DrawnLine, sale: Receipt | None) -> DrawnLine:
        """Goods come back at the price they had: said by kind, or by a minus as many tills do."""
        item, id_ = line.item, self._line_id()
        body = {**line.body, "line_id": id_}
        if "price_cents" not in body and "unit_price" not in body:
            body["unit_price"] = decimal_of(item.price)
        if self.chance.random() < 0.5:
            body["kind"] = RETURN
        else:
            body["quantity"] = written(-item.quantity, self.chance)
        if sale is not None:
            body["of"] = {"order_id": sale.number, "line_id": item.line_id}
        back = Item(
            line_id=id_, sku=item.sku, quantity=item.quantity, unit=item.unit, price=item.price,
            kind=RETURN, back=True,
        )  # fmt: skip
        return DrawnLine(item=back, body=body, article=line.article)

    def cuts(self) -> tuple[tuple[Cut, ...], list[Body]]:
        """One or two discounts, as they are meant and as they are written."""
        cuts, told = list[Cut](), list[Body]()
        for _ in range(self.chance.choice((1, 1, 2))):
            kind = self.chance.choice(("amount", "percent", "price"))
            if kind == "amount":
                amount: Fraction = Fraction(self.chance.randint(1, 80))
            elif kind == "percent":
                amount = self.chance.choice((Fraction(10), Fraction(25, 2), Fraction(333, 10)))
            else:
                amount = Fraction(self.chance.randint(40, 120))
            cuts.append(Cut(kind=kind, amount=amount))
            told.append({"kind": kind, "amount": decimal_of(amount), "reason": "weekly"})
        return tuple(cuts), told

    def _tax(self) -> tuple[Fraction, Body]:
        which = self.chance.random()
        if which > 0.2:
            return Fraction(0), {}
        included = which < 0.1
        return Fraction(0) if included else Fraction(29, 4), {
            "rate_pct": "7.25",
            "included": included,
        }

    def _line_id(self) -> str:
        self._count += 1
        return f"l{self._count}"


def decimal_of(value: Fraction) -> str:
    """A fraction that has an end, as it is written."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = str(abs(int(value * 10**digits))).zfill(digits + 1)
    text = whole if not digits else f"{whole[:-digits]}.{whole[-digits:]}"
    return f"-{text}" if value < 0 else text


def written(quantity: Fraction, chance: random.Random) -> object:
    """A quantity as tills write it: a whole number, a decimal in text, or a JSON number."""
    text = decimal_of(quantity)
    if quantity.denominator == 1:
        return chance.choice((int(quantity), text))
    return chance.choice((text, float(text)))
