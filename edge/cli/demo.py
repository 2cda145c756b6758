"""``storeside demo``: a whole store on this machine.

``program`` loads it for this command alone; the work is that of ``lab.demo.run``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.output import AsJson, print_document
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.run import run_demo

_PORT = 8080


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(
        name, short_help=says, epilog="Example: storeside demo --headless --for 60 --json"
    )(demo)


def demo(  # noqa: PLR0913 - one argument an option of the command line
    store: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Which store; all pours every one into one."),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=100_000, help="Store seconds a second; else some 54 visits a minute."
        ),
    ] = None,
    run_for: Annotated[
        float | None,
        typer.Option("--for", min=1, metavar="SECONDS", help="How long to replay."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The pages' port; 0 is any free one.")
    ] = _PORT,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Its data folder, made anew.")
    ] = None,
    data: Annotated[
        str, typer.Option("--data", metavar="SOURCE", help="Whose baskets are replayed.")
    ] = "completejourney",
    *,
    headless: Annotated[
        bool, typer.Option("--headless", help="End by itself when the replay is over.")
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Cut the line to the centre while the shoppers are here."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a whole store on this machine and replay a real grocer's shoppers in it.

    Broker, service, centre and screens listen on the loopback only; the addresses are on standard error.
    """
    options = DemoOptions(
        store=store,
        speed=speed,
        run_for_s=run_for,
        port=port,
        folder=folder,
        headless=headless,
        offline=offline,
        source=data,
    )
    found = asyncio.run(run_demo(options))
    if as_json:
        print_document(found)
