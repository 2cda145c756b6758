from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.trade_unit import WEIGHTS, TradeUnit, converted, taken

weights = st.sampled_from(sorted(WEIGHTS))


@pytest.mark.parametrize(
    ("quantity", "unit", "wanted", "found"),
    [
        ("0.432", "kg", "g", "432"),
        ("432", "g", "kg", "0.432"),
        ("1", "lb", "g", "453.59237"),
        ("1", "lb", "kg", "0.45359237"),
        ("16", "oz", "lb", "1"),
        ("8", "oz", "lb", "0.5"),
        ("1", "oz", "g", "28.349523125"),
        ("3", "each", "each", "3"),
        ("1.5", "l", "l", "1.5"),
    ],
)
def test_a_quantity_is_the_same_in_another_unit(
    quantity: str, unit: str, wanted: str, found: str
) -> None:
    assert converted(Decimal(quantity), TradeUnit(unit), TradeUnit(wanted)) == Decimal(found)


@pytest.mark.parametrize(
    ("unit", "wanted"), [("each", "kg"), ("lb", "each"), ("l", "kg"), ("g", "l"), ("l", "each")]
)
def test_pieces_weights_and_litres_say_nothing_of_each_other(unit: str, wanted: str) -> None:
    assert converted(Decimal(1), TradeUnit(unit), TradeUnit(wanted)) is None


@given(st.integers(0, 10**7), weights, weights)
def test_there_and_back_is_what_it_was_to_a_thousandth(
    thousandths: int, unit: TradeUnit, other: TradeUnit
) -> None:
    quantity = Decimal(thousandths) / 1000
    there = converted(quantity, unit, other)
    assert there is not None
    back = converted(there, other, unit)
    assert back is not None
    assert round(back, 3) == quantity


@pytest.mark.parametrize(
    ("quantity", "unit", "counted_in", "less"),
    [
        ("3", "each", "each", "3"),
        ("432", "g", "kg", "0.432"),
        ("0.432", "kg", "each", "1"),
        ("-0.432", "kg", "each", "-1"),
        ("2", "l", "each", "1"),
        ("3", "each", "kg", "0"),
        ("1", "l", "lb", "0"),
    ],
)
def test_a_line_takes_off_a_stock_what_can_be_told_of_it(
    quantity: str, unit: str, counted_in: str, less: str
) -> None:
    assert taken(Decimal(quantity), TradeUnit(unit), TradeUnit(counted_in)) == Decimal(less)
