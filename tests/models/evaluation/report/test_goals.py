"""What was aimed at, beside what was reached."""

import pytest

from models.evaluation.report.figures import all_figures, figure_at, interval, percent, told
from models.evaluation.report.goals import GOALS, GOALS_OF, outcomes

FIGURE = {"mean": 0.26, "low": 0.25, "high": 0.27}
REPORT = {
    "source": GOALS_OF,
    "trips": 1234,
    "ranker": {"ndcg_at_10": FIGURE},
    "baselines": {
        "weak": {"ndcg_at_10": {"mean": 0.1, "low": 0.1, "high": 0.1}},
        "strong": {"ndcg_at_10": {"mean": 0.2, "low": 0.1, "high": 0.3}},
        "silent": {},
    },
    "latency": {"317": {"decision": {"p50_ms": 0.2, "p99_ms": 12.0}}},
    "groups": [{"chance": 0.5}],
}


def test_only_what_was_measured_is_held_to_its_goal() -> None:
    reached = {one.goal.path: one for one in outcomes(REPORT)}
    assert set(reached) == {
        "ranker/ndcg_at_10",
        "latency/317/decision/p50_ms",
        "latency/317/decision/p99_ms",
    }
    assert reached["ranker/ndcg_at_10"].other == ("strong", 0.2)
    assert reached["latency/317/decision/p50_ms"].other is None


def test_a_goal_is_missed_reached_or_surpassed_whichever_way_is_better() -> None:
    verdicts = [one.verdict for one in outcomes(REPORT)]
    assert verdicts == ["must", "moonshot", "missed"]


def test_other_data_have_no_goals() -> None:
    assert outcomes({**REPORT, "source": "elsewhere"}) == []


def test_every_goal_asks_more_of_the_moonshot_than_of_the_must() -> None:
    assert all((goal.moonshot < goal.must) == goal.at_most for goal in GOALS)


def test_figures_are_found_by_their_path() -> None:
    assert figure_at(REPORT, "ranker/ndcg_at_10") == FIGURE
    assert figure_at(REPORT, "trips") == {"mean": 1234, "low": 1234, "high": 1234}
    for path in ("ranker", "ranker/none", "trips/deeper", "groups", "source"):
        assert figure_at(REPORT, path) is None


def test_all_figures_come_in_the_order_of_the_report() -> None:
    paths = [path for path, _ in all_figures(REPORT)]
    assert paths[:2] == ["trips", "ranker/ndcg_at_10"]
    assert paths[-1] == "latency/317/decision/p99_ms"


@pytest.mark.parametrize(
    ("value", "text"), [(1234, "1,234"), (0, "0.0000"), (0.24791, "0.2479"), (10.973, "10.97")]
)
def test_numbers_have_as_many_digits_as_they_bear(value: float, text: str) -> None:
    assert told(value) == text


def test_a_bare_number_has_no_interval() -> None:
    assert interval(FIGURE) == "0.2500 – 0.2700"
    assert interval({"mean": 1, "low": 1, "high": 1}) == ""
    assert percent(0.1234, 1) == "12.3 %"
