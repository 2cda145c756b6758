"""A booked sale: its lines' shares of a discount, and what is left of it after goods came back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import (
    BasketLine,
    DiscountKind,
    LineKind,
    TillBasket,
    TillDiscount,
)
from edge.domain.booked_sale import BookedSale, Refund, SaleChange, SaleTies, book
from edge.domain.ids import Sku
from edge.domain.kpi import DayCount
from edge.domain.trade_unit import TradeUnit
from tests.edge.builders import ANN, DAY, NOW, basket, line


def sold(*lines: BasketLine, off: str = "0", **ties: frozenset[Sku]) -> BookedSale:
    """Ann's sale of these, with so much off the whole of it."""
    discount = TillDiscount(kind=DiscountKind.AMOUNT, amount=Decimal(off))
    paid = replace(basket("b-1", "v-1", *lines), discounts=(discount,))
    return book(paid, ANN, NOW, DAY, SaleTies(**ties))  # type: ignore[arg-type]  # only what was shown


def back(
    of: BasketLine, quantity: str, cents: int | None = None, unit: TradeUnit | None = None
) -> BasketLine:
    """So much of a line as it comes back, for its price or for ``cents``."""
    return replace(
        of,
        quantity=Decimal(quantity),
        unit=unit or of.unit,
        told_cents=cents,
        kind=LineKind.RETURN,
        is_back=True,
        of=("b-1", of.line_id),
    )


HAM = replace(line(7), quantity=Decimal("0.432"), unit_price=Decimal(1000), unit=TradeUnit.KG)
LINES = st.lists(st.builds(line, st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=5)


@given(lines=LINES, off=st.integers(0, 600))
def test_the_shares_of_a_discount_come_to_it_exactly(lines: list[BasketLine], off: int) -> None:
    paid = sold(*lines, off=str(off))
    whole = sum(one.amount_cents for one in lines)
    assert paid.cents == whole - min(off, whole)
    assert paid.counts[DayCount.REVENUE_CENTS] == paid.cents


@given(lines=LINES, off=st.integers(0, 600), data=st.data())
def test_all_of_it_in_any_parts_leaves_nothing(
    lines: list[BasketLine], off: int, data: st.DataObject
) -> None:
    paid = sold(*lines, off=str(off))
    while paid.standing:
        one = data.draw(st.sampled_from(paid.standing))
        quantity = Decimal(data.draw(st.integers(1, int(one.quantity))))
        of = next(x for x in lines if x.sku == one.sku)
        # Of one product's lines the first that has something left is meant.
        place = paid.place(one.key, None)
        assert place is not None
        held = paid.lines[place]
        quantity = min(quantity, held.quantity)
        refund = back(of, str(quantity), held.refund_cents(quantity))
        paid = paid.taking_back(refund).sale
    assert (paid.baskets, paid.cents, paid.items.total()) == (0, 0, 0)
    assert not +paid.counts


@given(lines=LINES, data=st.data())
def test_putting_back_what_came_back_changes_nothing(
    lines: list[BasketLine], data: st.DataObject
) -> None:
    paid = sold(*lines)
    one = data.draw(st.sampled_from(lines))
    done = paid.taking_back(back(one, str(data.draw(st.integers(1, 20)))))
    again = done.sale
    for refund in done.refunds:
        if refund.sale is not None:
            again = again.changed(refund, Decimal(1))
    assert again == paid


def test_more_than_was_sold_comes_from_no_sale() -> None:
    done = sold(line(1, 2)).taking_back(back(line(1), "3"))
    known, rest = done.refunds
    assert (known.sale, known.quantity, known.cents) == (done.sale.id, Decimal(2), 202)
    assert (rest.sale, rest.quantity, rest.cents) == (None, Decimal(1), 101)
    assert done.sale.cents == 0


def test_a_product_on_two_lines_comes_back_of_both() -> None:
    done = sold(line(1, 2), line(1, 1)).taking_back(back(line(1), "3"))
    assert [(r.place, r.quantity) for r in done.refunds] == [(0, Decimal(2)), (1, Decimal(1))]
    assert done.sale.baskets == 0


def test_a_line_id_says_which_line_it_is() -> None:
    first, second = replace(line(1), line_id="a"), replace(line(1), line_id="b")
    done = sold(first, second).taking_back(back(second, "1"))
    assert [r.place for r in done.refunds] == [1]


def test_a_weight_comes_back_in_another_unit() -> None:
    done = sold(HAM).taking_back(back(HAM, "132", 132, TradeUnit.G))
    (left,) = done.sale.standing
    assert (left.quantity, left.amount_cents, left.pieces) == (Decimal("0.300"), 300, 1)


def test_pounds_of_what_was_sold_by_the_kilogram_leave_no_speck() -> None:
    pounds = replace(HAM, quantity=Decimal("0.45359237"))
    done = sold(pounds).taking_back(back(pounds, "1", 454, TradeUnit.LB))
    assert done.sale.standing == ()
    assert [r.sale for r in done.refunds] == ["b-1"]


def test_pieces_are_not_taken_off_a_weight() -> None:
    done = sold(HAM).taking_back(back(replace(HAM, unit=TradeUnit.EACH), "1"))
    assert [r.sale for r in done.refunds] == [None]
    assert done.sale == sold(HAM)


def test_what_the_till_pays_back_is_what_the_sale_is_less() -> None:
    done = sold(line(1, 2)).taking_back(back(line(1), "1", 60))
    assert done.sale.cents == 202 - 60


def test_only_what_a_screen_had_shown_is_taken_off_that() -> None:
    before = sold(line(1), line(2), shown=frozenset({Sku("2")}))
    after = before.taking_back(back(line(2), "1")).sale
    change = SaleChange(before=before, after=after)
    assert change.counts[DayCount.SHOWN_LINES] == -1
    assert change.counts[DayCount.SHOWN_CENTS] == -102
    assert (change.baskets, sorted(change.gone), sorted(change.back)) == (0, [2], [])


def test_a_sale_taken_back_whole_is_none_and_had_no_returns() -> None:
    refund = Refund(Sku("3"), Decimal(1), TradeUnit.EACH, 100)
    paid = replace(sold(line(1)), refunds=(refund,), fees_cents=25)
    assert paid.counts[DayCount.RETURNED_CENTS] == 100
    gone = paid.voided()
    assert (gone.is_void, gone.cents, +gone.counts) == (True, 0, {})


@pytest.mark.parametrize(("quantity", "pieces"), [("3", 3), ("0.5", 1), ("0", 0)])
def test_pieces_are_things_for_a_shopper(quantity: str, pieces: int) -> None:
    paid: TillBasket = basket("b-1", "v-1", line(1, 4))
    booked = book(paid, None, NOW, DAY, SaleTies())
    (one,) = booked.lines
    assert replace(one, quantity=Decimal(quantity)).pieces == pieces
    assert not booked.is_known
