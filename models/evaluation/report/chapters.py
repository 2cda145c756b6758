"""The report's chapters: a question, its chart, and what it says in plain words.

``page`` asks for them in the order of reading.
"""

from collections.abc import Callable, Mapping
from typing import Any

from models.evaluation.checks.bundle_lists import POPULAR, REFERENCE
from models.evaluation.metrics import LENGTH, Figure
from models.evaluation.report.chapter import Chapter, dots, lines_over, rows_of, said
from models.evaluation.report.charts import drawn, put_dots, put_lines, put_reliability
from models.evaluation.report.figures import Report, percent


def chapters(report: Report) -> list[Chapter]:
    """The chapters that this report has figures for, in the order of reading."""
    makers: tuple[Callable[[Report], Chapter | None], ...] = (
        _overall,
        _gains,
        _history,
        _newcomers,
        _explore,
        _baskets,
        _strangers,
        _counters,
        _breadth,
        _promises,
        _speed,
    )
    made = [make(report) for make in makers]
    return [chapter for chapter in made if chapter is not None]


def _overall(report: Report) -> Chapter:
    metrics = {"ndcg_at_10": "NDCG@10", "recall_at_10": "Recall@10", "phr_at_10": "PHR@10"}

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        for one, (metric, label) in zip(axes, metrics.items(), strict=True):
            put_dots(one, rows_of(report, metric, by="ndcg_at_10"), label)
            one.set_xlim(left=0)
            one.tick_params(labelleft=one is axes[0])

    hit, items = report["ranker"]["phr_at_10"]["mean"], report["items_a_trip"]
    return Chapter(
        title="Ten items for the coming trip",
        chart=drawn("overall", draw, height=3.6, panels=len(metrics)),
        words=(
            f"Of {report['trips']:,} trips that nobody had seen, {percent(hit)} held at least one of the "
            f"ten items listed (PHR). A trip holds {items:.1f} items; Recall is the part of them "
            "that was listed, NDCG also asks whether the right ones stood first. Bars are 95 % "
            "intervals over trips."
        ),
    )


def _gains(report: Report) -> Chapter:
    gains: Report = report["gains"]
    rows: list[tuple[str, Figure]] = [
        (said(who), own["ndcg_at_10"]) for who, own in gains.items() if who != POPULAR
    ]
    rows.sort(key=lambda row: row[1]["mean"])

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        put_dots(
            axes, rows, "NDCG@10 of this bundle less that of the method, on the same trips"
        )
        axes.axvline(0, color="black", linewidth=0.8)

    won = [name for name, figure in rows if figure["low"] > 0]
    return Chapter(
        title="How sure the gain is",
        chart=drawn("gains", draw, height=2.8),
        words=(
            "Each dot compares two lists for the same trips; an interval right of the line means "
            f"that chance alone does not explain the gain. That holds against {len(won)} of these "
            f"{len(rows)} methods. What all buy is too far away to be drawn. The methods are "
            "re-implementations, tuned and judged on the same split as the bundle."
        ),
    )


def _history(report: Report) -> Chapter | None:
    return lines_over(
        "Short and long histories",
        report["by_earlier_trips"],
        ("earlier trips of the household", ("ranker", REFERENCE)),
        "Households by how often they had come before. The more is known, the better the list; the "
        "distance between the lines is what learning adds to counting.",
    )


def _newcomers(report: Report) -> Chapter | None:
    return lines_over(
        "How fast a newcomer becomes known",
        report["cold_start"],
        ("trips known", ("ranker", REFERENCE, POPULAR)),
        "The same households, as if only their latest trips were known. With none, the list is the "
        "store's; every further trip makes it the shopper's own.",
    )


def _explore(report: Report) -> Chapter | None:
    return dots(
        "Items the shopper never bought",
        report["explore_only"],
        "recall_at_10",
        f"Lists of {LENGTH} items new to the household, against the new items of the trip. "
        f"New items are hard: in the ordinary list only {_part(report, 'ranker')} of the items are "
        "new, so exploration needs a slot of its own.",
    )


def _baskets(report: Report) -> Chapter | None:
    halves = report["half_the_basket_shown"]
    if not halves:
        return None

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        for one, (who, own) in zip(axes, halves.items(), strict=True):
            put_dots(one, rows_of(own, "ndcg_at_10"), "NDCG@10")
            one.set_title(f"{who} shopper", loc="left", fontsize=10)
            one.set_xlim(left=0)

    return Chapter(
        title="What completes the basket",
        chart=drawn("baskets", draw, height=2.6, panels=len(halves)),
        words=(
            "Half of each basket is shown, the other half is to be foreseen: a trolley at the shelf, "
            "or a till line by line. It works for shoppers nobody knows as well, from the basket alone."
        ),
    )


def _strangers(report: Report) -> Chapter | None:
    return dots(
        "Nothing known but the store and the hour",
        report["anonymous"],
        "recall_at_10",
        "The screen inside the door, for a shopper who has not said who they are. Knowing the store "
        "and the part of the day finds "
        f"{_percent(report['anonymous']['relative_recall_gain']['ranker'])} more than what all buy.",
    )


def _counters(report: Report) -> Chapter | None:
    own = report["online_counters"]
    if not own["trips"]:
        return None
    return dots(
        "Counting at the till",
        own,
        "recall_at_10",
        f"Each household's last trip of the window, {own['trips_since']:.1f} trips after the cut on "
        "average: with counters that the till kept up to date, and with counters as they stood at "
        f"the cut. Keeping count finds {_percent(own['relative_recall_gain'])} more.",
    )


def _breadth(report: Report) -> Chapter:
    own, habit = report["breadth"]["ranker"], report["breadth"][REFERENCE]
    return Chapter(
        title="How broad the lists are",
        chart="",
        words=(
            f"All lists together show {percent(own['coverage'])} of the vocabulary "
            f"({said(REFERENCE)}: {percent(habit['coverage'])}). One list holds "
            f"{own['types_a_list']['mean']:.1f} product types of "
            f"{own['categories_a_list']['mean']:.1f} categories."
        ),
    )


def _promises(report: Report) -> Chapter:
    kept = report["calibration"]
    names = {"candidates": "all candidates", "listed": "the ten listed"}
    groups = {
        f"{names[name]} (error {own['error']:.4f})": own["groups"] for name, own in kept.items()
    }
    return Chapter(
        title="Are the chances honest?",
        chart=drawn("promises", lambda axes: put_reliability(axes, groups), height=3.8),
        words=(
            "Candidates in 15 groups of equal size by the chance that the bundle gave them, against "
            "the part that was bought. On the dashed line a chance of ten per cent comes true one "
            "time in ten, so chances may be multiplied with margins."
        ),
    )


def _speed(report: Report) -> Chapter | None:
    speeds: Mapping[str, Any] = report.get("latency", {})
    if not speeds:
        return None
    steps = {
        "decision": "whole decision",
        "features": "features",
        "shortlist": "shortlist",
        "graph": "graph",
        "bare": "bare onnxruntime",
    }
    lines = {
        label: [(count, _delay(own[step], step)) for count, own in speeds.items()]
        for step, label in steps.items()
    }

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        put_lines(axes, lines)
        axes.set(xlabel="candidates", ylabel="milliseconds", yscale="log")
        axes.legend(frameon=False, bbox_to_anchor=(1, 1))

    first = next(iter(speeds.values()))["first_decision"]["p50_ms"]
    return Chapter(
        title="How long a decision takes",
        chart=drawn("speed", draw, height=3.6),
        words=(
            "On one thread of the machine that wrote this page, with whatever else it was doing: "
            "medians, the whole decision shaded up to its 99th percentile. The first decision of a "
            f"visit takes {first:.2f} ms, since it reads the shopper's past once. A person sees "
            "nothing below 100 ms."
        ),
    )


def _delay(own: Mapping[str, float], step: str) -> Figure:
    high = own["p99_ms" if step == "decision" else "p50_ms"]
    return {"mean": own["p50_ms"], "low": own["p50_ms"], "high": high}


def _part(report: Report, who: str) -> str:
    return percent(1 - report["repeats"][who]["repeats_listed"]["mean"], 1)


def _percent(gain: Figure) -> str:
    if not gain:
        return "nothing"
    ends = f"{percent(gain['low'])} to {percent(gain['high'])}"
    return f"{percent(gain['mean'])} (95 % interval {ends})"
