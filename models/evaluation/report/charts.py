"""The charts, as SVG that stands in a page: the same figures give the same bytes.

``chapter`` and ``chapters`` draw with it; matplotlib is loaded only then.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from models.errors import ChartsMissing
from models.evaluation.metrics import Figure

# What our lists are called, and the colours of ours, of others', and of what is drawn behind.
WE = "this bundle"
OURS, OTHERS, FAINT = "#1f6f5c", "#6b6457", "#b8b2a7"
_COLOURS = (OURS, "#c2571a", "#4a6fa5", "#8a7a3d", FAINT)

# Any: matplotlib's axes, which are untyped.
Draw = Callable[[Any], None]
Rows = Sequence[tuple[str, Figure]]


def drawn(name: str, draw: Draw, *, height: float = 3.2, panels: int = 1) -> str:
    """One SVG element. ``name`` keeps its inner ids apart from other charts'."""
    try:
        matplotlib: Any = import_module("matplotlib")
    except ImportError as absent:
        raise ChartsMissing from absent
    # Drawn to text: no screen is looked for.
    matplotlib.use("svg")
    settings = {
        # Without a salt of ours the ids inside are random, and no two pages alike.
        "svg.hashsalt": f"storeside-{name}",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
    }
    plots: Any = import_module("matplotlib.pyplot")
    with matplotlib.rc_context(settings):
        figure, axes = plots.subplots(1, panels, figsize=(8.4, height), layout="constrained")
        draw(axes)
        for one in figure.axes:
            one.grid(visible=True, alpha=0.25)
            one.spines[["top", "right"]].set_visible(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
        plots.close(figure)
    text = file.getvalue()
    # Without the lines before it: the element stands inside a page.
    return text[text.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)


def put_dots(axes: Any, rows: Rows, label: str) -> None:  # noqa: ANN401  # matplotlib is untyped
    """A dot with its interval a row, from the top; ours in its own colour."""
    for place, (name, figure) in enumerate(rows):
        colour = OURS if name == WE else OTHERS
        axes.errorbar(
            figure["mean"], place, xerr=_arms(figure), fmt="o", color=colour, capsize=3
        )
        axes.annotate(
            f"{figure['mean']:.3f}",
            (figure["high"], place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=9,
        )
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.margins(x=0.2)
    axes.set_xlabel(label)


def put_lines(axes: Any, lines: Mapping[str, Rows]) -> None:  # noqa: ANN401  # matplotlib is untyped
    """A line a name over the rows' own labels, its interval shaded; the first is ours."""
    for colour, (name, rows) in zip(_COLOURS, lines.items(), strict=False):
        places = range(len(rows))
        means = [figure["mean"] for _, figure in rows]
        axes.plot(places, means, marker="o", color=colour, label=name)
        lows, highs = ([figure[end] for _, figure in rows] for end in ("low", "high"))
        axes.fill_between(places, lows, highs, color=colour, alpha=0.14, linewidth=0)
        axes.set_xticks(places, [label for label, _ in rows])
    axes.legend(frameon=False)


def put_reliability(axes: Any, groups: Mapping[str, Sequence[Mapping[str, float]]]) -> None:  # noqa: ANN401 - the library has no types
    """Promised against bought on logarithmic scales, with the line of perfect promises."""
    for colour, (name, points) in zip(_COLOURS, groups.items(), strict=False):
        # Nought has no place on a logarithmic scale.
        seen = [(one["chance"], one["rate"]) for one in points if one["chance"] and one["rate"]]
        axes.plot(
            *zip(*seen, strict=True), "o-", color=colour, label=name, linewidth=1, markersize=5
        )
    low, high = axes.get_xlim()
    axes.plot([low, high], [low, high], "--", color=FAINT, label="perfect", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="chance promised", ylabel="part bought")
    axes.legend(frameon=False)


def _arms(figure: Figure) -> list[list[float]]:
    mean = figure["mean"]
    # matplotlib takes no length below nought, and rounding can make one.
    return [[max(mean - figure["low"], 0)], [max(figure["high"] - mean, 0)]]
