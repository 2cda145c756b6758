"""A till's day made up by chance: what each till says, step by step, and the books of what it meant."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.till_day.books import SALE, Books, Cut, Item, Receipt
from tests.till_day.goods import OFF_CENTS, OFFERS, code_of
from tests.till_day.receipt_lines import Body, DrawnLine, LineDrawer, written

TILLS = tuple(f"till-{number}" for number in range(1, 9))
PEOPLE = 40
# Half of all receipts are of these, so that one card is at two tills at once.
_HOUSEHOLDS = 10
_RETURNERS = (36, 37, 38, 39)
_LATE_S = {0: (20 * 60.0, 90 * 60.0), 1: (18 * 3600.0, 30 * 3600.0)}
_STEP_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message. ``ago_s``: it waits in the till since then; ``sold_ago_s``: it says that the sale was then.

    ``asks``: it is a question about an offer, which must be granted.
    """

    till: str
    body: Body
    ago_s: float = 0
    sold_ago_s: float | None = None
    http: bool = False
    asks: bool = False


@dataclass(slots=True, kw_only=True)
class Script:
    """One customer at the till, or two steps of one at two; begins when ``after`` is over. ``paid`` receipts."""

    steps: list[Step]
    person: int | None = None
    after: int | None = None
    paid: int = 0


@dataclass(slots=True)
class Planner:
    """Draws the day's customers. ``books`` are complete when `plan` returns."""

    chance: random.Random
    drawn: LineDrawer = field(init=False)
    books: Books = field(default_factory=Books)
    scripts: list[Script] = field(default_factory=list[Script])
    _kept: list[tuple[int, Receipt, list[DrawnLine]]] = field(
        default_factory=list[tuple[int, Receipt, list[DrawnLine]]]
    )
    _turn_of: dict[int, int] = field(default_factory=dict[int, int])
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.drawn = LineDrawer(self.chance)

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
                # Some are two customers' worth, of which the first is planned already.
                script.paid = script.paid or self.books.receipts - before
                self.scripts.append(script)
        return self.scripts

    # Customers.

    def _scanned(self) -> Script:
        till, person = self._till(), self._person()
        number = self._reused() if self.chance.random() < 0.6 else self._unique()
        steps, lines = self._scanning(till, number, person)
        steps += self._redeeming(till, number, lines)
        steps.append(self._paying(till, number, lines, person, ago=0))
        return Script(steps=steps, person=person)

    def _replaced(self) -> Script:
        """The till's last word replaces what was scanned; now and then it differs."""
        till, person, number = self._till(), self._person(), self._unique()
        steps, lines = self._scanning(till, number, person)
        if self.chance.random() < 0.5:
            lines = lines[: max(1, len(lines) - 1)] + self.drawn.goods(1)
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
        lines = self.drawn.goods(self.chance.randint(1, 6)) + self.drawn.extras()
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
        steps += self._redeeming(here, number, lines)
        more = self.drawn.goods(self.chance.randint(1, 3))
        paying = self._paying(there, other, lines + more, person, ago=0)
        steps += [
            _step(here, number, "suspend"),
            _step(there, other, "resume", **{"from": {"device": here, "basket_id": number}}),
        ]
        if self.chance.random() < 0.5:
            # The next customer here gets the number that has become free.
            theirs = self.drawn.goods(2)
            steps.append(_step(here, number, "add", lines=[line.body for line in theirs]))
            steps.append(self._paying(here, number, theirs, None, ago=0))
        steps += [_step(there, other, "add", lines=[line.body for line in more]), paying]
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
        lines = [self.drawn.returned(line, sale) for line in back] + self.drawn.goods(more)
        self.books.return_of(sale, [line.item for line in back])
        till, number, person = self._till(), self._unique(), sale.person
        steps = [_step(till, number, "open")]
        steps += self._identifying(till, number, person)
        steps.append(_step(till, number, "add", lines=[line.body for line in lines]))
        steps.append(self._paying(till, number, lines, person, ago=0))
        return Script(steps=steps, person=person, after=after)

    def _returned_without_sale(self) -> Script:
        """Goods without a receipt: by nobody, or by people who do nothing else, one thing after the other.

        Whose day it was nobody can say then: the store takes the latest on which they bought it.
        """
        chance = self.chance
        person = chance.choice((None, *_RETURNERS))
        till, number, lines = self._till(), self._unique(), list[DrawnLine]()
        while not any(line.is_plain for line in lines):
            lines = self.drawn.goods(3)
        if person is not None:
            steps = [_step(till, number, "open"), *self._identifying(till, number, person)]
            steps.append(_step(till, number, "add", lines=[line.body for line in lines]))
            steps.append(self._paying(till, number, lines, person, ago=0))
            # Nothing else may happen to this sale.
            self._kept.pop()
            sold = Script(steps=steps, person=person, after=self._turn_of.get(person), paid=1)
            self._turn_of[person] = len(self.scripts)
            self.scripts.append(sold)
        back = [self.drawn.returned(line, None) for line in lines if line.is_plain]
        self.books.return_of_nothing(person, [line.item for line in back])
        number = self._unique()
        steps = [_step(till, number, "open"), *self._identifying(till, number, person)]
        steps.append(_step(till, number, "add", lines=[line.body for line in back]))
        steps.append(self._paying(till, number, back, person, ago=0))
        after = None if person is None else self._turn_of[person]
        if person is not None:
            self._turn_of[person] = len(self.scripts)
        return Script(steps=steps, person=person, after=after, paid=1)

    def _abandoned(self) -> Script:
        till, person, number = self._till(), self._person(), self._reused()
        steps, lines = self._scanning(till, number, person)
        steps += self._redeeming(till, number, lines)
        self._redeemed = ()
        return Script(steps=[*steps, _step(till, number, "abandon")], person=person)

    def _voided_at_once(self) -> Script:
        till, person, number = self._till(), self._person(), self._reused()
        steps, lines = self._scanning(till, number, person)
        steps += self._redeeming(till, number, lines)
        redeemed = self._redeemed
        steps.append(self._paying(till, number, lines, person, ago=0))
        self.books.take_back(Receipt(
            till=till, number=number, person=person, ago=0,
            items=tuple(line.item for line in lines), cuts=self._last_cuts, redeemed=redeemed,
        ))  # fmt: skip
        return Script(steps=[*steps, _step(till, number, "void-sale")], person=person)

    def _voided_later(self) -> Script | None:
        found = self._earlier()
        if found is None:
            return None
        after, sale, _ = found
        self.books.take_back(sale)
        if self.chance.random() < 0.5:
            step = _step(sale.till, sale.number, "void-sale")
        else:
            from_ = {"device": sale.till, "basket_id": sale.number}
            step = _step(self._till(), self._unique(), "void-sale", **{"from": from_})
        return Script(steps=[step], person=sale.person, after=after)

    # Their parts.

    _last_cuts: tuple[Cut, ...] = ()
    _redeemed: tuple[str, ...] = ()

    def _scanning(
        self, till: str, number: str, person: int | None
    ) -> tuple[list[Step], list[DrawnLine]]:
        """Open, scan, void something, show a card somewhere; the steps and what lies in the basket."""
        chance = self.chance
        groups = [self.drawn.goods(chance.randint(1, 3)) for _ in range(chance.randint(1, 3))]
        lines = [line for group in groups for line in group] + self.drawn.extras()
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

    def _redeeming(self, till: str, number: str, lines: list[DrawnLine]) -> list[Step]:
        """Offers on what lies in the basket: asked for, put back now and then, gone with their line."""
        chance, steps, kept = self.chance, list[Step](), list[str]()
        sold = {line.item.sku for line in lines if line.item.kind == SALE}
        for offer, sku in OFFERS.items():
            if sku not in sold or chance.random() < 0.3:
                continue
            name = chance.choice(({"offer_id": offer}, {"code": code_of(offer).lower()}))
            steps.append(_asking(till, number, "redeem", name))
            kept.append(offer)
            which = chance.random()
            if which < 0.15:
                steps.append(_asking(till, number, "reverse", name))
                kept.remove(offer)
            elif which < 0.3 and len(lines) > 1:
                # With the last line of its article it is gone.
                gone = [line for line in lines if line.item.sku == sku]
                ids = [{"line_id": line.item.line_id} for line in gone]
                lines[:] = [line for line in lines if line.item.sku != sku]
                steps.append(_step(till, number, "remove", lines=ids))
                kept.remove(offer)
        self._redeemed = tuple(kept)
        return steps

    def _identifying(self, till: str, number: str, person: int | None) -> list[Step]:
        return [] if person is None else [_step(till, number, "identify", loyalty=person)]

    def _voiding(self, till: str, number: str, lines: list[DrawnLine]) -> Step:
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
            told = {"sku": code, "quantity": written(gone, chance), "unit": item.unit}
            told |= {k: body[k] for k in ("price_cents", "unit_price") if k in body}
        lines.remove(line)
        if left:
            kept = Item(
                line_id=item.line_id, sku=item.sku, quantity=left, unit=item.unit, price=item.price
            )  # fmt: skip
            lines.append(
                DrawnLine(
                    item=kept,
                    body={**body, "quantity": written(left, chance)},
                    article=line.article,
                )
            )
        if chance.random() < 0.5:
            return _step(till, number, "add", lines=[{**told, "kind": "void"}])
        return _step(till, number, "remove", lines=[told])

    def _paying(
        self, till: str, number: str, lines: list[DrawnLine], person: int | None, ago: int
    ) -> Step:
        """The last step, and its entry in the books."""
        cuts, told = self.drawn.cuts() if self.chance.random() < 0.12 else ((), [])
        # The price of one is no discount of a basket that anybody gives.
        pairs = [(c, t) for c, t in zip(cuts, told, strict=True) if c.kind != "price"]
        # What the till was granted it takes off, and says which offer it was.
        for offer in self._redeemed:
            cut = Cut(kind="amount", amount=Fraction(OFF_CENTS))
            pairs.append((cut, {"kind": "amount", "amount": OFF_CENTS, "offer_id": offer}))
        self._last_cuts = tuple(c for c, _ in pairs)
        receipt = Receipt(
            till=till, number=number, person=person, ago=ago,
            items=tuple(line.item for line in lines), cuts=self._last_cuts, redeemed=self._redeemed,
        )  # fmt: skip
        self._redeemed = ()
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

    def _earlier(self) -> tuple[int, Receipt, list[DrawnLine]] | None:
        """An earlier sale, to which nothing else happens."""
        if not self._kept:
            return None
        return self._kept.pop(self.chance.randrange(len(self._kept)))

    # Names.

    def _till(self) -> str:
        return self.chance.choice(TILLS)

    def _person(self) -> int | None:
        which = self.chance.random()
        if which < 0.2:
            return None
        return self.chance.randrange(_HOUSEHOLDS if which < 0.6 else _RETURNERS[0])

    def _reused(self) -> str:
        """A number that comes again and again, at every till."""
        return f"r{self.chance.randint(1, 5)}"

    def _unique(self) -> str:
        self._numbers += 1
        return f"u{self._numbers}"


def _asking(till: str, number: str, verb: str, name: Body) -> Step:
    body = {"verb": verb, "basket_id": number, "deadline_ms": 5_000, **name}
    return Step(till=till, body=body, asks=True)


def _step(till: str, number: str, action: str, **more: Any) -> Step:
    return Step(till=till, body={"basket_id": number, "action": action, **more})
