from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import (
    BasketLine,
    BasketState,
    DiscountKind,
    LineKind,
    TillBasket,
    TillDiscount,
)
from edge.domain.ids import BasketId, DeviceId, Sku, VisitId

EMPTY = TillBasket(id=BasketId("b-1"), device=DeviceId("till-1"), visit=VisitId("v-1"))

lines = st.lists(
    st.builds(
        BasketLine,
        sku=st.sampled_from("abc").map(Sku),
        quantity=st.integers(1, 5).map(Decimal),
        unit_price=st.integers(0, 500).map(Decimal),
    ),
    max_size=6,
).map(tuple)


def line(sku: str, quantity: int = 1, price_cents: int = 100) -> BasketLine:
    return BasketLine(sku=Sku(sku), quantity=Decimal(quantity), unit_price=Decimal(price_cents))


def pieces(basket: TillBasket) -> Counter[str]:
    count = Counter[str]()
    for each in basket.lines:
        count[each.sku] += int(each.quantity)
    return count


def test_a_new_basket_is_open_and_empty() -> None:
    assert EMPTY.state is BasketState.OPEN
    assert (EMPTY.skus, EMPTY.total_cents) == ((), 0)


def test_products_are_told_once_in_scan_order() -> None:
    basket = EMPTY.adding((line("b"), line("a", 2), line("b", 3, 50)))
    assert basket.skus == ("b", "a")
    assert basket.total_cents == 100 + 200 + 150


def test_a_void_takes_from_the_last_scan_first_but_at_its_own_price_before_others() -> None:
    basket = EMPTY.adding((line("a", 2, 100), line("b"), line("a", 1, 90), line("a", 1, 100)))
    kept = (line("a", 1, 100), line("b"), line("a", 1, 90))
    assert basket.removing((line("a", 2, 100),)).lines == kept
    assert basket.removing((line("a", 1, 90),)).lines == (*basket.lines[:2], basket.lines[3])
    assert basket.removing((line("a", 1, 70),)).lines == basket.lines[:3]


def test_what_is_not_there_cannot_be_voided() -> None:
    basket = EMPTY.adding((line("a"),))
    assert basket.removing((line("z", 9),)) == basket
    assert basket.removing((line("a", 9),)).lines == ()


def test_a_paid_basket_keeps_its_lines() -> None:
    paid = EMPTY.adding((line("a"),)).closing(BasketState.COMPLETE)
    assert (paid.state, paid.skus) == (BasketState.COMPLETE, ("a",))


@given(lines, lines)
def test_adding_then_removing_is_as_if_nothing_was(
    before: tuple[BasketLine, ...], added: tuple[BasketLine, ...]
) -> None:
    basket = EMPTY.adding(before)
    assert basket.adding(added).removing(added) == basket


@given(lines, lines)
def test_removing_takes_as_many_pieces_as_stated_and_never_more_than_there_are(
    before: tuple[BasketLine, ...], gone: tuple[BasketLine, ...]
) -> None:
    basket = EMPTY.adding(before)
    assert pieces(basket.removing(gone)) == pieces(basket) - pieces(EMPTY.adding(gone))


def off(kind: DiscountKind, amount: str) -> TillDiscount:
    return TillDiscount(kind=kind, amount=Decimal(amount))


@pytest.mark.parametrize(
    ("quantity", "price", "discounts", "cents"),
    [
        ("0.432", "199", (), 86),
        ("0.5", "1", (), 1),
        ("3", "159.9", (), 480),
        ("2", "100", (off(DiscountKind.AMOUNT, "30"),), 170),
        ("2", "100", (off(DiscountKind.PERCENT, "12.5"),), 175),
        ("2", "100", (off(DiscountKind.PRICE, "80"),), 160),
        ("2", "100", (off(DiscountKind.PERCENT, "50"), off(DiscountKind.AMOUNT, "30")), 70),
        ("1", "100", (off(DiscountKind.AMOUNT, "130"),), 0),
        ("1", "100", (off(DiscountKind.PRICE, "130"),), 100),
    ],
)
def test_a_line_costs_its_price_times_quantity_less_its_discounts_rounded_as_tills_do(
    quantity: str, price: str, discounts: tuple[TillDiscount, ...], cents: int
) -> None:
    sold = BasketLine(
        sku=Sku("a"), quantity=Decimal(quantity), unit_price=Decimal(price), discounts=discounts
    )
    assert sold.amount_cents == cents
    back = replace(sold, kind=LineKind.RETURN, is_back=True)
    assert (back.amount_cents, back.is_sold, back.is_returned) == (-cents, False, True)


def test_a_basket_sums_what_was_sold_what_came_back_and_what_is_only_lent() -> None:
    lent = replace(line("deposit", 1, 25), kind=LineKind.DEPOSIT)
    bag = replace(line("fee", 1, 10), kind=LineKind.FEE)
    back = replace(line("b", 1, 50), kind=LineKind.RETURN, is_back=True)
    whole = replace(
        EMPTY.adding((line("a", 2, 100), lent, bag, back)),
        discounts=(off(DiscountKind.PERCENT, "10"),),
    )
    assert (whole.revenue_cents, whole.returned_cents, whole.deposit_cents) == (190, 50, 25)
    assert (whole.total_cents, whole.skus) == (140, ("a",))


def test_a_line_is_voided_by_its_id_at_the_price_it_had() -> None:
    first, second = (replace(line("a", 1, cents), line_id=str(cents)) for cents in (90, 100))
    basket = EMPTY.adding((first, second))
    assert basket.without("90").lines == (second,)
    assert basket.line("90") == first
    assert basket.line("7") is None


@pytest.mark.parametrize("code", ["4006381333931", "04006381333931", "004006381333931"])
def test_a_void_finds_its_product_however_its_code_is_written(code: str) -> None:
    assert EMPTY.adding((line("4006381333931"),)).removing((line(code),)).lines == ()
