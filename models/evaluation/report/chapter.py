"""A chapter of the report, and the two shapes that most of them have.

``chapters`` builds every chapter of these, ``page`` sets them in a row.
"""

from dataclasses import dataclass
from typing import Any

from models.evaluation.metrics import Figure
from models.evaluation.report.charts import WE, Rows, drawn, put_dots, put_lines
from models.evaluation.report.figures import Report

# What readers who have not read the papers may call each list.
_SAID = {
    "ranker": WE,
    "g-topfreq": "G-TopFreq: what all buy",
    "p-topfreq": "P-TopFreq: own favourites",
    "gp-topfreq": "GP-TopFreq: own, then all's",
    "p-topfreq-25": "P-TopFreq@25: own, lately",
    "tifu-knn": "TIFU-KNN: like shoppers",
    "up-cf": "UP-CF@r: like shoppers",
    "item-cosine": "item cosine: goes together",
    "store-and-hour": "this store at this hour",
    "frozen": "frozen at the cut",
}


def said(who: str) -> str:
    """A list's name in plain words."""
    return _SAID.get(who, who)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """``chart``: one SVG element, or nothing."""

    title: str
    chart: str
    words: str


def rows_of(contest: Report, metric: str, by: str = "") -> Rows:
    """Ours first, then the others, best first by ``by``: panels that share their names need one order."""
    baselines: Report = contest["baselines"]
    order = sorted(baselines, key=lambda who: -baselines[who][by or metric]["mean"])
    others: list[tuple[str, Figure]] = [(said(who), baselines[who][metric]) for who in order]
    return [(WE, contest["ranker"][metric]), *others]


def dots(title: str, contest: Report, metric: str, words: str) -> Chapter | None:
    """One metric of a contest, a dot a method; nothing where there were no trips."""
    if not contest["trips"]:
        return None
    rows = rows_of(contest, metric)
    label = metric.replace("_at_", "@").replace("recall", "Recall")

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        put_dots(axes, rows, label)
        axes.set_xlim(left=0)

    name = title.replace(" ", "-").lower()
    return Chapter(
        title=title, chart=drawn(name, draw, height=1 + 0.4 * len(rows)), words=words
    )


def lines_over(
    title: str, contests: Report, axis: tuple[str, tuple[str, ...]], words: str
) -> Chapter | None:
    """NDCG@10 of ``axis``'s methods over contests in their order."""
    if not contests:
        return None
    label, who = axis
    lines = {
        said(name): [
            (at, (own["ranker"] if name == "ranker" else own["baselines"][name])["ndcg_at_10"])
            for at, own in contests.items()
        ]
        for name in who
    }

    def draw(axes: Any) -> None:  # noqa: ANN401  # matplotlib is untyped
        put_lines(axes, lines)
        axes.set(xlabel=label, ylabel="NDCG@10", ylim=(0, None))

    return Chapter(
        title=title, chart=drawn(label.replace(" ", "-"), draw, height=3.4), words=words
    )
