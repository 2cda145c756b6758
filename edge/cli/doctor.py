"""``storeside doctor``: everything is looked at, and each fault is told with its mend."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from edge.app.doctor import DoctorFinding, Grade, examine
from edge.cli.neighbours import ask_around
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at
from edge.domain.errors import SettingsInvalid

_MARKS = {Grade.OK: "OK    ", Grade.WARN: "warn  ", Grade.BLOCKS: "blocks"}


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside doctor --dir .storeside-demo"
    )(doctor)


def doctor(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Look at everything that one store needs, before a start or while it runs; exit 1 if anything blocks."""
    findings = look(config, folder)
    blocked = any(one.grade is Grade.BLOCKS for one in findings)
    if as_json:
        print_document({"ok": not blocked, "checks": [_row(one) for one in findings]})
    else:
        for one in findings:
            say(f"{_MARKS[one.grade]} {one.check:10} {one.says}")
            if one.mend is not None:
                say(f"{'':17} mend: {one.mend}")
    if blocked:
        raise typer.Exit(1)


def look(config: Path | None, folder: Path | None) -> tuple[DoctorFinding, ...]:
    """All findings; without usable settings there is only one."""
    try:
        settings = settings_at(config, folder)
    except SettingsInvalid as error:
        return (
            DoctorFinding(
                check="settings", grade=Grade.BLOCKS, says=str(error), mend=error.hint
            ),
        )
    well = DoctorFinding(check="settings", grade=Grade.OK, says=f"store {settings.store.id}")
    return (well, *examine(settings), *asyncio.run(ask_around(settings)))


def _row(one: DoctorFinding) -> dict[str, object]:
    return {"check": one.check, "grade": one.grade, "says": one.says, "mend": one.mend}
