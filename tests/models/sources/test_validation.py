"""One meaning, many types: each is read as what it says, or refused in a sentence that names it."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import SourceUnreadable
from models.items import item_key
from models.sources.validation import ColumnKind, read_checked
from tests.models.stall import write

NOON = 1_488_801_600  # 2017-03-06T12:00:00Z
MIDNIGHT = NOON - 43_200


def sound(folder: Path, kind: ColumnKind, column: Any) -> list[Any]:
    path = write(folder / "t.parquet", {"c": column})
    return list(read_checked(path, {"c": kind})["c"].tolist())


def refusal(folder: Path, kind: ColumnKind, column: Any) -> str:
    with pytest.raises(SourceUnreadable) as refused:
        sound(folder, kind, column)
    assert refused.value.source.endswith("t.parquet")
    assert str(refused.value).count("; ") == 1
    return refused.value.missing


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32(), pa.uint64()],
    ids=str,
)
@pytest.mark.parametrize(
    "meaning", [ColumnKind.ID, ColumnKind.PIECES, ColumnKind.MONEY, ColumnKind.WEEK]
)
def test_whole_numbers_of_any_width_are_read(
    tmp_path: Path, kind: pa.DataType, meaning: ColumnKind
) -> None:
    assert sound(tmp_path, meaning, pa.array([5, 120, 0], kind)) == [5, 120, 0]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([5.0, 7.0]),
        pa.array([5.0, 7.0], pa.float32()),
        pa.array([Decimal(5), Decimal("7.00")], pa.decimal128(10, 2)),
        pa.array([5, 7]).dictionary_encode(),
        pa.chunked_array([[5], [7]]),
    ],
    ids=lambda column: str(column.type),
)
@pytest.mark.parametrize(
    "meaning", [ColumnKind.ID, ColumnKind.PIECES, ColumnKind.MONEY, ColumnKind.WEEK]
)
def test_whole_numbers_in_other_clothes_are_read(
    tmp_path: Path, column: Any, meaning: ColumnKind
) -> None:
    assert sound(tmp_path, meaning, column) == [5, 7]


@pytest.mark.parametrize(
    "text",
    [
        pa.array(["000123", "A-7", "000123"]),
        pa.array(["000123", "A-7", "000123"], pa.large_string()),
        pa.array(["000123", "A-7", "000123"], pa.string_view()),
        pa.array(["000123", "A-7", "000123"]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_ids_of_text_get_the_keys_that_the_edge_gives_them(tmp_path: Path, text: Any) -> None:
    assert sound(tmp_path, ColumnKind.ID, text) == [123, item_key("A-7"), 123]


@given(ids=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8))
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_id_has_one_key_as_a_number_and_as_text(tmp_path: Path, ids: list[int]) -> None:
    keys = [item_key(str(number)) for number in ids]
    assert sound(tmp_path, ColumnKind.ID, pa.array(ids, pa.uint64())) == keys
    assert sound(tmp_path, ColumnKind.ID, [str(number) for number in ids]) == keys


def test_parts_of_a_piece_count_as_a_whole_one(tmp_path: Path) -> None:
    weights = [0.2, 1.0, 1.3, -0.5, 1e300]
    assert sound(tmp_path, ColumnKind.PIECES, weights) == [1, 1, 2, 0, 2**53]


def test_money_may_be_of_any_number_type(tmp_path: Path) -> None:
    assert sound(tmp_path, ColumnKind.MONEY, [Decimal("2.99"), Decimal("-0.50")]) == [
        2.99,
        -0.5,
    ]
    assert sound(tmp_path, ColumnKind.MONEY, pa.array([1.5], pa.float32())) == [1.5]


@pytest.mark.parametrize(
    "kind",
    [
        *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
        pa.timestamp("us", "UTC"),
        pa.timestamp("ns", "America/New_York"),
    ],
    ids=str,
)
def test_times_of_any_unit_and_zone_are_the_same_second(
    tmp_path: Path, kind: pa.DataType
) -> None:
    stamps = pa.array([NOON], pa.timestamp("s")).cast(kind)
    assert sound(tmp_path, ColumnKind.MOMENT, stamps) == [NOON]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_dates_are_midnights(tmp_path: Path, kind: pa.DataType) -> None:
    assert sound(tmp_path, ColumnKind.MOMENT, pa.array([date(2017, 3, 6)], kind)) == [MIDNIGHT]


@pytest.mark.parametrize(
    "text",
    [
        "2017-03-06 12:00:00",
        "2017-03-06T12:00",
        "2017-03-06T12:00:00.123",
        "2017-03-06T12:00:00.123456789",
        "2017-03-06T12:00:00Z",
        "2017-03-06T13:00:00+01:00",
        "2017-03-06T12:00:00.123456789Z",
    ],
)
def test_iso_text_is_a_time(tmp_path: Path, text: str) -> None:
    assert sound(tmp_path, ColumnKind.MOMENT, [text, text]) == [NOON, NOON]
    assert sound(tmp_path, ColumnKind.MOMENT, pa.array([text]).dictionary_encode()) == [NOON]


def test_iso_dates_as_text_are_midnights(tmp_path: Path) -> None:
    assert sound(tmp_path, ColumnKind.MOMENT, ["2017-03-06"]) == [MIDNIGHT]


@pytest.mark.parametrize("kind", list(ColumnKind))
def test_a_gap_is_refused_with_its_rows(tmp_path: Path, kind: ColumnKind) -> None:
    column = pa.array([1, None, None])
    if kind is ColumnKind.MOMENT:
        column = column.cast(pa.timestamp("s"))
    assert refusal(tmp_path, kind, column) == "c is empty in 2 of 3 rows"


def test_an_empty_text_is_a_gap(tmp_path: Path) -> None:
    assert refusal(tmp_path, ColumnKind.ID, ["7", ""]) == "c is empty in 1 of 2 rows"


@pytest.mark.parametrize("kind", [ColumnKind.PIECES, ColumnKind.MONEY, ColumnKind.WEEK])
@pytest.mark.parametrize("column", [["3"], [True], [date(2017, 3, 6)]], ids=str)
def test_what_is_no_number_is_refused_with_its_type(
    tmp_path: Path, kind: ColumnKind, column: Any
) -> None:
    missing = refusal(tmp_path, kind, column)
    assert missing.startswith(f"c holds {pa.array(column).type} where ")
    assert missing.endswith("numbers are needed")


@pytest.mark.parametrize("column", [[True], [b"7"], [[7]], pa.array([1], pa.timestamp("s"))])
def test_what_cannot_be_an_id_is_refused_with_its_type(tmp_path: Path, column: Any) -> None:
    assert "where ids" in refusal(tmp_path, ColumnKind.ID, column)


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "kind", [ColumnKind.PIECES, ColumnKind.MONEY, ColumnKind.WEEK, ColumnKind.ID]
)
def test_what_is_not_finite_is_refused(tmp_path: Path, kind: ColumnKind, spoilt: float) -> None:
    column = np.array([1.0, spoilt])
    assert refusal(tmp_path, kind, column) == "c is not a finite number in 1 of 2 rows"


@pytest.mark.parametrize("spoilt", [7.5, 1e17])
def test_an_id_that_is_not_whole_is_refused(tmp_path: Path, spoilt: float) -> None:
    assert (
        refusal(tmp_path, ColumnKind.ID, [1.0, spoilt])
        == "c is not a whole number in 1 of 2 rows"
    )


def test_an_id_below_zero_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, ColumnKind.ID, [1, -1]) == "c is below zero in 1 of 2 rows"


@pytest.mark.parametrize("spoilt", [-1, 2_000_000])
def test_a_week_out_of_reason_is_refused(tmp_path: Path, spoilt: int) -> None:
    assert (
        refusal(tmp_path, ColumnKind.WEEK, [1, spoilt])
        == "c is not a week number in 1 of 2 rows"
    )


@pytest.mark.parametrize("column", [[Decimal("7.5")], [Decimal(10**30)]], ids=str)
def test_decimals_that_do_not_fit_are_refused(tmp_path: Path, column: Any) -> None:
    assert "no ids" in refusal(tmp_path, ColumnKind.ID, column)


@pytest.mark.parametrize("text", ["06/03/2017", "2017-13-01", "yesterday", "20170306"])
def test_text_that_is_no_iso_time_is_refused(tmp_path: Path, text: str) -> None:
    missing = refusal(tmp_path, ColumnKind.MOMENT, ["2017-03-06", text])
    assert missing.startswith("c holds text that is not all ISO dates or times")


def test_numbers_are_no_times(tmp_path: Path) -> None:
    missing = refusal(tmp_path, ColumnKind.MOMENT, [NOON])
    assert missing == "c holds int64 where dates or times are needed"


def test_a_table_without_rows_is_refused_unless_it_may_be_empty(tmp_path: Path) -> None:
    nothing = pa.array([], pa.int64())
    assert refusal(tmp_path, ColumnKind.ID, nothing) == "the table has no rows"
    path = tmp_path / "t.parquet"
    assert len(read_checked(path, {"c": ColumnKind.ID}, may_be_empty=True)["c"]) == 0
