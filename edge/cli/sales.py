"""``storeside sales import``: a file of sales from other tills goes through the running service's own door.

``program`` loads it for this command alone. `devices.tills` reads the file, `till_door` sends each sale under a key
made from the till's own ids, so that importing twice counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from devices.errors import MessageRefused, Refusal
from devices.tills.mapping import Mappings, OrderMapping, read_mapping
from devices.tills.orders import read_orders
from devices.tills.poslog import read_poslog
from devices.tills.sale import FILE_LIMIT, LIMIT, OLDEST, SaleRead, StoreTerms
from edge.app.settings import Settings
from edge.cli.device import fleet_of, port_of
from edge.cli.model_source import Columns
from edge.cli.output import AsJson, Progress, note, print_document, say
from edge.cli.past_sales import TABLES, take_table
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.cli.till_door import TillDoor
from edge.domain.currency import currency
from edge.domain.errors import StoresideError

POSLOG = "poslog"
# One JSON document is read whole; longer ones are written as one order a line.
_DOCUMENT_LIMIT = 32 * 1024 * 1024

Reading = Callable[[], Iterator[SaleRead]]


class FileRefused(StoresideError):
    """The file cannot be read as what it is said to be; nothing of it was sent."""


@dataclass(slots=True)
class SalesCount:
    """What became of a file's records. ``nothing``: they sell nothing; ``lines``: refused lines of sales taken."""

    taken: int = 0
    known: int = 0
    nothing: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    lines: Counter[str] = field(default_factory=Counter[str])


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(
        "import",
        epilog="Example: storeside sales import tlog.xml --format poslog --dir .storeside-demo",
    )(take)
    program.add_typer(group, name=name)


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What a till wrote.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="poslog, or a mapping: odoo, square, one of the store's own, or a .toml file."
            " Without one the file is a table: CSV, JSON lines or Parquet.",
        ),
    ] = None,
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Bring sales in that other tills wrote down. Exit 1 if any was refused.

    What tills wrote is booked by the running service, each sale to its own day, up to 31 days back; a file that cannot
    be read to its end is refused before anything is sent. A table is the store's past: it enters trend, pairs, history
    and habits while no service runs, whatever its age.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    if form is None and file.suffix.casefold() in TABLES:
        take_table(file, columns, config, folder, as_json=as_json)
        return
    reading = reading_of(file, form, settings)
    # Once through to the end first: nothing is sent of a file that breaks off.
    total = sum(1 for _ in _whole(reading))
    door = TillDoor(fleet_of(settings), settings.http.host, port_of(settings))
    with door, Progress("sales") as progress:
        count = send(reading, door, lambda n: progress.at(n / total))
    tell(count, as_json=as_json)
    if count.refused:
        raise typer.Exit(1)


def reading_of(file: Path, form: str | None, settings: Settings) -> Reading:
    """How ``file`` is read, by the form that was named or by its own name; each call reads it from its begin."""
    terms = StoreTerms(
        zone=ZoneInfo(settings.store.time_zone),
        currency=settings.store.currency,
        exponent=currency(settings.store.currency).exponent,
        since=datetime.now(UTC) - OLDEST,
    )
    if file.stat().st_size > FILE_LIMIT:
        raise FileRefused(f"{file} is larger than {FILE_LIMIT} bytes")
    form = form or (POSLOG if file.suffix == ".xml" else None)
    if form is None:
        raise FileRefused(
            "which form is it?", hint="give --format poslog, odoo, square or a mapping"
        )
    if form == POSLOG:
        return lambda: _poslog(file, terms)
    own = Path(form)
    mapping = (
        read_mapping(own) if own.suffix == ".toml" else Mappings(settings.mappings).named(form)
    )
    return lambda: _orders(file, own.stem, mapping, terms)


def send(reading: Reading, door: TillDoor, told: Callable[[int], None]) -> SalesCount:
    """Send every sale; ``told`` hears how many records are done."""
    count = SalesCount()
    for number, sale in enumerate(reading(), start=1):
        if sale is None:
            count.nothing += 1
        elif isinstance(sale, MessageRefused):
            count.refused[sale.reason.value] += 1
            # By number only: what stood there may be somebody's data.
            note(f"record {number}: {sale}")
        else:
            answer = door.send(sale)
            count.lines.update(answer.refused_lines)
            if answer.reason is not None:
                count.refused[answer.reason] += 1
                note(f"record {number}: {answer.reason}")
            elif answer.is_known:
                count.known += 1
            else:
                count.taken += 1
        told(number)
    return count


def tell(count: SalesCount, *, as_json: bool) -> None:
    """What became of the file."""
    if as_json:
        print_document(
            {
                "taken": count.taken,
                "known": count.known,
                "nothing": count.nothing,
                "refused": dict(count.refused),
                "refused_lines": dict(count.lines),
            }
        )
        return
    say(
        f"{count.taken} sales taken, {count.known} known already, {count.refused.total()} refused"
    )
    for reason, times in sorted(count.refused.items()):
        say(f"  refused: {reason} {times}")
    for reason, times in sorted(count.lines.items()):
        say(f"  lines refused, their sales taken: {reason} {times}")
    if count.nothing:
        say(f"  {count.nothing} records sell nothing")


def _whole(reading: Reading) -> Iterator[SaleRead]:
    try:
        yield from reading()
    except MessageRefused as error:
        raise FileRefused(f"the file cannot be read: {error}") from None


def _poslog(file: Path, terms: StoreTerms) -> Iterator[SaleRead]:
    with file.open("rb") as source:
        yield from read_poslog(source, terms)


def _orders(
    file: Path, name: str, mapping: OrderMapping, terms: StoreTerms
) -> Iterator[SaleRead]:
    """A JSON document of orders, or one document a line."""
    if file.suffix not in {".jsonl", ".ndjson"}:
        if file.stat().st_size > _DOCUMENT_LIMIT:
            raise MessageRefused(Refusal.TOO_LARGE, "write one order a line, in a .jsonl")
        yield from read_orders(file.read_bytes(), name, mapping, terms)
        return
    with file.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield from _line(line, name, mapping, terms)


def _line(
    line: bytes, name: str, mapping: OrderMapping, terms: StoreTerms
) -> Iterator[SaleRead]:
    """The orders of one line; a line that is none is refused alone."""
    if len(line) > LIMIT:
        yield MessageRefused(Refusal.TOO_LARGE, f"a line of more than {LIMIT} bytes")
        return
    try:
        yield from read_orders(line, name, mapping, terms)
    except MessageRefused as refused:
        yield refused


def _group() -> None:
    """Sales of other tills."""
