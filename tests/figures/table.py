"""``docs/figures.json`` and the README's table: one is written from the other, so that no figure is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tests.figures.measure import command_of
from tests.figures.rows import ROWS, STEPS, Document, Row

FILE, README = Path("docs/figures.json"), Path("README.md")
BEGIN, END = "<!-- figures: make figures writes this -->", "<!-- end of figures -->"
_STEPS = {step.name: step for step in STEPS}


class Occasion(BaseModel):
    """When and where a row was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: str
    date: str
    machine: str
    form: str


class WrittenRow(BaseModel):
    """One row of the file. ``measured`` None: never yet, and ``shown`` says so.

    ``trips``: what came of each trip, as `edge.lab.demo.paired_outcomes` writes it; empty where nothing hangs on trips.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    command: str
    unit: str
    values: Mapping[str, int | float]
    shown: str
    measured: Occasion | None
    trips: str = ""


def rows_of(text: str) -> dict[str, WrittenRow]:
    """What a file holds."""
    found = [WrittenRow.model_validate(row) for row in json.loads(text)["rows"]]
    return {row.id: row for row in found}


def text_of(rows: Iterable[WrittenRow]) -> str:
    """The file's text."""
    dumped = [row.model_dump(mode="json") for row in rows]
    return json.dumps({"rows": dumped}, indent=2, ensure_ascii=False) + "\n"


def renewed(
    row: Row, documents: Mapping[str, Document], now: Occasion, old: WrittenRow | None
) -> WrittenRow:
    """A row with what was measured now, or with what stood there if one of its commands gave nothing."""
    if all(name in documents for name in row.steps):
        values = row.read(documents)
        steps = [_STEPS[name] for name in row.steps]
        # A command without a short form is itself in either.
        form = now.form if any(step.short for step in steps) else "long"
        command = " ; ".join(command_of(step, short=form == "short") for step in steps)
        occasion = now.model_copy(update={"form": form})
        return WrittenRow(
            id=row.id,
            label=row.label,
            command=command,
            unit=row.unit,
            values=values,
            shown=row.shown.format(**values),
            measured=occasion,
            trips=documents[row.steps[0]][row.trips] if row.trips else "",
        )
    if old is not None:
        return old
    command = " ; ".join(_STEPS[name].command for name in row.steps)
    return WrittenRow(
        id=row.id,
        label=row.label,
        command=command,
        unit=row.unit,
        values={},
        shown="not measured yet",
        measured=None,
    )


def table(rows: Sequence[WrittenRow]) -> str:
    """What stands between the README's two marks."""
    often = [row.measured for row in rows if row.measured]
    usual = _usual(often)
    lines = [f"{_said(usual)}; every command stands in [figures.json](docs/figures.json).", ""]
    lines += ["| | seen |", "|---|---|"]
    lines += [f"| {row.label} | {row.shown}{_apart(row.measured, usual)} |" for row in rows]
    return "\n".join(lines)


def _usual(often: Sequence[Occasion]) -> Occasion | None:
    """The occasion of most rows, whichever their form."""
    alike = [one.model_copy(update={"form": ""}) for one in often]
    return max(alike, key=alike.count, default=None)


def _said(one: Occasion | None) -> str:
    return f"On {one.machine}, {one.date}, commit {one.commit}" if one else "Not measured yet"


def _apart(measured: Occasion | None, usual: Occasion | None) -> str:
    """What a reader must know of a row that is not like the others."""
    if measured is None:
        return ""
    form = " *(short form)*" if measured.form == "short" else ""
    same = usual is not None and measured.model_copy(update={"form": ""}) == usual
    return form if same else f"{form} *({measured.date}, commit {measured.commit})*"


def readme_with(readme: str, rows: Sequence[WrittenRow]) -> str:
    """The README with this table. Raises ``ValueError`` if the marks are not there."""
    before, _, rest = readme.partition(BEGIN)
    inside, mark, after = rest.partition(END)
    if not inside or not mark:
        raise ValueError("the README has lost the marks of its table")
    return f"{before}{BEGIN}\n{table(rows)}\n{END}{after}"


def ordered(rows: Mapping[str, WrittenRow]) -> list[WrittenRow]:
    """In the order of the definitions."""
    return [rows[row.id] for row in ROWS if row.id in rows]
