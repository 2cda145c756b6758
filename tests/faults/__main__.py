"""The fault campaign: ``python -m tests.faults [--kills N] [--seed N] [--only NAME] [--json] [--out DIR]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults.campaign import Fault, chosen, faults, tried
from tests.faults.report import report, show, write
from tests.faults.verdict import Verdict


def main() -> int:
    """Run it; 1 if a promise was broken."""
    asked = _asked()
    every = tuple(chosen(faults(asked.kills), asked.only))
    verdicts = asyncio.run(run(every, asked.seed))
    found = report(verdicts, asked.seed)
    file = write(found, asked.out)
    if asked.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        show(verdicts)
        sys.stdout.write(f"report: {file}\n")
    return 0 if found["passed"] else 1


async def run(every: Sequence[Fault], seed: int) -> list[Verdict]:
    """Try every fault, with a bar for each on standard error."""
    bar = Progress(
        TextColumn("{task.description:<32}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    verdicts = list[Verdict]()
    with bar:
        for fault in every:
            task = bar.add_task(fault.name, total=fault.steps)
            verdicts.append(await tried(fault, seed, partial(bar.advance, task)))
            bar.update(task, completed=fault.steps)
    return verdicts


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults", description="The fault campaign.")
    parser.add_argument(
        "--kills", type=int, default=100, help="kill -9 this often; others by it"
    )
    parser.add_argument("--seed", type=int, default=20171224)
    parser.add_argument("--only", action="append", default=[], help="part of a fault's name")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on standard output"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reports"), help="folder of the report"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
