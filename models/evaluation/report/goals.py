"""What was aimed at on the public data, beside what was reached.

``page`` shows them above the chapters.

The goals are set for the test weeks 49-53; on other weeks they are for orientation.
"""

from dataclasses import dataclass

from models.evaluation.metrics import Figure
from models.evaluation.report.figures import Report, figure_at, parts

# The goals speak of these data alone.
GOALS_OF = "completejourney"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGoal:
    """``path``: where the report has the figure. ``other``: the best published method's, if one is named.

    ``at_most``: less is better.
    """

    what: str
    path: str
    must: float
    moonshot: float
    other: str = ""
    at_most: bool = False


GOALS = (
    ModelGoal(
        what="NDCG@10",
        path="ranker/ndcg_at_10",
        must=0.255,
        moonshot=0.275,
        other="baselines/*/ndcg_at_10",
    ),
    ModelGoal(
        what="Recall@10",
        path="ranker/recall_at_10",
        must=0.196,
        moonshot=0.212,
        other="baselines/*/recall_at_10",
    ),
    ModelGoal(
        what="PHR@10 (trips with a hit)",
        path="ranker/phr_at_10",
        must=0.66,
        moonshot=0.69,
        other="baselines/*/phr_at_10",
    ),
    ModelGoal(
        what="Product types, NDCG@10",
        path="types/ranker/ndcg_at_10",
        must=0.34,
        moonshot=0.36,
        other="types/baselines/*/ndcg_at_10",
    ),
    ModelGoal(
        what="Never-bought items, Recall@10",
        path="explore_only/ranker/recall_at_10",
        must=0.028,
        moonshot=0.036,
        other="explore_only/baselines/*/recall_at_10",
    ),
    ModelGoal(
        what="Half the basket shown, known shopper, NDCG@10",
        path="half_the_basket_shown/identified/ranker/ndcg_at_10",
        must=0.215,
        moonshot=0.245,
        other="half_the_basket_shown/identified/baselines/*/ndcg_at_10",
    ),
    ModelGoal(
        what="Half the basket shown, unknown shopper, NDCG@10",
        path="half_the_basket_shown/anonymous/ranker/ndcg_at_10",
        must=0.13,
        moonshot=0.16,
        other="half_the_basket_shown/anonymous/baselines/*/ndcg_at_10",
    ),
    ModelGoal(
        what="Recall gained by counting at the till",
        path="online_counters/relative_recall_gain",
        must=0.05,
        moonshot=0.08,
    ),
    ModelGoal(
        what="Coupons, PR-AUC of redemption",
        path="offers/pr_auc",
        must=0.53,
        moonshot=0.60,
    ),
    ModelGoal(
        what="Coupons, AUC inside a campaign",
        path="offers/within_campaign_auc",
        must=0.82,
        moonshot=0.86,
    ),
    ModelGoal(
        what="Decision of 317 candidates, p50 ms",
        path="latency/317/decision/p50_ms",
        must=2,
        moonshot=0.3,
        at_most=True,
    ),
    ModelGoal(
        what="Decision of 317 candidates, p99 ms",
        path="latency/317/decision/p99_ms",
        must=10,
        moonshot=1,
        at_most=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalResult:
    """A goal, the figure reached, and the best published method's mean with its name, if any."""

    goal: ModelGoal
    reached: Figure
    other: tuple[str, float] | None

    @property
    def verdict(self) -> str:
        """``moonshot``, ``must`` or ``missed``, by the mean."""
        sign = -1 if self.goal.at_most else 1
        mean = sign * self.reached["mean"]
        if mean >= sign * self.goal.moonshot:
            return "moonshot"
        return "must" if mean >= sign * self.goal.must else "missed"


def outcomes(report: Report) -> list[GoalResult]:
    """The goals that this report has a figure for; none on other data than the public."""
    if report.get("source") != GOALS_OF:
        return []
    return [
        GoalResult(goal=goal, reached=reached, other=_best(report, goal.other))
        for goal in GOALS
        if (reached := figure_at(report, goal.path)) is not None
    ]


def _best(report: Report, path: str) -> tuple[str, float] | None:
    group, _, metric = path.partition("/*/")
    methods = report
    for part in group.split("/"):
        methods = parts(methods.get(part))
    means = [
        (name, figure["mean"])
        for name, own in methods.items()
        if (figure := figure_at(parts(own), metric)) is not None
    ]
    return max(means, key=lambda one: one[1], default=None)
