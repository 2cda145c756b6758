"""The campaigns that decisions are trusted by: ``python -m tests.trust [--only NAME] [--scale F] [--json]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.trials.__main__ import table
from tests.trials.figure import Figure
from tests.trust.campaign import Campaign
from tests.trust.caps import CAMPAIGN as CAPS
from tests.trust.latency import CAMPAIGN as LATENCY
from tests.trust.mutations import CAMPAIGN as MUTATIONS
from tests.trust.scenes import CAMPAIGN as SCENES
from tests.trust.shares import CAMPAIGN as SHARES

CAMPAIGNS: Mapping[str, Campaign] = {
    "shares": SHARES,
    "scenes": SCENES,
    "mutations": MUTATIONS,
    "latency": LATENCY,
    "caps": CAPS,
}


def main() -> int:
    """Run them; 1 if a promise was broken."""
    asked = _asked()
    chosen = {n: c for n, c in CAMPAIGNS.items() if not asked.only or n in asked.only}
    began = time.monotonic()
    figures = run(chosen, asked.scale)
    if asked.json:
        rows = [figure.as_json() for figure in figures]
        took_s = round(time.monotonic() - began, 1)
        found = {"scale": asked.scale, "took_s": took_s, "figures": rows}
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        wide = None if sys.stdout.isatty() else 160
        Console(width=wide).print(table(figures))
    return 0 if all(figure.holds for figure in figures) else 1


def run(chosen: Mapping[str, Campaign], scale: float) -> Sequence[Figure]:
    """Every campaign, with a bar for each on standard error."""
    bar = Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    found = list[Figure]()
    with bar:
        for name, campaign in chosen.items():
            task = bar.add_task(name, total=campaign.steps)
            found += campaign.run(scale, partial(bar.advance, task))
            bar.update(task, completed=campaign.steps)
    return found


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.trust", description="Decisions on trial.")
    parser.add_argument("--only", action="append", choices=list(CAMPAIGNS), default=[])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="how much of what is promised is tried"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on standard output"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
