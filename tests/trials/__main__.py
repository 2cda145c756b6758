"""What a statistician would ask for: ``python -m tests.trials [--runs N] [--only NAME] [--json]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.trials import bandits, draws, lifts, open_bandit, shared_screens, uplift, whatif
from tests.trials.figure import Figure, Tick

TRIALS: Mapping[str, Callable[[int, Tick], list[Figure]]] = {
    "draws": draws.draws,
    "planted": lifts.planted,
    "no-effect": lifts.no_effect,
    "lost-people": lifts.broken,
    "shared-screens": shared_screens.spill_over,
    "bandit": bandits.regret,
    "open-bandit": open_bandit.known_truth,
    "uplift": uplift.recovered,
    "what-if": whatif.recovered,
}


def main() -> int:
    """Run them; 1 if a promise was broken."""
    asked = _asked()
    chosen = {n: t for n, t in TRIALS.items() if not asked.only or n in asked.only}
    figures = run(chosen, asked.runs)
    if asked.json:
        rows = [figure.as_json() for figure in figures]
        sys.stdout.write(json.dumps({"runs": asked.runs, "figures": rows}) + "\n")
    else:
        wide = None if sys.stdout.isatty() else 160
        Console(width=wide).print(table(figures))
    return 0 if all(figure.holds for figure in figures) else 1


def run(chosen: Mapping[str, Callable[[int, Tick], list[Figure]]], runs: int) -> list[Figure]:
    """Every trial, with a bar for each on standard error."""
    bar = Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    found = list[Figure]()
    with bar:
        for name, trial in chosen.items():
            task = bar.add_task(name, total=runs)
            found += trial(runs, partial(bar.advance, task))
            bar.update(task, completed=runs)
    return found


def table(figures: Sequence[Figure]) -> Table:
    """One row a figure."""
    found = Table(title="What the experiments promise, and what was seen")
    for column in ("trial", "figure", "goal", "seen", ""):
        found.add_column(column)
    for figure in figures:
        verdict = "" if figure.goal is None else "holds" if figure.holds else "BROKEN"
        found.add_row(figure.trial, figure.name, figure.goal or "", figure.seen, verdict)
    return found


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.trials", description="Experiments on trial.")
    parser.add_argument("--runs", type=int, default=100, help="runs of each trial")
    parser.add_argument("--only", action="append", choices=list(TRIALS), default=[])
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on standard output"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
