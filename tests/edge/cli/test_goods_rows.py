from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from edge.cli.column_map import HEADINGS, ColumnMap, plainly
from edge.cli.goods_rows import (
    Row,
    RowContext,
    RowFault,
    RowReader,
    RowRefused,
    count_of,
    number_of,
    price_of,
    product_of,
    promotion_of,
)
from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey, Sku
from edge.domain.product_code import CodeRules
from edge.storage.catalogue.products import ProductRow
from edge.storage.catalogue.promotions import PromotionRow
from edge.storage.catalogue.stock import StockRow

MODELS: Mapping[RowReader, type[BaseModel]] = {
    product_of: ProductRow,
    price_of: ProductRow,
    count_of: StockRow,
    promotion_of: PromotionRow,
}
FIELDS = {name: name for name in HEADINGS}


def context(
    *, decimal: str | None = None, comma: bool = False, exponent: int = 2
) -> RowContext:
    return RowContext(
        columns=ColumnMap(decimal=decimal),
        matched=FIELDS,
        sold={},
        rules=CodeRules(exponent=exponent),
        decimal_comma=comma,
    )


def fault(text: str, where: RowContext) -> RowFault:
    with pytest.raises(RowRefused) as refused:
        number_of("price", text, where)
    return refused.value.fault


@pytest.mark.parametrize(
    ("text", "comma", "found"),
    [
        ("1", False, "1"),
        ("1.99", False, "1.99"),
        ("1,99", False, "1.99"),  # two digits are no group of thousands
        ("1,99", True, "1.99"),
        ("1.99", True, "1.99"),
        (".5", False, "0.5"),
        ("5.", False, "5"),
        ("1.234", False, "1.234"),
        ("1,234", True, "1.234"),
        ("1,234.50", False, "1234.50"),
        ("1.234,50", True, "1234.50"),
        ("1 234 567", False, "1234567"),
        ("1\u202f234,50", True, "1234.50"),
        ("1'234.50", False, "1234.50"),
        ("1,234,567", False, "1234567"),
        ("-3", False, "-3"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, *, comma: bool, found: str) -> None:
    assert number_of("price", text, context(comma=comma)) == Decimal(found)


@pytest.mark.parametrize(
    ("text", "comma"), [("1,234", False), ("1.234", True), ("12.345", True)]
)
def test_a_number_that_could_be_two_is_refused_until_the_mark_is_named(
    text: str, *, comma: bool
) -> None:
    assert fault(text, context(comma=comma)) is RowFault.AMBIGUOUS_NUMBER
    digits = text.replace(",", "").replace(".", "")
    mark = "," if comma else "."
    assert number_of("price", text, context(decimal=mark)) == Decimal(digits)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,2,3", "1,23,456", "NaN", "1e5", "--1", "٣", "0x10", "1/2"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert fault(text, context()) is RowFault.NO_NUMBER


def test_a_number_longer_than_any_price_is_out_of_range() -> None:
    assert fault("1" * 40, context()) is RowFault.OUT_OF_RANGE
    assert number_of("price", "0", context()) == 0


@given(number=st.decimals(0, 10**9, places=2), comma=st.booleans())
def test_a_number_written_with_both_marks_comes_back(number: Decimal, *, comma: bool) -> None:
    text = f"{number:,.2f}"
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    assert number_of("price", text, context(comma=comma)) == number


cells = (
    st.none()
    | st.text(st.characters(), max_size=30)
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.lists(st.integers(), max_size=2)
    | st.sampled_from(["4011", "1.99", "2026-11-30", "kg", "USD", "€ 3", "4E+12", "x" * 2_000])
)
tables = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, cells))


@given(tables, st.sampled_from([product_of, price_of, count_of, promotion_of]))
def test_any_row_is_a_body_of_its_stream_or_refused_by_a_closed_reason(
    row: Mapping[str, object], read: RowReader
) -> None:
    refused: RowRefused | None = None
    try:
        MODELS[read].model_validate(read(Row(row, context())))
    except RowRefused as error:
        refused = error
    assert refused is None or (refused.fault in RowFault and refused.field in FIELDS)


def test_days_and_truths_of_a_typed_table_are_what_they_are() -> None:
    day = {"sku": "7", "from": date(2026, 11, 30), "until": datetime(2026, 12, 6, 9, 30)}
    body = promotion_of(Row(day, context()))
    assert (body["from"], body["until"]) == ("2026-11-30", "2026-12-06")
    with pytest.raises(RowRefused, match="unreadable"):
        Row({"sku": True}, context()).sku()
    oil = Product(
        key=ItemKey(7), sku=Sku("7"), name="Oil", category="", department="", price_cents=1
    )
    with pytest.raises(RowRefused, match="no-price"):
        price_of(Row({"sku": "7"}, replace(context(), sold={ItemKey(7): oil})))


def test_no_usual_heading_stands_for_two_fields() -> None:
    plain = [plainly(heading) for headings in HEADINGS.values() for heading in headings]
    assert len(plain) == len(set(plain))


def test_of_several_usual_headings_the_first_of_the_list_counts() -> None:
    found = ColumnMap().matched(("product_id", "UPC", "Item Name", "EAN"), ("sku", "name"))
    assert found == {"sku": "EAN", "name": "Item Name"}


def test_a_column_that_the_map_gives_away_is_not_taken_for_another_field() -> None:
    told = ColumnMap(columns={"name": "code"})
    assert told.matched(("code", "plu"), ("sku", "name")) == {"name": "code", "sku": "plu"}
