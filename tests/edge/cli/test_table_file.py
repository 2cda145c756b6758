from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cli.table_file import TableFormat, TableRow, TableUnreadable, open_table

PLAIN = TableFormat()


def read(file: Path, form: TableFormat = PLAIN) -> tuple[tuple[str, ...], list[TableRow]]:
    parts = list[float]()
    with open_table(file, form, parts.append) as table:
        rows = list(table.rows)
        headings = table.headings
    assert all(0 <= part <= 1 for part in parts)
    return headings, rows


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_cells_are_separated_by_what_the_first_line_has_most_of(
    tmp_path: Path, mark: str
) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(f'sku{mark}name{mark}price\n1{mark}"a{mark} b"{mark}2\n')
    headings, rows = read(file)
    assert headings == ("sku", "name", "price")
    assert rows == [TableRow(2, {"sku": "1", "name": f"a{mark} b", "price": "2"})]


def test_rows_are_numbered_as_an_editor_counts_lines(tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text('sku,name\n1,"two\nlines"\n,\n\n2,x\n3,x,y\n')
    _, rows = read(file)
    assert [(row.number, row.cells is None) for row in rows] == [
        (3, False),
        (6, False),
        (7, True),
    ]


def test_how_far_it_is_goes_up_to_the_end(tmp_path: Path) -> None:
    file = tmp_path / "goods.jsonl"
    file.write_text('{"sku": "1"}\n' * 100)
    parts = list[float]()
    with open_table(file, PLAIN, parts.append) as table:
        assert len(list(table.rows)) == 100
    assert parts == sorted(parts)
    assert parts[-1] == 1


@given(
    content=st.binary(max_size=200) | st.text(max_size=100).map(str.encode),
    name=st.sampled_from(["t.csv", "t.tsv", "t.jsonl", "t.parquet", "t.xls", "t"]),
    encoding=st.sampled_from([None, "latin-1", "utf-16", "cp1252", "nonsense"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_refused_as_none(
    tmp_path: Path, content: bytes, name: str, encoding: str | None
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    try:
        headings, rows = read(file, TableFormat(encoding=encoding))
    except TableUnreadable as error:
        headings, rows = (), []
        assert str(error)  # noqa: PT017 - refusing is one of the two right ends
    assert all(set(row.cells or ()) <= set(headings) for row in rows)
