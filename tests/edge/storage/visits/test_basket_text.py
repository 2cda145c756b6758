from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import BasketLine, DiscountKind, LineKind, TillDiscount
from edge.domain.ids import OfferId, Sku
from edge.domain.trade_unit import TradeUnit
from edge.storage.visits.basket_text import (
    lines_of_json,
    lines_to_json,
    more_of_json,
    more_to_json,
)
from tests.edge.builders import basket

decimals = st.decimals("0.001", "9999", places=3)
discounts = st.lists(
    st.builds(
        TillDiscount,
        kind=st.sampled_from(DiscountKind),
        amount=decimals,
        offer=st.none() | st.just(OfferId("o-1")),
        promotion=st.none() | st.just("p-1"),
        reason=st.none() | st.just("damaged"),
    ),
    max_size=2,
).map(tuple)
lines = st.lists(
    st.builds(
        BasketLine,
        sku=st.sampled_from("abc").map(Sku),
        quantity=decimals,
        unit_price=decimals,
        unit=st.sampled_from(TradeUnit),
        kind=st.sampled_from(LineKind),
        is_back=st.booleans(),
        line_id=st.none() | st.just("7"),
        told_cents=st.none() | st.integers(0, 9_999),
        overridden=st.booleans(),
        discounts=discounts,
        tax_pct=st.none() | decimals,
        tax_added=st.booleans(),
        of=st.none() | st.just(("0815", "3")) | st.just(("0815", None)),
    ),
    max_size=3,
).map(tuple)


@given(lines)
def test_lines_come_back_as_they_were(given_lines: tuple[BasketLine, ...]) -> None:
    assert lines_of_json(lines_to_json(given_lines)) == given_lines


@given(off=discounts, flag=st.booleans(), unread=st.integers(0, 3))
def test_what_a_basket_knows_beside_its_lines_comes_back(
    off: tuple[TillDiscount, ...], *, flag: bool, unread: int
) -> None:
    known = replace(
        basket(),
        discounts=off,
        tenders=(("cash", 500),),
        unread=unread,
        differs=flag,
        late=flag,
    )
    assert replace(basket(), **more_of_json(more_to_json(known))) == known


def test_lines_of_the_first_releases_are_read() -> None:
    (line,) = lines_of_json('[["1001", 2, 129]]')
    assert (line.sku, line.quantity, line.unit_price, line.unit) == (
        "1001",
        Decimal(2),
        Decimal(129),
        TradeUnit.EACH,
    )
