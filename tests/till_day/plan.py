"""A till's day made up by chance: what each till says, step by step, and the books of what it meant."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.till_day.books import DEPOSIT, FEE, RETURN, Books, Cut, Item, Receipt
from tests.till_day.goods import Article, drawn

Body = dict[str, Any]

TILLS = tuple(f"till-{number}" for number in range(1, 9))
PEOPLE = 40
# Half of all receipts are of these, so that one card is at two tills at once.
_HOUSEHOLDS = 10
_LATE_S = {0: (20 * 60.0, 90 * 60.0), 1: (18 * 3600.0, 30 * 3600.0)}
_STEP_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message. ``ago_s``: it waits in the till since then; ``sold_ago_s``: it says that the sale was then."""

    till: str
    body: Body
    ago_s: float = 0
    sold_ago_s: float | None = None
    http: bool = False


@dataclass(slots=True, kw_only=True)
class Script:
    """One customer at the till, or two steps of one at two; begins when ``after`` is over. ``paid`` receipts."""

    steps: list[Step]
    person: int | None = None
    after: int | None = None
    paid: int = 0


@dataclass(slots=True, kw_only=True)
class _Line:
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
class Planner:
    """Draws the day's customers. ``books`` are complete when `plan` returns."""

    chance: random.Random
    books: Books = field(default_factory=Books)
    scripts: list[Script] = field(default_factory=list[Script])
    _kept: list[tuple[int, Receipt, list[_Line]]] = field(
        default_factory=list[tuple[int, Receipt, list[_Line]]]
    )
    _numbers: int = 0
    _lines: int = 0

    def plan(self, receipts: int) -> list[Script]:
        """So many paid receipts, and what is left behind and taken back between them."""
        kinds: tuple[tuple[float, Callable[[], Script | None]], ...] = (
            (46, self._scanned),
            (10, self._replaced),
            (8, self._over_http),
            (5, self._late_at_once),
            (5, self._late_queued),
            (6, self._suspended),
            (5, self._returned),
            (3, self._exchanged),
            (2, self._returned_without_sale),
            (4, self._abandoned),
            (3, self._voided_at_once),
            (3, self._voided_later),
        )
        weights, makers = zip(*kinds, strict=True)
        while self.books.receipts < receipts:
            (make,) = self.chance.choices(makers, weights)
            before = self.books.receipts
            script = make()
            if script is not None:
                script.paid = self.books.receipts - before
                self.scripts.append(script)
        return self.scripts

    # Customers.

    def _scanned(self) -> Script:
        till, person, number = self._till(), self._person(), self._reused()
        steps, lines = self._scanning(till, number, person)
        steps.append(self._paying(till, number, lines, person, ago=0))
        return Script(steps=steps, person=person)

    def _replaced(self) -> Script:
        """The till's last word replaces what was scanned; now and then it differs."""
        till, person, number = self._till(), self._person(), self._unique()
        steps, lines = self._scanning(till, number, person)
        if self.chance.random() < 0.5:
            lines = lines[: max(1, len(lines) - 1)] + self._goods(1)
        self.chance.shuffle(lines)
        paying = self._paying(till, number, lines, person, ago=0)
        paying.body["lines"] = [line.body for line in lines]
        return Script(steps=[*steps, paying], person=person)

    def _over_http(self) -> Script:
        return self._at_once(http=True, ago=self.chance.choice((None, None, 0, 1)))

    def _late_at_once(self) -> Script:
        return self._at_once(http=False, ago=self.chance.choice((0, 1)))

    def _at_once(self, *, http: bool, ago: int | None) -> Script:
        till, person, number = self._till(), self._person(), self._unique()
        lines = self._goods(self.chance.randint(1, 6)) + self._extras()
        paying = self._paying(till, number, lines, person, ago=ago or 0)
        body = {**paying.body, "lines": [line.body for line in lines]}
        if person is not None:
            body["loyalty"] = person
        if http:
            del body["action"]
        sold = None if ago is None else self.chance.uniform(*_LATE_S[ago])
        step = Step(till=till, body=body, http=http, sold_ago_s=sold)
        return Script(steps=[step], person=person)

    def _late_queued(self) -> Script:
        """The line was down: the till says later, step by step, what happened then."""
        till, person, number = self._till(), self._person(), self._unique()
        ago = self.chance.choice((0, 1))
        steps, lines = self._scanning(till, number, person)
        steps.append(self._paying(till, number, lines, person, ago=ago))
        began = self.chance.uniform(*_LATE_S[ago])
        queued = [
            Step(till=s.till, body=s.body, ago_s=began - _STEP_S * n)
            for n, s in enumerate(steps)
        ]
        return Script(steps=queued, person=person)

    def _suspended(self) -> Script:
        here, there = self.chance.sample(TILLS, 2)
        person, number, other = self._person(), self._unique(), self._unique()
        steps, lines = self._scanning(here, number, person)
        more = self._goods(self.chance.randint(1, 3))
        steps += [
            _step(here, number, "suspend"),
            _step(there, other, "resume", **{"from": {"device": here, "basket_id": number}}),
            _step(there, other, "add", lines=[line.body for line in more]),
            self._paying(there, other, lines + more, person, ago=0),
        ]
        return Script(steps=steps, person=person)

    def _returned(self) -> Script | None:
        return self._back(more=0)

    def _exchanged(self) -> Script | None:
        return self._back(more=self.chance.randint(1, 3))

    def _back(self, more: int) -> Script | None:
        """Some lines of an earlier sale come back whole; in exchange for others, perhaps."""
        found = self._earlier()
        if found is None:
            return None
        after, sale, kept = found
        plain = [line for line in kept if line.is_plain]
        if not plain:
            return None
        back = self.chance.sample(plain, self.chance.randint(1, len(plain)))
        lines = [self._return_line(line, sale) for line in back] + self._goods(more)
        self.books.return_of(sale, [line.item for line in back])
        till, number, person = self._till(), self._unique(), sale.person
        steps = [_step(till, number, "open")]
        steps += self._identifying(till, number, person)
        steps.append(_step(till, number, "add", lines=[line.body for line in lines]))
        steps.append(self._paying(till, number, lines, person, ago=0))
        return Script(steps=steps, person=person, after=after)

    def _returned_without_sale(self) -> Script:
        till, person, number = self._till(), self._person(), self._unique()
        lines = list[_Line]()
        while not lines:
            drawn_now = [line for line in self._goods(3) if line.is_plain]
            lines = [self._return_line(line, None) for line in drawn_now]
        steps = [_step(till, number, "open"), *self._identifying(till, number, person)]
        steps.append(_step(till, number, "add", lines=[line.body for line in lines]))
        steps.append(self._paying(till, number, lines, person, ago=0))
        return Script(steps=steps, person=person)

    def _abandoned(self) -> Script:
        till, person, number = self._till(), self._person(), self._reused()
        steps, _ = self._scanning(till, number, person)
        return Script(steps=[*steps, _step(till, number, "abandon")], person=person)

    def _voided_at_once(self) -> Script:
        till, person, number = self._till(), self._person(), self._reused()
        steps, lines = self._scanning(till, number, person)
        steps.append(self._paying(till, number, lines, person, ago=0))
        self._take_back(Receipt(
            till=till, number=number, person=person, ago=0,
            items=tuple(line.item for line in lines), cuts=self._last_cuts,
        ))  # fmt: skip
        return Script(steps=[*steps, _step(till, number, "void-sale")], person=person)

    def _voided_later(self) -> Script | None:
        found = self._earlier()
        if found is None:
            return None
        after, sale, _ = found
        self._take_back(sale)
        if self.chance.random() < 0.5:
            step = _step(sale.till, sale.number, "void-sale")
        else:
            from_ = {"device": sale.till, "basket_id": sale.number}
            step = _step(self._till(), self._unique(), "void-sale", **{"from": from_})
        return Script(steps=[step], person=sale.person, after=after)

    # Their parts.

    _last_cuts: tuple[Cut, ...] = ()

    def _scanning(
        self, till: str, number: str, person: int | None
    ) -> tuple[list[Step], list[_Line]]:
        """Open, scan, void something, show a card somewhere; the steps and what lies in the basket."""
        chance = self.chance
        groups = [self._goods(chance.randint(1, 3)) for _ in range(chance.randint(1, 3))]
        lines = [line for group in groups for line in group] + self._extras()
        extras = [line for line in lines if line.article is None]
        steps = [
            _step(till, number, "add", lines=[line.body for line in group]) for group in groups
        ]
        if extras:
            steps.append(_step(till, number, "add", lines=[line.body for line in extras]))
        if len(lines) > 1 and chance.random() < 0.4:
            steps.append(self._voiding(till, number, lines))
        for step in self._identifying(till, number, person):
            steps.insert(chance.randrange(len(steps) + 1), step)
        steps.insert(0, _step(till, number, "open"))
        if chance.random() < 0.6:
            steps.append(_step(till, number, "total"))
        return steps, lines

    def _identifying(self, till: str, number: str, person: int | None) -> list[Step]:
        return [] if person is None else [_step(till, number, "identify", loyalty=person)]

    def _voiding(self, till: str, number: str, lines: list[_Line]) -> Step:
        """One line goes, by its id or its code; of several pieces perhaps only some. ``lines`` follow."""
        chance = self.chance
        line = chance.choice(lines)
        item, body = line.item, line.body
        told: Body = {"line_id": item.line_id}
        left: Fraction = Fraction(0)
        by_code = line.is_plain and sum(x.item.sku == item.sku for x in lines) == 1
        if by_code and line.article is not None and chance.random() < 0.6:
            gone = item.quantity
            if item.unit == "each" and gone > 1 and chance.random() < 0.5:
                gone = Fraction(1)
            left = item.quantity - gone
            code = chance.choice(line.article.codes)
            told = {"sku": code, "quantity": _written(gone, chance), "unit": item.unit}
            told |= {k: body[k] for k in ("price_cents", "unit_price") if k in body}
        lines.remove(line)
        if left:
            kept = Item(
                line_id=item.line_id, sku=item.sku, quantity=left, unit=item.unit, price=item.price
            )  # fmt: skip
            lines.append(
                _Line(
                    item=kept,
                    body={**body, "quantity": _written(left, chance)},
                    article=line.article,
                )
            )
        if chance.random() < 0.5:
            return _step(till, number, "add", lines=[{**told, "kind": "void"}])
        return _step(till, number, "remove", lines=[told])

    def _paying(
        self, till: str, number: str, lines: list[_Line], person: int | None, ago: int
    ) -> Step:
        """The last step, and its entry in the books."""
        cuts, told = self._cuts() if self.chance.random() < 0.12 else ((), [])
        # The price of one is no discount of a basket that anybody gives.
        pairs = [(c, t) for c, t in zip(cuts, told, strict=True) if c.kind != "price"]
        self._last_cuts = tuple(c for c, _ in pairs)
        receipt = Receipt(
            till=till, number=number, person=person, ago=ago,
            items=tuple(line.item for line in lines), cuts=self._last_cuts,
        )  # fmt: skip
        self.books.pay(receipt)
        if number.startswith("u") and not receipt.returned and receipt.sold:
            self._kept.append((len(self.scripts), receipt, list(lines)))
        body: Body = {"currency": "USD"}
        if pairs:
            body["discounts"] = [t for _, t in pairs]
        cash = self.chance.randint(0, max(0, receipt.to_pay))
        body["tenders"] = [
            {"kind": "cash", "amount": cash},
            {"kind": "card", "amount": receipt.to_pay - cash},
        ]
        return _step(till, number, "complete", **body)

    def _take_back(self, sale: Receipt) -> None:
        self.books.take_back(sale)

    def _earlier(self) -> tuple[int, Receipt, list[_Line]] | None:
        """An earlier sale, to which nothing else happens."""
        if not self._kept:
            return None
        return self._kept.pop(self.chance.randrange(len(self._kept)))

    def _goods(self, count: int) -> list[_Line]:
        return [self._line(article) for article in drawn(self.chance, count)]

    def _extras(self) -> list[_Line]:
        """Bottle deposits, taken or paid back, and now and then a bag."""
        found = list[_Line]()
        if self.chance.random() < 0.1:
            count = self.chance.choice((1, 2, 6, -1, -3))
            found.append(self._extra(DEPOSIT, count, 25))
        if self.chance.random() < 0.05:
            found.append(self._extra(FEE, 1, 10))
        return found

    def _extra(self, kind: str, count: int, cents: int) -> _Line:
        id_ = self._line_id()
        item = Item(
            line_id=id_, sku=None, quantity=Fraction(abs(count)), unit="each",
            price=Fraction(cents), kind=kind, back=count < 0,
        )  # fmt: skip
        body = {"line_id": id_, "kind": kind, "quantity": count, "price_cents": cents}
        return _Line(item=item, body=body)

    def _line(self, article: Article) -> _Line:
        id_ = self._line_id()
        if article.label:
            return self._label(article, id_)
        if article.unit == "kg":
            quantity, unit, price, body = self._weighed(article)
        else:
            quantity, unit, price, body = self._pieces(article)
        body |= {"line_id": id_, "sku": self.chance.choice(article.codes)}
        cuts, told_cuts = self._cuts() if self.chance.random() < 0.15 else ((), [])
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
        return _Line(item=item, body=body, article=article)

    def _label(self, article: Article, id_: str) -> _Line:
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
        return _Line(item=item, body=body, article=article)

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
                body["unit_price"] = _decimal(price)
        elif unit == "lb":
            quantity, price = (
                Fraction(chance.randint(5, 700), 100),
                Fraction(chance.randint(49, 499)),
            )
            body["price_cents"] = int(price)
        else:
            quantity = Fraction(chance.randint(5, 160), 10)
            price = Fraction(chance.randint(10_000, 300_000), 10_000)
            body["unit_price"] = _decimal(price)
        body["quantity"] = _written(quantity, chance)
        return quantity, unit, price, body

    def _return_line(self, line: _Line, sale: Receipt | None) -> _Line:
        """Goods come back at the price they had: said by kind, or by a minus as many tills do."""
        item, id_ = line.item, self._line_id()
        body = {**line.body, "line_id": id_}
        if "price_cents" not in body and "unit_price" not in body:
            body["unit_price"] = _decimal(item.price)
        if self.chance.random() < 0.5:
            body["kind"] = RETURN
        else:
            body["quantity"] = _written(-item.quantity, self.chance)
        if sale is not None:
            body["of"] = {"order_id": sale.number, "line_id": item.line_id}
        back = Item(
            line_id=id_, sku=item.sku, quantity=item.quantity, unit=item.unit, price=item.price,
            kind=RETURN, back=True,
        )  # fmt: skip
        return _Line(item=back, body=body, article=line.article)

    def _cuts(self) -> tuple[tuple[Cut, ...], list[Body]]:
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
            told.append({"kind": kind, "amount": _decimal(amount), "reason": "weekly"})
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

    # Names.

    def _till(self) -> str:
        return self.chance.choice(TILLS)

    def _person(self) -> int | None:
        which = self.chance.random()
        if which < 0.2:
            return None
        return self.chance.randrange(_HOUSEHOLDS if which < 0.6 else PEOPLE)

    def _reused(self) -> str:
        """A number that comes again and again, at every till."""
        return f"r{self.chance.randint(1, 5)}"

    def _unique(self) -> str:
        self._numbers += 1
        return f"u{self._numbers}"

    def _line_id(self) -> str:
        self._lines += 1
        return f"l{self._lines}"


def _step(till: str, number: str, action: str, **more: Any) -> Step:
    return Step(till=till, body={"basket_id": number, "action": action, **more})


def _decimal(value: Fraction) -> str:
    """A fraction that has an end, as it is written."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = str(abs(int(value * 10**digits))).zfill(digits + 1)
    text = whole if not digits else f"{whole[:-digits]}.{whole[-digits:]}"
    return f"-{text}" if value < 0 else text


def _written(quantity: Fraction, chance: random.Random) -> object:
    """A quantity as tills write it: a whole number, a decimal in text, or a JSON number."""
    text = _decimal(quantity)
    if quantity.denominator == 1:
        return chance.choice((int(quantity), text))
    return chance.choice((text, float(text)))
