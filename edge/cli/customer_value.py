"""``storeside models value``: how the customers of a shop come, go and spend, fitted and held against later weeks.

``models`` adds the command to its group. ``training.customer_value_backtest`` fits and judges; the lines that
are printed stand in a store's settings.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from edge.cli.output import AsJson, Progress, print_document, say
from models.sources.journey import LOCAL_OFFSET_S, read_journey
from models.training.customer_value_backtest import OutlookGroup, OutlookReport, back_test

_EPOCH = date(1970, 1, 1)
# Nine weeks are kept to judge on, where nothing else is said: as many as the public data's last.
_KEPT_DAYS = 63

Source = Annotated[
    str,
    typer.Option("--data", metavar="SOURCE", help="completejourney, or a folder of tables."),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        formats=["%Y-%m-%d"],
        help="The last day to fit on; what follows judges. Nine weeks before the last without it.",
    ),
]
Offset = Annotated[
    float,
    typer.Option(
        "--utc-offset",
        metavar="HOURS",
        min=-14,
        max=14,
        help="Local time less that of the timestamps; 0 where they are local.",
    ),
]


def add_to(group: typer.Typer) -> None:
    """Add the command to ``storeside models``."""
    group.command(epilog="Example: storeside models value --data completejourney")(value)


def value(
    data: Source,
    until: Until = None,
    utc_offset: Offset = LOCAL_OFFSET_S / 3600,
    *,
    as_json: AsJson = False,
) -> None:
    """Fit customer value and churn risk to a shop's trips, and say how right they are on the weeks after."""
    with Progress("reading"):
        journey = read_journey(data, utc_offset)
        last = journey.last_day - _KEPT_DAYS if until is None else _day(until)
        found = back_test(journey, last)
    if as_json:
        print_document(asdict(found))
        return
    for line in _told(found):
        say(line)


def _told(found: OutlookReport) -> list[str]:
    everybody = found.everybody
    return [
        "[customers]",
        *(f"{name} = {number:.5g}" for name, number in asdict(found.base).items()),
        f"fitted on {found.customers:,} customers, judged on {found.days} days after:",
        f"trips {everybody.trips:.2f} foretold, {everybody.trips_seen:.2f} seen",
        f"off by {found.error:.2f} trips a person, {found.rate_error:.2f} by past rates",
        f"correlation {found.correlation:.3f}",
        "tenths by trips to be expected:",
        *map(_row, found.by_trips),
        "tenths by churn risk:",
        *map(_row, found.by_risk),
    ]


def _row(one: OutlookGroup) -> str:
    return (
        f"  {one.customers:5} people: risk {one.churn_risk:6.1%};"
        f" no trip {one.silent:6.1%} foretold, {one.silent_seen:6.1%} seen;"
        f" trips {one.trips:5.2f}, {one.trips_seen:5.2f};"
        f" spend {one.spend_cents:7.0f}, {one.spend_cents_seen:7.0f} cents"
    )


def _day(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC).date() - _EPOCH).days
