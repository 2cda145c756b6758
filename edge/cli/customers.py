"""``storeside customers import``: people from a file, a local stand-in for what the centre sends down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from edge.app.provisioning import read_keys
from edge.cli.local_change import Store, open_store
from edge.cli.output import AsJson, note, print_document, say
from edge.cli.roll import CustomerFile, LineRefused
from edge.cli.store_location import ConfigFile, DataFolder

# A transaction each: short enough that a running service's own writes wait a moment only.
_TOGETHER = 100


@dataclass(slots=True)
class ImportCount:
    """What became of the lines. ``refused``: number of the line and reason; ``erased``: kept out for good."""

    imported: int = 0
    erased: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(
        "import",
        epilog="Example: storeside customers import people.jsonl --dir .storeside-demo",
    )(take)
    program.add_typer(group, name=name)


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One JSON object a line.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Bring people in: pseudonym, consents, habits. Good lines are taken, bad ones are named; exit 1 if any was bad.

    Loyalty numbers, e-mail addresses and phone numbers are coded with the store's key and never stored.
    """
    with open_store(config, folder) as store, file.open("rb") as lines:
        count = bring_in(store, lines)
    for number, reason in count.refused:
        note(f"line {number}: {reason}")
    if as_json:
        refused = [{"line": number, "reason": reason} for number, reason in count.refused]
        print_document({"imported": count.imported, "erased": count.erased, "refused": refused})
    else:
        say(f"{count.imported} people imported, {len(count.refused)} lines refused")
    if count.erased:
        note(f"{count.erased} were erased here before and stay so")
    if count.refused:
        raise typer.Exit(1)


def bring_in(store: Store, lines: Iterable[bytes]) -> ImportCount:
    """Take every line that can be taken."""
    roll, count = CustomerFile(read_keys(store.settings.secrets).store), ImportCount()
    left = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while together := list(islice(left, _TOGETHER)):
        with store.change() as incoming:
            for number, line in together:
                try:
                    taken = roll.take(store.conn, incoming, line)
                except LineRefused as error:
                    count.refused.append((number, str(error)))
                    continue
                count.imported += taken
                count.erased += not taken
    return count


def _group() -> None:
    """People, as the centre would send them."""
