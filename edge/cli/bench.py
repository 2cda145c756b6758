"""``storeside bench``: what a store on this machine can do, beside what the machine itself can.

``program`` loads it for this command alone; the work is that of ``lab.bench.suite``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.output import AsJson, print_document
from edge.lab.bench.options import BenchOptions
from edge.lab.bench.suite import run as run_bench


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the command."""
    program.command(name, short_help=says, epilog="Example: storeside bench --quick --json")(
        bench
    )


def bench(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where bench.json and bench.svg go.")
    ] = Path(),
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Short blocks: to see that it works, not to quote.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure signal to screen, decisions, receipts and starts, in turns with a bare echo through the same broker.

    The table is on standard error; the figures go to bench.json and a chart beside it.
    """
    found = run_bench(BenchOptions(quick=quick, out=out))
    if as_json:
        print_document(found)
