"""A till's own ids and numbers in the words of the contract."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.tills.sale import decimal_of, plain_id, sale_key, text_of_number

IDS = st.text(min_size=1, max_size=80)


@given(one=st.tuples(IDS, IDS), other=st.tuples(IDS, IDS))
def test_ids_fit_the_contract_and_differ_where_the_till_s_do(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    for ids in (one, other):
        assert re.fullmatch(r"[A-Za-z0-9._:~/-]{1,64}", plain_id(*ids))
        assert re.fullmatch(r"[A-Za-z0-9._~-]{1,64}", sale_key(*ids))
    assert (plain_id(*one) == plain_id(*other)) == (one == other)
    assert (sale_key(*one) == sale_key(*other)) == (one == other)


@given(value=st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_is_the_same_in_text_and_in_json(value: Decimal) -> None:
    assert decimal_of(str(value)) == value
    assert Decimal(text_of_number(value)) == value
    read = decimal_of(float(value))
    assert read is not None
    assert abs(read - value) < Decimal("0.0001")


@pytest.mark.parametrize(
    "value", ["", "1e9", "NaN", "0x1", "1,5", "--1", "9" * 20, None, True, [], {}, float("inf")]
)
def test_what_is_no_number_is_none(value: object) -> None:
    assert decimal_of(value) is None
