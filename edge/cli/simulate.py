"""``storeside simulate``: a store with a ground truth, in virtual time.

``program`` loads it for this command alone; the work is that of ``lab.simulate.run``, told by
``lab.simulate.summary``.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge.app import log_setup
from edge.cli.output import AsJson, Progress, print_document, say
from edge.lab.simulate.findings import findings
from edge.lab.simulate.options import SimulateOptions, jump_of, outage_of, strategies_of
from edge.lab.simulate.planted_truth import read_plant
from edge.lab.simulate.portfolio import DEFAULT
from edge.lab.simulate.run import place_for, play
from edge.lab.simulate.summary import document, lines

Days = Annotated[
    float, typer.Option("--days", min=0.01, max=366, help="Simulated days, from a Monday at 8.")
]
Hours = Annotated[
    float | None, typer.Option("--hours", min=0.1, max=8_784, help="Hours in place of days.")
]
Seed = Annotated[
    int, typer.Option("--seed", min=0, help="All chance hangs on it: same seed, same log.")
]
Visits = Annotated[int, typer.Option("--visits-per-day", min=1, max=20_000, help="On average.")]
PlantFile = Annotated[
    Path | None,
    typer.Option("--plant", metavar="FILE", help="The truth to be found again, YAML."),
]
Habits = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="Whose habits people have, such as completejourney; else a made-up town's.",
    ),
]
Strategies = Annotated[
    str | None,
    typer.Option(
        "--strategies",
        metavar="NAME,NAME",
        help="Try named strategies against each other at the kiosks, with --data and the shipped model.",
    ),
]
Outages = Annotated[
    list[str] | None,
    typer.Option("--outage", metavar="LINE:FROM-TO", help="hub:26-32 or devices:30-31, hours."),
]
Jumps = Annotated[
    list[str] | None,
    typer.Option(
        "--clock-jump", metavar="HOUR:YEARS", help="30:-3: the clock goes three years back."
    ),
]
NewFolder = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="Keep the store's folder, to look at it."),
]
LogFile = Annotated[
    Path | None, typer.Option("--log", metavar="FILE", help="Write the event log too.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside simulate --days 3 --seed 7 --json"
    )(simulate)


def simulate(  # noqa: PLR0913 - one argument an option of the command line
    *,
    days: Days = 3.0,
    hours: Hours = None,
    seed: Seed = 1,
    visits: Visits = 300,
    plant: PlantFile = None,
    data: Habits = None,
    strategies: Strategies = None,
    outage: Outages = None,
    clock_jump: Jumps = None,
    folder: NewFolder = None,
    log: LogFile = None,
    as_json: AsJson = False,
) -> None:
    """Send made-up shoppers with planted habits through the real service, and compare what it measures with the truth.

    No broker, no sockets, no waiting: days pass in seconds. Nothing is synced to the disk, since what is tried
    here is what the store decides and counts, not whether a disk keeps it.
    """
    # Faults are part of a simulation; its warnings would bury the table.
    log_setup.start("error")
    options = SimulateOptions(
        hours=days * 24 if hours is None else hours,
        seed=seed,
        visits_a_day=visits,
        plant=DEFAULT if plant is None else read_plant(plant),
        source=data,
        strategies=() if strategies is None else strategies_of(strategies, data),
        outages=tuple(map(outage_of, outage or ())),
        jumps=tuple(map(jump_of, clock_jump or ())),
        folder=folder,
        log=log,
    )
    with place_for(options) as place, Progress("days pass") as progress:
        played = play(options, place, progress.at)
        # After the run: what is estimated comes from the tables alone, as for anybody who has only the file.
        with closing(sqlite3.connect(played.database)) as conn:
            told = document(played, findings(conn, played.portfolio, played.truth))
    if as_json:
        print_document(told)
    else:
        for line in lines(told):
            say(line)
    if played.verdict.total:
        raise typer.Exit(1)
