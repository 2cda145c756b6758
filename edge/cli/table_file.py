"""Tables from strangers, row by row: CSV as spreadsheets write it, JSON lines, and Parquet.

Imports of goods read their files with it; which heading means what, ``column_map`` tells.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from edge.domain.errors import StoresideError

_CSV = frozenset({".csv", ".tsv", ".txt"})
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_DELIMITERS = ",;\t|"
_LONGEST_LINE = 1_048_576
_ROWS_AT_ONCE = 10_000

Told = Callable[[float], None]
"""Is told how much of the file is read, 0..1."""


class TableUnreadable(StoresideError):
    """A file is no table that can be read; the text names a line at most, never what stands in it."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row by its headings; ``number`` as an editor counts lines. No ``cells``: it cannot be taken apart."""

    number: int
    cells: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """How a CSV file is written, where it cannot be seen from the file: its encoding and what separates cells."""

    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """``headings`` in their order, each once; ``rows`` are read while they are asked for.

    ``decimal_comma``: cells are separated as they are where the comma is the decimal point.
    """

    headings: tuple[str, ...]
    rows: Iterator[TableRow]
    decimal_comma: bool = False


@contextmanager
def open_table(path: Path, form: TableFormat, told: Told) -> Generator[OpenTable]:
    """The table in ``path``, by the end of its name.

    Raises:
        TableUnreadable: it is none; also while rows are read.
    """
    kind = path.suffix.casefold()
    if kind in _CSV:
        with path.open("rb") as raw, _text(raw, path, form) as text:
            yield _csv(text, raw, path, form, told)
    elif kind in _JSON_LINES:
        with path.open("rb") as raw:
            yield _json_lines(raw, path, told)
    elif kind == ".parquet":
        yield _parquet(path, told)
    else:
        raise TableUnreadable(
            f"{path.name}: a table ends in .csv, .tsv, .txt, .jsonl, .ndjson or .parquet",
            hint="save the sheet as CSV",
        )


@contextmanager
def _text(raw: BufferedReader, path: Path, form: TableFormat) -> Generator[TextIO]:
    """The file as text; a byte order mark counts before UTF-8, and what the map says before both."""
    start = raw.peek(2)[:2]
    encoding = form.encoding or (
        "utf-16" if start in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    )
    try:
        with TextIOWrapper(raw, encoding=encoding, newline="") as text:
            yield text
    # Its root: UTF-16 without its mark is no error of decoding.
    except UnicodeError as error:
        raise TableUnreadable(
            f"{path.name} is not in {encoding.removesuffix('-sig').upper()}",
            hint='save it as UTF-8, or write encoding = "latin-1" into the file of --columns',
        ) from error
    except LookupError as error:
        raise TableUnreadable(
            f"there is no encoding {form.encoding!r}", hint='such as "latin-1" or "cp1252"'
        ) from error


def _csv(text: TextIO, raw: BinaryIO, path: Path, form: TableFormat, told: Told) -> OpenTable:
    first = text.readline(_LONGEST_LINE)
    delimiter = form.delimiter or max(_DELIMITERS, key=first.count)
    rows = csv.reader(_lines(first, text), delimiter=delimiter, strict=True)
    size = max(1, path.stat().st_size)
    headings = _headings(next(rows, list[str]()), path)

    def read() -> Iterator[TableRow]:
        try:
            for cells in rows:
                told(min(1.0, raw.tell() / size))
                # Spreadsheets leave rows of empty cells behind.
                if any(cell.strip() for cell in cells):
                    fits = len(cells) <= len(headings)
                    # Not strict: empty cells at the end may be left away.
                    known = dict(zip(headings, cells, strict=False)) if fits else None
                    yield TableRow(rows.line_num, known)
        except csv.Error as error:
            raise TableUnreadable(
                f"{path.name}, line {rows.line_num}: {error}",
                hint="is a quotation mark left open?",
            ) from error

    return OpenTable(headings=headings, rows=read(), decimal_comma=delimiter == ";")


def _lines(first: str, text: TextIO) -> Iterator[str]:
    line = first
    # Not the file's own iterator: it would forbid to ask how far the file is read.
    while line:
        if len(line) >= _LONGEST_LINE:
            raise TableUnreadable(f"a line is longer than {_LONGEST_LINE:,} characters")
        yield line
        line = text.readline(_LONGEST_LINE)


def _headings(names: Iterable[str], path: Path) -> tuple[str, ...]:
    found = tuple(name.strip() for name in names)
    while found and not found[-1]:
        found = found[:-1]
    if not found:
        raise TableUnreadable(
            f"{path.name} has no headings", hint="its first line names the columns"
        )
    if len(set(found)) < len(found):
        raise TableUnreadable(
            f"{path.name}: a heading stands there twice",
            hint="give each column a name of its own",
        )
    return found


def _json_lines(raw: BinaryIO, path: Path, told: Told) -> OpenTable:
    """Read twice: an optional column may first come in the last line."""
    headings = dict.fromkeys(
        name for row in _objects(raw, path, lambda _: None) for name in row.cells or ()
    )
    if not headings:
        raise TableUnreadable(f"{path.name} holds no JSON object", hint="one object a line")
    raw.seek(0)
    return OpenTable(headings=tuple(headings), rows=_objects(raw, path, told))


def _objects(raw: BinaryIO, path: Path, told: Told) -> Iterator[TableRow]:
    size, read, number = max(1, path.stat().st_size), 0, 0
    while line := raw.readline(_LONGEST_LINE):
        read, number = read + len(line), number + 1
        if len(line) >= _LONGEST_LINE:
            raise TableUnreadable(f"line {number} is longer than {_LONGEST_LINE:,} bytes")
        told(min(1.0, read / size))
        if line.strip():
            yield TableRow(number, _object(line.removeprefix(b"\xef\xbb\xbf")))


def _object(line: bytes) -> Mapping[str, object] | None:
    try:
        # Exact: a price must not pass through a float.
        found = json.loads(line, parse_float=Decimal)
    # JSON that is nested too deeply ends in RecursionError.
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


# Any: pyarrow ships no types.
def _parquet(path: Path, told: Told) -> OpenTable:
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise TableUnreadable(
            "Parquet cannot be read: pyarrow is missing",
            hint="install storeside[train], or save the table as CSV or JSON lines",
        ) from error
    try:
        file: Any = parquet.ParquetFile(path)
    except (arrow.ArrowException, OSError) as error:
        raise TableUnreadable(f"{path.name} is no Parquet file that can be read") from error
    total = max(1, int(file.metadata.num_rows))

    def read() -> Iterator[TableRow]:
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            for cells in batch.to_pylist():
                number += 1
                yield TableRow(number, cells)
            told(number / total)

    return OpenTable(headings=_headings(file.schema_arrow.names, path), rows=read())
