"""Tables as one file, as many, as none, and as something that only looks like one."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import SourceUnreadable
from models.sources.journey import read_journey
from models.sources.parquet import (
    column_names,
    has_table,
    open_columns,
    read_columns,
    read_words,
    write_columns,
)
from tests.models.stall import (
    PRODUCTS,
    TILL,
    products,
    read,
    repeated,
    stall,
    till,
    told,
    write,
)


def parts(folder: Path, inside: dict[str, list[int]]) -> Path:
    for name, rows in inside.items():
        write(folder / name, repeated(till(), rows))
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    columns = {"a": np.arange(3), "b": np.array([0.5, 1.5, 2.5])}
    write_columns(tmp_path / "t.parquet", columns)
    found = read_columns(tmp_path / "t.parquet", ["b", "a"])
    assert list(found) == ["b", "a"]
    assert found["a"].tolist() == [0, 1, 2]
    assert found["b"].tolist() == [0.5, 1.5, 2.5]


def test_a_table_without_rows_can_be_read_as_it_is(tmp_path: Path) -> None:
    write_columns(tmp_path / "t.parquet", {"a": np.empty(0)})
    assert len(read_columns(tmp_path / "t.parquet", ["a"])["a"]) == 0


@pytest.mark.parametrize("folder", ["transactions", TILL])
def test_a_folder_of_files_is_a_table(tmp_path: Path, folder: str) -> None:
    whole = read(tmp_path / "whole")
    many = tmp_path / "many"
    parts(many / folder, {"b.parquet": [2, 0], "deep/a.parquet": [3, 1]})
    write(many / PRODUCTS, products())
    assert has_table(many / TILL)
    assert told(read_journey(many)) == told(whole)


def test_a_partitioned_folder_is_a_table(tmp_path: Path) -> None:
    whole = read(tmp_path / "whole")
    many = tmp_path / "many"
    for store, rows in ((3, [0, 1, 2]), (4, [3])):
        lines = repeated(till(store_id=None), rows)
        write(many / "transactions" / f"store_id={store}" / "part-0.parquet", lines)
    write(many / PRODUCTS, products())
    assert "store_id" in column_names(many / TILL)
    assert told(read_journey(many)) == told(whole)


def test_what_engines_leave_beside_the_data_is_no_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "transactions"
    parts(folder, {"a.parquet": [0, 1, 2, 3], "_temporary/a.parquet": [0], ".b.parquet": [0]})
    (folder / "_SUCCESS").touch()
    (folder / "notes.txt").write_text("hello")
    assert open_columns(tmp_path / TILL, ["week"]).num_rows == 4


def test_files_of_different_widths_are_one_table(tmp_path: Path) -> None:
    write(tmp_path / "transactions/a.parquet", till(quantity=np.array([1, 1, 1, 1], np.int8)))
    write(tmp_path / "transactions/b.parquet", till(quantity=np.array([2.0, 2.0, 2.0, 2.0])))
    found = read_columns(tmp_path / TILL, ["quantity"])["quantity"]
    assert found.tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


def test_files_that_disagree_are_refused_with_the_column(tmp_path: Path) -> None:
    write(tmp_path / "transactions/a.parquet", till())
    write(tmp_path / "transactions/b.parquet", till(quantity=["1", "1", "1", "1"]))
    with pytest.raises(SourceUnreadable, match=r"disagree .*quantity"):
        open_columns(tmp_path / TILL, ["quantity"])


def test_a_single_file_wins_over_a_folder(tmp_path: Path) -> None:
    parts(tmp_path / "transactions", {"a.parquet": [0]})
    write(tmp_path / TILL, till())
    assert open_columns(tmp_path / TILL, ["week"]).num_rows == 4


def test_a_folder_without_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "transactions").mkdir()
    with pytest.raises(SourceUnreadable, match="no parquet file"):
        column_names(tmp_path / TILL)


@pytest.mark.parametrize("name", [TILL, PRODUCTS])
def test_a_missing_table_is_named(tmp_path: Path, name: str) -> None:
    (stall(tmp_path) / name).unlink()
    assert not has_table(tmp_path / name)
    with pytest.raises(SourceUnreadable, match=f"{name} is not there"):
        read_journey(tmp_path)


@pytest.mark.parametrize("kept", [0, 3, 200, -1])
def test_a_file_cut_short_is_no_parquet_file(tmp_path: Path, kept: int) -> None:
    path = write(tmp_path / TILL, till())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet: not"):
        open_columns(path, ["week"])


def test_rows_beyond_the_limit_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / TILL, till())
    assert open_columns(path, ["week"], rows_max=4).num_rows == 4
    with pytest.raises(SourceUnreadable, match=r"4 rows .* 3"):
        open_columns(path, ["week"], rows_max=3)


@pytest.mark.parametrize(
    "words",
    [
        pa.array(["b", None, "a", "b"]),
        pa.array(["b", None, "a", "b"], pa.large_string()),
        pa.array(["b", None, "a", "b"], pa.string_view()),
        pa.array(["b", None, "a", "b"]).dictionary_encode(),
    ],
    ids=str,
)
def test_words_of_any_arrow_type_are_words(tmp_path: Path, words: pa.Array) -> None:
    coded = read_words(write(tmp_path / "t.parquet", {"w": words}), ["w"])["w"]
    assert [
        coded.words[code] if code >= 0 else None for code in coded.codes
    ] == words.to_pylist()


def test_numbers_may_be_words_and_nothing_at_all_too(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"n": [7, None], "none": pa.nulls(2)})
    found = read_words(path, ["n", "none"])
    assert found["n"].words.tolist() == ["7"]
    assert found["none"].codes.tolist() == [-1, -1]


def test_what_is_neither_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", {"w": [0.5]})
    with pytest.raises(SourceUnreadable, match="w holds double"):
        read_words(path, ["w"])


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(where=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_spoilt_byte_is_read_or_refused(tmp_path: Path, where: float, byte: int) -> None:
    folder = stall(tmp_path)
    data = bytearray((folder / TILL).read_bytes())
    data[int(where * len(data))] = byte
    (folder / TILL).write_bytes(bytes(data))
    # Sums in the page headers are not kept, so a spoilt value may pass; nothing else may escape.
    with suppress(SourceUnreadable):
        assert len(read_journey(folder).lines.day) <= 4
