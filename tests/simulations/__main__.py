"""``python -m tests.simulations``: coverage of planted effects, in the statistical town and in the whole simulator.

--runs N    runs of the statistical town for each line (100)
--whole N   runs of the whole simulator, service and all (10); 0 leaves them out
--json      one document instead of the table
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.lab.simulate.findings import findings
from edge.lab.simulate.options import SimulateOptions
from edge.lab.simulate.planted_truth import PlantedResponse
from edge.lab.simulate.run import play
from tests.simulations.crowd import Crowd

LIFT_PCT = 20
_LEAST_OF_100 = 93
# Students are moved much by the measured campaign, everybody else a little.
UPLIFT = PlantedResponse(lift_pct=10, segments={"students": 80})
_LEAST_UPLIFT_OF_100 = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. ``goal``: what ``held`` of ``runs`` must reach at least, or None."""

    what: str
    held: int
    runs: int
    goal: int | None


def uplift(runs: int, crowd: Crowd) -> Iterator[Row]:
    """Runs of the statistical town in which people are moved unlike each other, and in which nobody is moved."""
    held = Counter[str]()
    for run in range(runs):
        _tell(f"uplift {run + 1}/{runs}")
        found, effect = crowd.moved(run, UPLIFT)
        assert found.average is not None
        assert found.found is not None
        held["planted average inside"] += bool(
            found.average.difference.holds(float(effect.mean()))
        )
        held["order beats chance"] += bool(found.found.ranking.value > 0)
        held["people told apart"] += bool(found.found.tells_apart)
        nothing, _ = crowd.moved(run, PlantedResponse())
        held["no effect, nobody told apart"] += nothing.found is not None and not bool(
            nothing.found.tells_apart
        )
    for what, n in held.items():
        goal = None if what == "people told apart" else _LEAST_UPLIFT_OF_100 * runs // 100
        yield Row(what=f"uplift: {what}", held=n, runs=runs, goal=goal)


def statistical(runs: int, crowd: Crowd) -> Iterator[Row]:
    """Runs of the statistical town: a planted lift, and none."""
    for lift_pct, what in ((LIFT_PCT, f"lift {LIFT_PCT} % inside"), (0, "no lift, no alarm")):
        held = Counter[str]()
        for run in range(runs):
            _tell(f"{what} {run + 1}/{runs}")
            once, running = crowd.judged(run, lift_pct)
            held["one look"] += once.holds(lift_pct / 100)
            held["at any time"] += running.holds(lift_pct / 100)
        for look, n in held.items():
            yield Row(
                what=f"{what}: {look}", held=n, runs=runs, goal=_LEAST_OF_100 * runs // 100
            )


def whole(runs: int) -> Iterator[Row]:
    """Runs of the whole simulator: every arm of every campaign of which something can be told."""
    held, told, broken = Counter[str](), Counter[str](), 0
    for run in range(runs):
        _tell(f"whole simulator {run + 1}/{runs}")
        with tempfile.TemporaryDirectory() as folder:
            options = SimulateOptions(hours=34, seed=1_000 + run, visits_a_day=500)
            played = play(options, Path(folder))
            broken += bool(played.verdict.total)
            with closing(sqlite3.connect(played.database)) as conn:
                for found in findings(conn, played.portfolio, played.truth):
                    if found.truth is None or not found.lift.told:
                        continue
                    told[found.campaign] += 1
                    held[found.campaign] += found.lift.holds(found.truth)
    for campaign, n in told.items():
        yield Row(what=f"whole: {campaign}", held=held[campaign], runs=n, goal=None)
    yield Row(
        what="whole: runs without a broken promise", held=runs - broken, runs=runs, goal=None
    )


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulations", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--whole", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    crowd = Crowd()
    rows = [
        *statistical(asked.runs, crowd),
        *uplift(asked.runs, crowd),
        *(whole(asked.whole) if asked.whole else ()),
    ]
    if asked.json:
        sys.stdout.write(json.dumps([asdict(row) for row in rows]) + "\n")
    else:
        for row in rows:
            goal = "" if row.goal is None else f"   goal {row.goal}"
            sys.stdout.write(f"{row.what:40} {row.held:4} of {row.runs:4}{goal}\n")
    return int(any(row.goal is not None and row.held < row.goal for row in rows))


def _tell(what: str) -> None:
    sys.stderr.write(f"\r\x1b[K{what}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
