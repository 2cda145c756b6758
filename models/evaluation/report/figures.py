"""Figures out of a report by their path, and every one of them as rows of a table.

All files of the report read figures by their paths with it.

A figure is a number, or ``{"mean", "low", "high"}``; paths are written with slashes.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from models.evaluation.metrics import Figure

Report = Mapping[str, Any]


def figure_at(report: Report, path: str) -> Figure | None:
    """The figure at ``path``, a bare number with itself as its interval; None if it is not there."""
    found: object = report
    for name in path.split("/"):
        found = parts(found).get(name)
    if isinstance(found, int | float):
        return {"mean": found, "low": found, "high": found}
    figure = parts(found)
    return dict(figure) if "mean" in figure else None


def all_figures(report: Report, path: str = "") -> Iterator[tuple[str, Figure | float]]:
    """Every figure of the report with its path, in the report's order."""
    for name, value in report.items():
        here = f"{path}/{name}" if path else name
        inside = parts(value)
        if "mean" in inside:
            yield here, dict(inside)
        elif isinstance(value, int | float):
            yield here, value
        else:
            yield from all_figures(inside, here)


def parts(found: object) -> Report:
    """What a report holds under a name; nothing, if that is no part with names of its own."""
    return cast("Report", found) if isinstance(found, Mapping) else {}


def told(value: float) -> str:
    """A number as a reader wants it: whole, or with as many digits as its size bears."""
    if float(value).is_integer() and abs(value) >= 1:
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def interval(figure: Figure) -> str:
    """The 95 % interval; empty for a bare number."""
    if figure["low"] == figure["high"] == figure["mean"]:
        return ""
    return f"{told(figure['low'])} – {told(figure['high'])}"


def percent(part: float, digits: int = 0) -> str:
    """A part of one in hundredths."""
    return f"{100 * part:.{digits}f} %"
