"""What is left out of a source and counted, what is refused, and what never matters."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import SourceUnreadable
from models.items import item_key
from models.sources import receipts
from models.sources.journey import Journey, read_journey
from models.sources.row_filter import LEFT_OUT, NO_CARD, PIECES_MAX, VALUE_MAX
from tests.models.stall import TILL, Columns, products, read, repeated, stall, till, told

AFRESH = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def first(name: str, value: Any) -> Columns:
    """The till's lines with another value in the first row."""
    column = till()[name].copy()
    column[0] = value
    return till(**{name: column})


SPOILT: dict[str, Columns] = {
    "product-unknown": first("product_id", 999),
    "quantity-not-positive": first("quantity", -1),
    "quantity-too-high": first("quantity", PIECES_MAX + 1),
    "value-negative": first("sales_value", -0.01),
    "value-too-high": first("sales_value", VALUE_MAX + 1),
}


@pytest.mark.parametrize("reason", sorted(SPOILT))
def test_a_broken_row_is_left_out_under_its_reason(tmp_path: Path, reason: str) -> None:
    journey = read(tmp_path, SPOILT[reason])
    assert journey.left_out == {reason: 1}
    assert len(journey.lines.day) == 3


@pytest.mark.parametrize("stamp", ["1989-12-31T23", "0001-01-01", "2101-01-01", "9999-12-31"])
def test_a_line_of_an_absurd_date_is_left_out(tmp_path: Path, stamp: str) -> None:
    journey = read(tmp_path, first("transaction_timestamp", np.datetime64(stamp, "s")))
    assert journey.left_out == {"date-out-of-range": 1}


@pytest.mark.parametrize("zero", [0, 0.0, -2.5])
def test_a_row_without_a_piece_is_no_purchase(tmp_path: Path, zero: float) -> None:
    journey = read(tmp_path, till(quantity=np.array([zero, 1, 1, 1])))
    assert journey.left_out == {"quantity-not-positive": 1}


def test_untyped_products_and_fuel_are_told_apart(tmp_path: Path) -> None:
    goods = products(
        product_type=["WHITE BREAD", None, "GASOLINE"], department=["GROCERY", "ODD", "FUEL"]
    )
    journey = read(tmp_path, till(), goods)
    assert journey.left_out == {"product-untyped": 1, "product-not-goods": 1}
    assert journey.items.keys.tolist() == [100]


def test_a_repeated_line_counts_once(tmp_path: Path) -> None:
    journey = read(tmp_path, repeated(till(), [0, 1, 2, 3, 0, 0]))
    assert journey.left_out == {"line-repeated": 2}
    assert told(journey)[:-1] == told(read(tmp_path / "once"))[:-1]


def test_lines_that_differ_in_the_price_are_two_purchases(tmp_path: Path) -> None:
    lines = repeated(till(), [0, 1, 2, 3, 0])
    lines["sales_value"] = np.array([1.5, 4.0, 1.7, 0.99, 1.49])
    journey = read(tmp_path, lines)
    assert not journey.left_out
    assert journey.lines.cents.tolist() == [149, 150, 400, 170, 99]


def test_a_product_told_twice_is_counted(tmp_path: Path) -> None:
    journey = read(tmp_path, till(), repeated(products(), [0, 1, 2, 1]))
    assert journey.left_out == {"product-repeated": 1}


def test_a_row_counts_under_its_first_reason_only(tmp_path: Path) -> None:
    lines = first("product_id", 999)
    lines["quantity"] = np.array([0, 1, 1, 1])
    assert read(tmp_path, lines).left_out == {"product-unknown": 1}


def test_every_reason_is_on_the_list_with_its_meaning() -> None:
    named = {"date-out-of-range", "product-untyped", "product-not-goods", "basket-missing"}
    counted = {"line-repeated", "product-repeated", "product-nameless"}
    assert set(LEFT_OUT) == set(SPOILT) | set(GAPS.values()) | named | counted
    assert all(meaning and "\n" not in meaning for meaning in LEFT_OUT.values())


@given(rows=st.permutations(range(6)), goods=st.permutations(range(3)))
@AFRESH
def test_the_order_of_rows_never_matters(
    tmp_path: Path, rows: list[int], goods: list[int]
) -> None:
    # The same receipt twice, and the same second at two tills: the ties that an order could show in.
    lines = repeated(till(), [0, 1, 2, 3, 0, 0])
    lines["sales_value"] = np.array([1.5, 4.0, 1.7, 0.99, 1.5, 1.2])
    lines["store_id"] = np.array([3, 3, 3, 4, 5, 2])
    mixed = read(tmp_path / "mixed", repeated(lines, rows), repeated(products(), goods))
    assert told(mixed) == told(read(tmp_path / "plain", lines))


@given(data=st.data())
@AFRESH
def test_the_width_of_numbers_never_matters(tmp_path: Path, data: st.DataObject) -> None:
    widths = st.sampled_from([pa.int32(), pa.int64(), pa.uint64(), pa.float64()])
    whole = ("household_id", "store_id", "basket_id", "product_id", "quantity", "week")
    lines = till()
    for name in whole:
        lines[name] = pa.array(lines[name]).cast(data.draw(widths))
    unit = data.draw(st.sampled_from(["s", "ms", "us", "ns"]))
    stamps = pa.array(lines["transaction_timestamp"])
    lines["transaction_timestamp"] = stamps.cast(pa.timestamp(unit))
    assert told(read(tmp_path / "other", lines)) == told(read(tmp_path / "plain"))


def test_ids_of_text_make_the_same_journey_under_other_names(tmp_path: Path) -> None:
    lines = till(household_id=["A", "A", "B", "B"], product_id=["0100", "0101", "0100", "0102"])
    journey = read(tmp_path, lines, products(product_id=["0100", "0101", "0102"]))
    assert journey.households.tolist() == sorted([item_key("A"), item_key("B")])
    assert journey.items.keys.tolist() == [100, 101, 102]
    assert journey.product_ids.tolist() == ["0100", "0101", "0102"]
    assert np.count_nonzero(journey.trips.household == item_key("B")) == 2


def test_ids_wider_than_32_bits_stay_what_they_are(tmp_path: Path) -> None:
    far = 10**12
    journey = read(tmp_path, till(household_id=np.array([far, far, far + 1, far + 1])))
    assert journey.households.tolist() == [far, far + 1]
    assert journey.trips.household.tolist() == [far, far + 1, far + 1]
    assert journey.rows_of(far).tolist() == [0, 1]


@pytest.mark.parametrize(("hours", "local"), [(-5.0, 13), (0.0, 18), (5.5, 23)])
def test_the_offset_makes_local_time(tmp_path: Path, hours: float, local: int) -> None:
    journey = read_journey(stall(tmp_path), utc_offset_hours=hours)
    assert journey.utc_offset_s == hours * 3600
    assert int(journey.trips.hour[0]) == local


@pytest.mark.parametrize("hours", [-14.5, 99.0, float("nan")])
def test_an_offset_beyond_the_world_is_refused(tmp_path: Path, hours: float) -> None:
    with pytest.raises(SourceUnreadable, match="local time"):
        read_journey(stall(tmp_path), utc_offset_hours=hours)


@pytest.mark.parametrize(
    "form", [lambda days: days, lambda days: days.cast(pa.timestamp("ns"))]
)
def test_days_without_a_time_are_local_days(
    tmp_path: Path, form: Callable[[pa.Array], pa.Array]
) -> None:
    days = pa.array(till()["transaction_timestamp"]).cast(pa.date32())
    journey = read(tmp_path, till(transaction_timestamp=form(days)))
    assert np.unique(journey.trips.hour).tolist() == [12]
    assert np.unique(journey.lines.day).tolist() == [17_231, 17_232]


def test_without_weeks_the_calendar_s_are_counted_from_the_first_day(tmp_path: Path) -> None:
    journey = read(tmp_path, till(week=None))
    assert journey.trips.week.tolist() == [1, 1, 1]
    monday = 17_231
    assert [journey.week_of(monday + day) for day in (-1, 0, 6, 7, 70)] == [0, 1, 1, 2, 11]


def test_weeks_go_on_after_the_last_line(tmp_path: Path) -> None:
    journey = read(tmp_path)
    assert [journey.week_of(17_231 + day) for day in (-1, 0, 6, 7, 70)] == [9, 10, 10, 11, 20]


NEEDED = ("product_id", "quantity", "sales_value", "transaction_timestamp")
GAPS = {
    "household_id": NO_CARD,
    "store_id": "store-missing",
    "product_id": "product-missing",
    "quantity": "quantity-unreadable",
    "sales_value": "value-unreadable",
    "transaction_timestamp": "date-unreadable",
}


@pytest.mark.parametrize("column", NEEDED)
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(SourceUnreadable, match=f"transactions.parquet: no column {column}"):
        read(tmp_path, till(**{column: None}))


def gapped(column: str) -> Columns:
    lines = till()
    lines[column] = pa.array(lines[column]).take(pa.array([0, None, 2, None]))
    return lines


@pytest.mark.parametrize(("column", "reason"), sorted(GAPS.items()))
def test_a_gap_is_counted_and_never_a_refused_table(
    tmp_path: Path, column: str, reason: str
) -> None:
    journey = read(tmp_path, gapped(column))
    assert journey.left_out == {reason: 2}
    assert len(journey.lines.day) == (4 if reason == NO_CARD else 2)


def test_a_sale_without_a_card_is_a_basket_of_nobody(tmp_path: Path) -> None:
    lines = till(household_id=[1, 1, None, None], basket_id=[10, 10, 11, 11])
    lines["store_id"] = np.array([3, 3, 3, 3])
    journey = read(tmp_path, lines)
    assert journey.households.tolist() == [1]
    # One receipt's number on two days: two baskets.
    assert journey.trips.household.tolist() == [-2, -1, 1]
    assert journey.trips.day.tolist() == [17_232, 17_231, 17_231]


@pytest.mark.parametrize(
    "cards",
    [["A", "", "A", " "], [1.0, np.nan, 1.0, np.nan], [1, -1, 1, -7], None],
    ids=["blank", "no number", "below zero", "no column"],
)
def test_however_no_card_is_told_the_basket_is_nobody_s(tmp_path: Path, cards: Any) -> None:
    journey = read(tmp_path, till(household_id=cards))
    assert journey.left_out == {NO_CARD: 4 if cards is None else 2}
    assert len(journey.households) == (cards is not None)


def test_without_receipts_numbers_a_household_s_second_is_a_basket(tmp_path: Path) -> None:
    journey = read(tmp_path, till(basket_id=None))
    assert not journey.left_out
    days = {"first_day": 0, "last_day": 99_999}
    assert [len(basket.lines) for basket in journey.baskets(store=None, **days)] == [2, 1, 1]


def test_a_line_of_neither_card_nor_basket_is_left_out(tmp_path: Path) -> None:
    journey = read(tmp_path, till(household_id=[1, None, 2, 2], basket_id=[1, None, None, 2]))
    assert journey.left_out == {"basket-missing": 1}
    assert len(journey.lines.day) == 3


def test_a_source_that_does_not_tell_its_store_has_one(tmp_path: Path) -> None:
    assert read(tmp_path, till(store_id=None)).stores.tolist() == [0]


def test_weeks_told_in_part_hold_for_all(tmp_path: Path) -> None:
    assert read(tmp_path, gapped("week")).trips.week.tolist() == [10, 10, 10]


def test_a_date_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    stamps = ["2017-03-06T18:00:00", "yesterday", "2017-03-06 19:00", "2017-13-07"]
    journey = read(tmp_path, till(transaction_timestamp=stamps))
    assert journey.left_out == {"date-unreadable": 2}
    assert journey.lines.second.tolist() == read(tmp_path / "all").lines.second[[0, 2]].tolist()


def test_a_till_without_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet: .* no rows"):
        read(tmp_path, repeated(till(), []))


def test_a_till_without_a_line_of_goods_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"of goods \(4 quantity-not-positive\)"):
        read(tmp_path, till(quantity=np.zeros(4)))


def test_products_of_another_grocer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"product_id .* products\.parquet"):
        read(tmp_path, till(), products(product_id=np.array([7, 8, 9])))


def test_more_lines_than_memory_holds_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "ROWS_MAX", 3)
    with pytest.raises(SourceUnreadable, match=r"4 rows .* 3"):
        read(tmp_path)


def test_a_sentence_says_where_what_and_the_mend(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable) as refused:
        read(tmp_path, till(quantity=["1", "1", "1", "1"]))
    where, what, mend = re.split(": |; ", str(refused.value))
    assert where.endswith(str(tmp_path / TILL))
    assert what.startswith("quantity holds string")
    assert "column" in mend


def test_a_journey_of_one_line_is_a_journey(tmp_path: Path) -> None:
    journey: Journey = read(tmp_path, repeated(till(), [1]))
    assert (len(journey.trips), len(journey.items), journey.items.price_cents[0]) == (1, 1, 200)
