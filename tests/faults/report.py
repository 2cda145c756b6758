"""The campaign's report: a file for machines and a table for people."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.verdict import CONTROL, Verdict

# With no loss in N tries, the true rate is below 3/N in 19 of 20 such campaigns.
_RULE_OF_THREE = 3


def report(verdicts: Sequence[Verdict], seed: int) -> dict[str, object]:
    """Everything the campaign saw."""
    kills = next((v.tries for v in verdicts if v.name == "kill -9"), 0)
    return {
        "at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "seed": seed,
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "passed": all(v.passed for v in verdicts),
        "losses": _total(verdicts, "losses"),
        "duplicates": _total(verdicts, "duplicates"),
        "worst_ready_s": max(
            (
                s
                for v in _honest(verdicts)
                if isinstance(s := v.figures.get("ready_s_worst"), float)
            ),
            default=None,
        ),
        "loss_rate_a_kill_below": round(_RULE_OF_THREE / kills, 4) if kills else None,
        "faults": [v.as_json() for v in verdicts],
    }


def write(found: Mapping[str, object], folder: Path) -> Path:
    """Keep the report in ``folder``; where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "reliability.json"
    file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return file


def table(verdicts: Sequence[Verdict]) -> Table:
    """One row a fault."""
    found = Table(title="What broke, and what did not")
    for column in ("fault", "tries", "receipts", "lost", "twice", "worst ready", "verdict"):
        found.add_column(column, justify="left" if column in {"fault", "verdict"} else "right")
    for v in verdicts:
        figures = v.figures
        found.add_row(
            v.name,
            str(v.tries),
            *(str(figures.get(key, "")) for key in ("receipts", "losses", "duplicates")),
            f"{figures['ready_s_worst']} s" if "ready_s_worst" in figures else "",
            _word(v),
        )
    return found


def show(verdicts: Sequence[Verdict]) -> None:
    """Print the table on standard output."""
    Console().print(table(verdicts))


def _word(verdict: Verdict) -> str:
    held = "caught" if verdict.name.startswith(CONTROL) else "held"
    return held if verdict.passed else "; ".join(verdict.violations)


def _honest(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those of the real service."""
    return [v for v in verdicts if not v.name.startswith(CONTROL)]


def _total(verdicts: Sequence[Verdict], figure: str) -> int:
    counts = (v.figures.get(figure, 0) for v in _honest(verdicts))
    return sum(count for count in counts if isinstance(count, int))
