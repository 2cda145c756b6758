"""A currency's smallest unit is as small as ISO 4217 says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.currency import currency


@pytest.mark.parametrize(
    ("code", "amount", "words"),
    [
        ("JPY", 98, "98"),
        ("KRW", 12000, "12000"),
        ("EUR", 399, "3.99"),
        ("USD", 5, "0.05"),
        ("USD", -1005, "-10.05"),
        ("KWD", 1234, "1.234"),
        ("BHD", 5, "0.005"),
        ("CLF", 12345, "1.2345"),
    ],
)
def test_an_amount_is_written_with_the_currencys_own_digits(
    code: str, amount: int, words: str
) -> None:
    assert currency(code).words(amount) == words


@pytest.mark.parametrize("code", ["ABC", "eur", "", "XAU", "XXX", "XTS", "EURO", "978"])
def test_what_nobody_pays_with_is_no_currency(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        currency(code)


@given(st.sampled_from(["JPY", "EUR", "KWD", "CLF"]), st.integers(-(10**12), 10**12))
def test_no_unit_is_lost(code: str, amount: int) -> None:
    money = currency(code)
    assert Decimal(money.words(amount)).scaleb(money.exponent) == amount
    assert money.decimal(amount) == Decimal(money.words(amount))
