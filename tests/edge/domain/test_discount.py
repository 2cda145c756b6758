from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.discount import OfferDiscount, OfferDiscountKind

Kind = OfferDiscountKind
discounts = st.builds(
    OfferDiscount,
    kind=st.sampled_from(Kind),
    amount=st.integers(0, 1_000),
    max=st.none() | st.integers(1, 500),
    per=st.sampled_from(["item", "basket"]),
)


@pytest.mark.parametrize(
    ("kind", "amount", "most", "price", "off"),
    [
        (Kind.AMOUNT, 50, None, 275, 50),
        (Kind.AMOUNT, 500, None, 275, 275),
        (Kind.PERCENT, 20, None, 275, 55),
        (Kind.PERCENT, 15, None, 90, 14),
        (Kind.PERCENT, 50, 100, 275, 100),
        (Kind.PRICE, 199, None, 275, 76),
        (Kind.PRICE, 300, None, 275, 0),
        (Kind.POINTS, 500, None, 275, 0),
        (Kind.GIFT, 1, None, 275, 0),
    ],
)
def test_each_kind_takes_off_what_it_says(
    kind: Kind, amount: int, most: int | None, price: int, off: int
) -> None:
    assert OfferDiscount(kind=kind, amount=amount, max=most).off(price) == off


@given(discounts, st.integers(0, 10_000))
def test_nothing_ever_costs_less_than_nothing_or_more_than_before(
    discount: OfferDiscount, price: int
) -> None:
    most = price if discount.max is None else min(price, discount.max)
    assert 0 <= discount.off(price) <= most
