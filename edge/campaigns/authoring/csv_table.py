"""A portfolio as a table for a spreadsheet: a campaign or an offer a row, told apart by the column ``kind``.

Lists of names are separated by spaces; what has parts of its own – creatives, a discount, variants – is JSON in its
cell. A cell that a spreadsheet would take for a formula has an apostrophe before it, and loses it when read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from edge.campaigns.authoring.campaign_body import CampaignBody
from edge.campaigns.authoring.errors import PortfolioInvalid
from edge.campaigns.authoring.offer_body import OfferBody

_KIND: Final = "kind"
_KINDS: Final = {"campaign": "campaigns", "offer": "offers"}
_LISTS: Final = frozenset({"skus", "channels", "placements"})
_NESTED: Final = frozenset({"creatives", "discount", "layer", "rota", "variants", "windows"})
# What a spreadsheet takes for a formula, and runs when the file is opened.
_FORMULA: Final = ("=", "+", "-", "@")

COLUMNS: Final = (_KIND, *dict.fromkeys((*CampaignBody.model_fields, *OfferBody.model_fields)))
"""Every column there is; a file may leave out those that it does not need."""


def parse_sheet(text: str) -> object:
    """The rows of ``text`` as one document; the first row names the columns.

    Raises:
        PortfolioInvalid: a column or kind is not known, or a cell cannot be read.
    """
    # A cell of JSON may be longer than the 128 KiB that the module takes; the file itself was measured before.
    csv.field_size_limit(max(len(text), 1))
    first = text.partition("\n")[0]
    rows = csv.reader(
        io.StringIO(text, newline=""),
        # Where the comma is the decimal point, spreadsheets write semicolons.
        delimiter=";" if first.count(";") > first.count(",") else ",",
        strict=True,
    )
    document: dict[str, list[Mapping[str, object]]] = {"campaigns": [], "offers": []}
    try:
        columns = _columns(next(rows, list[str]()))
        for number, row in enumerate(rows, start=2):
            # Spreadsheets leave rows of empty cells behind.
            if any(row):
                kind, found = _read(columns, row, number)
                document[kind].append(found)
    except csv.Error as error:
        raise PortfolioInvalid(f"line {rows.line_num}: {error}") from None
    return document


def sheet_of(document: Mapping[str, object]) -> str:
    """A document as CSV, with the columns that are needed in it."""
    rows = list(_rows(document))
    used = [name for name in COLUMNS if name == _KIND or any(name in row for row in rows)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, used, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _columns(names: Sequence[str]) -> Sequence[str]:
    names = [name.strip() for name in names]
    unknown = [name for name in names if name not in COLUMNS]
    if _KIND not in names or unknown or len(set(names)) < len(names):
        what = (
            f"no column {unknown[0][:40]!r} is known"
            if unknown
            else "a column is missing or twice"
        )
        raise PortfolioInvalid(
            f"line 1: {what}", hint=f"the first line names columns: {', '.join(COLUMNS)}"
        )
    return names


def _read(
    columns: Sequence[str], row: Sequence[str], number: int
) -> tuple[str, Mapping[str, object]]:
    if len(row) > len(columns):
        raise PortfolioInvalid(f"line {number}: more cells than columns")
    # Not strict: empty cells at the end may be left away. An empty one says nothing, so the default stands.
    cells = {name: _unguarded(cell) for name, cell in zip(columns, row, strict=False) if cell}
    kind = _KINDS.get(cells.pop(_KIND, ""))
    if kind is None:
        raise PortfolioInvalid(f"line {number}: kind is none of {', '.join(_KINDS)}")
    return kind, {name: _value(name, cell, number) for name, cell in cells.items()}


def _value(name: str, cell: str, number: int) -> object:
    if name in _LISTS:
        return cell.split()
    if name not in _NESTED:
        return cell
    try:
        return json.loads(cell)
    # JSON that is nested too deeply ends in RecursionError.
    except (ValueError, RecursionError):
        raise PortfolioInvalid(f"line {number}: {name} is no JSON") from None


def _rows(document: Mapping[str, object]) -> Iterator[dict[str, str]]:
    for kind, key in _KINDS.items():
        for body in cast("Sequence[Mapping[str, object]]", document.get(key, ())):
            yield {_KIND: kind} | {n: _guarded(_cell(n, value)) for n, value in body.items()}


def _cell(name: str, value: object) -> str:
    if name in _LISTS:
        return " ".join(cast("Sequence[str]", value))
    if name in _NESTED:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _guarded(cell: str) -> str:
    # What begins like a guard is guarded too, or reading would take away an apostrophe of the text's own.
    guard = cell.startswith(_FORMULA) or _is_guarded(cell)
    return f"'{cell}" if guard else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if _is_guarded(cell) else cell


def _is_guarded(cell: str) -> bool:
    return cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'"))
