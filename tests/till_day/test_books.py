"""The books of a till's day: sums worked out by hand, and a store that is one cent off is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.faults.luck import luck
from tests.till_day.books import DEPOSIT, FEE, RETURN, Books, Cut, Item, Receipt, Told
from tests.till_day.evening import Found, differences
from tests.till_day.goods import ARTICLES, milli_taken, with_check
from tests.till_day.plan import PEOPLE, TILLS, Planner

APPLE, LOOSE = "4006381300001", "4011"


def item(id_: str, sku: str | None, quantity: str, price: str, **more: object) -> Item:
    unit = "kg" if sku == LOOSE else "each"
    plain = Item(
        line_id=id_, sku=sku, quantity=Fraction(quantity), unit=unit, price=Fraction(price)
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of the test's choice


def receipt(*items: Item, **more: object) -> Receipt:
    plain = Receipt(till="till-1", number="u1", person=3, ago=0, items=items)
    return replace(plain, **more)  # type: ignore[arg-type]  # as above


def test_a_receipt_comes_to_what_is_on_paper() -> None:
    told = receipt(
        item("l1", LOOSE, "0.432", "199"),
        item("l2", APPLE, "3", "100", cuts=(Cut(kind="price", amount=Fraction(90)),)),
        item("l3", APPLE, "1", "999", cuts=(Cut(kind="percent", amount=Fraction(333, 10)),)),
        item("l4", APPLE, "1", "100", added_tax=Fraction(29, 4)),
        item("l5", None, "1", "25", kind=DEPOSIT),
        item("l6", None, "1", "10", kind=FEE),
        item("l7", APPLE, "1", "40", kind=RETURN, back=True),
        cuts=(Cut(kind="amount", amount=Fraction(36)),),
    )
    assert [i.cents for i in told.items] == [86, 270, 666, 100, 25, 10, 40]
    assert told.revenue == 86 + 270 + 666 + 100 - 36 + 10
    assert told.refund == 40
    assert told.to_pay == told.revenue - 40 + 25 + 7


@pytest.mark.parametrize(
    ("sku", "quantity", "unit", "milli"),
    [
        (APPLE, "3", "each", 3_000),
        (APPLE, "0.5", "kg", 1_000),
        (LOOSE, "0.432", "kg", 432),
        (LOOSE, "432", "g", 432),
        (LOOSE, "1", "lb", 454),
        (LOOSE, "16", "oz", 454),
    ],
)
def test_the_shelf_gives_what_was_weighed(
    sku: str, quantity: str, unit: str, milli: int
) -> None:
    assert milli_taken(ARTICLES[sku], Fraction(quantity), unit) == milli


def test_a_code_has_its_check_digit() -> None:
    assert with_check("400638133393") == "4006381333931"
    assert with_check("03600029145") == "036000291452"


def kept_by_a_right_store(books: Books) -> Found:
    """What a store would have that makes no mistake."""
    kept = Counter[Told]()
    for order, count in books.orders.items():
        kept[replace(order, to_pay=None)] += count
    for refund, count in books.refunds.items():
        kept[replace(refund, cents=-refund.cents)] += count
    for one, count in books.cancelled.items():
        whole = next(k for k in kept if replace(k, till="") == one)
        kept[whole] -= count
    # An exchange is one basket: its parts are put together.
    return Found(
        orders=books.orders.copy(),
        refunds=books.refunds.copy(),
        cancelled=books.cancelled.copy(),
        kept=+kept | Counter({k: n for k, n in kept.items() if n}),
        voided=books.cancelled.total(),
        habits=books.habits(),
        taken_milli=books.taken_milli.copy(),
        redeemed=+books.redeemed,
    )


def sales_only() -> Books:
    """A small day without exchanges, so that a basket is an order or a refund."""
    books = Books()
    for n in range(5):
        sold = receipt(
            item("l1", APPLE, "1", str(100 + n)),
            number=f"u{n}",
            person=n % 2,
            redeemed=("day-00",),
        )
        books.pay(sold)
        if n == 3:
            books.take_back(sold)
    return books


def test_a_right_store_differs_in_nothing() -> None:
    books = sales_only()
    assert differences(books, kept_by_a_right_store(books)) == ()


def _lose_an_order(seen: Found) -> Found:
    return replace(seen, orders=seen.orders - Counter([next(iter(seen.orders))]))


def _double_an_order(seen: Found) -> Found:
    return replace(seen, orders=seen.orders + Counter([next(iter(seen.orders))]))


def _a_cent_off(seen: Found) -> Found:
    first, *rest = seen.orders.elements()
    return replace(seen, orders=Counter([replace(first, cents=first.cents + 1), *rest]))


def _anothers(seen: Found) -> Found:
    first, *rest = seen.orders.elements()
    return replace(seen, orders=Counter([replace(first, person=39), *rest]))


def _a_habit_more(seen: Found) -> Found:
    return replace(seen, habits=seen.habits | {(9, 0, LOOSE)})


def _a_gram_off(seen: Found) -> Found:
    return replace(seen, taken_milli=seen.taken_milli + Counter({LOOSE: 1}))


def _not_voided(seen: Found) -> Found:
    return replace(seen, voided=0)


def _a_coupon_gone(seen: Found) -> Found:
    return replace(seen, redeemed=seen.redeemed - Counter([("day-00", 0)]))


def _a_basket_doubled(seen: Found) -> Found:
    return replace(seen, kept=seen.kept + Counter([next(iter(seen.kept))]))


@pytest.mark.parametrize(
    "spoil",
    [
        _lose_an_order, _double_an_order, _a_cent_off, _anothers, _a_habit_more, _a_gram_off, _not_voided,
        _a_basket_doubled, _a_coupon_gone,
    ],
)  # fmt: skip
def test_every_mistake_of_a_store_is_found(spoil: Callable[[Found], Found]) -> None:
    books = sales_only()
    assert differences(books, spoil(kept_by_a_right_store(books))) != ()


def test_a_planned_day_has_everything_in_it_and_is_the_same_for_the_same_seed() -> None:
    planner = Planner(luck(7))
    scripts = planner.plan(400)
    assert planner.books.receipts == 400
    steps = [step for script in scripts for step in script.steps]
    actions = {str(step.body.get("action")) for step in steps}
    assert actions >= {"open", "add", "remove", "identify", "total", "complete", "abandon"}
    assert actions >= {"suspend", "resume", "void-sale"}
    lines = [line for step in steps for line in step.body.get("lines", ())]
    assert {line.get("unit") for line in lines} >= {"kg", "g", "lb", "oz", None}
    assert {line.get("kind") for line in lines} >= {"void", "return", "deposit", "fee", None}
    assert {d["kind"] for line in lines for d in line.get("discounts", ())} == {
        "amount", "percent", "price",
    }  # fmt: skip
    assert any(line.get("price_override") for line in lines)
    assert any(line.get("tax", {}).get("included") is False for line in lines)
    assert any(step.http for step in steps)
    assert {step.body["verb"] for step in steps if step.asks} == {"redeem", "reverse"}
    assert planner.books.redeemed.total() > 20
    assert {step.till for step in steps} == set(TILLS)
    assert any(step.ago_s for step in steps)
    assert any(step.sold_ago_s for step in steps)
    people = {script.person for script in scripts if script.person is not None}
    assert people <= set(range(PEOPLE))
    again = Planner(luck(7))
    assert again.plan(400) == scripts
