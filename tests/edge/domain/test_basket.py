from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import BasketLine, BasketState, TillBasket
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
