"""The benchmark's files and words: ``bench.json``, the chart, and the goals as a table.

``suite.run`` calls it last, with the finished document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_LINES = (
    ("hop", "one bare hop", "#b8b2a7"),
    ("echo", "bare echo: two hops", "#6b6457"),
    ("ask", "question to answer", "#1f6f5c"),
    ("show", "sighting to screen", "#c2571a"),
)


def write(found: Mapping[str, object], folder: Path) -> None:
    """Leave ``bench.json``, its tables as ``bench.md`` and its chart as ``bench.svg`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(markdown(found), encoding="utf-8")
    draw(found, folder / "bench.svg")


def draw(found: Mapping[str, object], file: Path) -> None:
    """Delays over rates: the median as a line, up to the 99th percentile as a shade."""
    rates: Any = found["rates"]
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("svg")
    # The same figures give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "storeside"
    plots: Any = import_module("matplotlib.pyplot")
    figure, axes = plots.subplots(figsize=(8, 4.5), layout="constrained")
    x = [float(rate) for rate in rates]
    for kind, label, colour in _LINES:
        p50 = [rates[rate][kind]["p50_ms"] for rate in rates]
        p99 = [rates[rate][kind]["p99_ms"] for rate in rates]
        axes.plot(x, p50, marker="o", color=colour, label=label)
        axes.fill_between(x, p50, p99, color=colour, alpha=0.12, linewidth=0)
    axes.set(xscale="log", yscale="log", xlabel="signals a second", ylabel="milliseconds")
    axes.set_title("Delay: median, shaded up to the 99th percentile", loc="left", fontsize=11)
    axes.set_xticks(x, [f"{rate:g}" for rate in x])
    axes.grid(visible=True, which="major", alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False)
    # Without the date, which would make another file of the same figures.
    figure.savefig(file, format="svg", metadata={"Date": None})
    plots.close(figure)


def markdown(found: Mapping[str, object]) -> str:
    """The figures by rate and the goals, as the documents show them."""
    rates: Any = found["rates"]
    goals: Any = found["goals"]
    titles = [label for _, label, _ in _LINES]
    rows = [["signals a second", *titles], ["---:"] * (len(titles) + 1)]
    rows += [
        [rate, *(_cell(kinds[kind]) for kind, _, _ in _LINES)] for rate, kinds in rates.items()
    ]
    rows += [[], ["goal", "limit", "seen", ""], ["---", "---:", "---:", "---"]]
    rows += [[_plain(cell) for cell in _row(goal)] for goal in goals]
    return "\n".join(f"| {' | '.join(row)} |" if row else "" for row in rows) + "\n"


def show(found: Mapping[str, object], console: Console) -> None:
    """Print the figures by rate and the goals with what was seen."""
    rates: Any = found["rates"]
    by_rate = Table(title="Delays in ms: median / 99th percentile (times the echo's median)")
    by_rate.add_column("signals a second", justify="right")
    for _, label, _ in _LINES:
        by_rate.add_column(label, justify="right")
    for rate, kinds in rates.items():
        by_rate.add_row(rate, *(_cell(kinds[kind]) for kind, _, _ in _LINES))
    console.print(by_rate)
    table = Table(title="Goals")
    for column in ("goal", "limit", "seen", ""):
        table.add_column(column, justify="left" if column in {"goal", ""} else "right")
    goals: Any = found["goals"]
    for goal in goals:
        table.add_row(*_row(goal))
    console.print(table)


def _plain(text: str) -> str:
    return text.replace("[red]", "**").replace("[/red]", "**")


def _cell(figures: Mapping[str, Any]) -> str:
    return f"{figures['p50_ms']:g} / {figures['p99_ms']:g} ({figures['p50_to_echo']} ×)"


def _row(goal: Mapping[str, Any]) -> Sequence[str]:
    sign = "≥" if goal["at_least"] else "≤"
    word = {True: "met", False: "[red]missed[/red]", None: "not measured"}[goal["met"]]
    seen = "" if goal["seen"] is None else f"{goal['seen']:g} {goal['unit']}"
    return goal["what"], f"{sign} {goal['limit']:g} {goal['unit']}", seen, word
