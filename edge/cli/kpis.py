"""``storeside kpis``: the key figures of the last four weeks, and what each near-term driver is worth.

``program`` loads it for this command alone. The figures are those of ``campaigns.kpis``, read from the
store's file without the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.campaigns.experiments.results import GlobalHoldout, incremental
from edge.campaigns.kpis.board import KpiBoard, read_board
from edge.campaigns.kpis.board_document import document_of
from edge.cli.local_change import OpenedStore, open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.currency import StoreCurrency, currency
from edge.domain.driver_credit import Driver
from edge.domain.kpi import DAYS, KpiFigure
from edge.storage.measurement import driver_credits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()

DriverName = Annotated[
    Driver, typer.Argument(metavar="DRIVER", help=f"One of {', '.join(Driver)}.")
]
Cents = Annotated[
    int, typer.Argument(min=0, max=1_000_000, help="What one is worth, in cents.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group; without a further word it shows the board."""
    group = typer.Typer(help=says, rich_markup_mode=None)
    group.callback(
        invoke_without_command=True,
        epilog="Example: storeside kpis --dir .storeside-demo --json",
    )(show)
    group.command(epilog="Example: storeside kpis value e-mail-captured 150")(value)
    program.add_typer(group, name=name)


def show(
    context: typer.Context,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Key figures, credited drivers, associates' tablets and challenges of the last four weeks."""
    # The callback runs before every subcommand, too.
    if context.invoked_subcommand is not None:
        return
    with open_store(config, folder) as store:
        board = _board(store)
        money = currency(store.settings.store.currency)
    if as_json:
        print_document(document_of(board))
    else:
        for line in _lines(board, money):
            say(line)


def value(
    driver: DriverName,
    cents: Cents,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what a driver is worth from now on; what is credited already keeps the value it had."""
    with open_store(config, folder) as store, store.change():
        driver_credits.put_value(store.conn, driver, cents)
    if as_json:
        print_document({"driver": driver.value, "cents": cents})
    else:
        say(f"{driver.value} is worth {currency(store.settings.store.currency).told(cents)}")


def _board(store: OpenedStore) -> KpiBoard:
    zone = ZoneInfo(store.settings.store.time_zone)
    local = store.at.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    # Today is one of them.
    since = (midnight - timedelta(days=DAYS - 1)).astimezone(UTC)
    decision = store.settings.decision
    holdout = GlobalHoldout(salt=decision.holdout_salt, pct=decision.holdout_pct)
    lift = incremental(store.conn, holdout, store.at)
    return read_board(store.conn, local.toordinal() - _EPOCH, since, lift=lift)


def _lines(board: KpiBoard, money: StoreCurrency) -> Iterator[str]:
    yield f"The last {board.days} days"
    for figure in board.figures:
        yield f"  {figure.name:18} {_number(figure, money):>14}  {figure.says}"
    yield from _table(
        "Drivers",
        (
            f"{d.driver.value:18} {d.people} people, {money.told(d.cents)}"
            for d in board.drivers
        ),
    )
    yield from _table(
        "Tablets (verified sales only)",
        (
            f"{t.device:18} {t.contacted} customers contacted, {t.sold_to} sold to,"
            f" {t.pieces} additional pieces, {money.told(t.cents)}"
            for t in board.tablets
        ),
    )
    yield from _table(
        "Challenges",
        (
            f"{c.challenge:18} {c.cards} cards, {c.begun} begun, {c.rewarded} rewarded"
            for c in board.challenges
        ),
    )


def _table(title: str, rows: Iterable[str]) -> Iterator[str]:
    yield title
    lines = list(rows)
    yield from (f"  {line}" for line in lines or ["none"])


def _number(figure: KpiFigure, money: StoreCurrency) -> str:
    if figure.value is None:
        return "too little yet"
    if figure.unit == "cents":
        return money.told(round(figure.value))
    return f"{figure.value:,.2f} {figure.unit}"
