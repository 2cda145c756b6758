"""``storeside bench`` from start to end."""

from __future__ import annotations

import asyncio

from edge.lab.bench.options import BenchOptions
from edge.lab.bench.report import show, write
from edge.lab.bench.suite import measure
from edge.lab.console_output import BenchOutput, error_console


def run(options: BenchOptions) -> dict[str, object]:
    """Measure everything, say it on standard error, and leave ``bench.json`` and ``bench.svg``.

    Raises:
        StoresideError: a part of the store on trial cannot start.
    """
    console = error_console()
    with BenchOutput(console) as voice:
        found = asyncio.run(measure(options, voice))
    write(found, options.out)
    show(found, console)
    return found
