"""The protocol as one report."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import TooLittleData
from models.evaluation.cases import cases
from models.evaluation.checks.bundle_lists import BundleLists
from models.evaluation.checks.window import DateRange, EvaluationWindow
from models.evaluation.evaluate import evaluate, judge, list_cases, validation
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey, read_journey
from models.sources.parquet import read_columns
from tests.models.town import UNTIL_DAY, build_town

WEEKS = (22, 24)
WINDOW = EvaluationWindow(cut_day=UNTIL_DAY, end_day=UNTIL_DAY + 21)
RANKED = ("household_id", "as_of", "rank", "product_id", "score")
PUBLISHED = {
    "g-topfreq",
    "p-topfreq",
    "gp-topfreq",
    "p-topfreq-25",
    "tifu-knn",
    "up-cf",
    "item-cosine",
}


@pytest.fixture(scope="module")
def report(town: Path, bundle_dir: Path) -> dict[str, Any]:
    return evaluate(town, bundle_dir, WEEKS, latency=True)


def test_the_report_is_plain_json_with_all_its_parts(report: dict[str, Any]) -> None:
    assert json.loads(json.dumps(report)) == report
    assert (report["first_day"], report["last_day"]) == ("2017-05-22", "2017-06-11")
    assert report["weeks"] == list(WEEKS)
    assert set(report["baselines"]) == set(report["gains"]) == PUBLISHED
    assert set(report["half_the_basket_shown"]) == {"identified", "anonymous"}
    for part in ("explore_only", "types", "anonymous", "online_counters"):
        assert report[part]["trips"] > 0
        assert report[part]["ranker"]["ndcg_at_10"]["mean"] > 0


def test_every_figure_lies_inside_its_interval(report: dict[str, Any]) -> None:
    figures = list(_figures(report))
    assert len(figures) > 300
    for figure in figures:
        assert figure["low"] <= figure["mean"] <= figure["high"]


def test_a_learnt_ranker_beats_what_is_popular(report: dict[str, Any]) -> None:
    assert report["gains"]["g-topfreq"]["ndcg_at_10"]["low"] > 0
    assert (
        report["anonymous"]["ranker"]["ndcg_at_10"]["mean"]
        < report["ranker"]["ndcg_at_10"]["mean"]
    )


def test_the_buckets_of_history_hold_every_trip_once(report: dict[str, Any]) -> None:
    buckets = report["by_earlier_trips"].values()
    assert sum(bucket["trips"] for bucket in buckets) == report["trips"]


def test_the_size_is_told_by_file(report: dict[str, Any], bundle_dir: Path) -> None:
    size = report["size"]
    assert size["total_bytes"] == sum(size["files"].values())
    for name, count in size["files"].items():
        assert (bundle_dir / name).stat().st_size == count


def test_latency_is_measured_for_every_number_of_candidates(report: dict[str, Any]) -> None:
    assert set(report["latency"]) == {"200", "317", "500", "1000"}
    for speeds in report["latency"].values():
        assert set(speeds) == {
            "rows",
            "first_decision",
            "decision",
            "shortlist",
            "features",
            "graph",
            "bare",
        }


def test_the_same_question_gets_the_same_report(
    report: dict[str, Any], town: Path, bundle_dir: Path
) -> None:
    again = evaluate(
        town, bundle_dir, span=DateRange(first=date(2017, 5, 22), last=date(2017, 6, 11))
    )
    assert "latency" not in again
    assert again == {name: part for name, part in report.items() if name != "latency"}


def test_progress_rises_to_one(town: Path, bundle_dir: Path) -> None:
    heard: list[tuple[str, float]] = []
    evaluate(town, bundle_dir, on_progress=lambda stage, part: heard.append((stage, part)))
    parts = [part for _, part in heard]
    assert parts == sorted(parts)
    assert (parts[0], heard[-1]) == (0.0, ("done", 1.0))


def test_without_days_the_four_weeks_after_the_bundle_are_judged(
    town: Path, bundle_dir: Path
) -> None:
    found = evaluate(town, bundle_dir)
    assert (found["first_day"], found["last_day"]) == ("2017-05-22", "2017-06-17")


def test_shuffling_what_comes_after_the_cut_changes_no_list(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    shuffled = build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY)
    files = tmp_path / "one.parquet", tmp_path / "other.parquet"
    for source, file in zip((town, shuffled), files, strict=True):
        evaluate(source, bundle_dir, WEEKS, predictions=file)
    one, other = ({_asked(row): row for row in _rows(file)} for file in files)
    both = one.keys() & other.keys()
    assert len(both) > 300
    assert [one[row] for row in sorted(both)] == [other[row] for row in sorted(both)]


def test_no_method_sees_what_comes_after_the_cut(
    journey: Journey, bundle: Bundle, tmp_path: Path
) -> None:
    shuffled = read_journey(build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY))
    one, other = (_tens(_sat(source, bundle)) for source in (journey, shuffled))
    both = one.keys() & other.keys()
    assert len(both) > 30
    for trip in both:
        assert one[trip] == other[trip]


def test_with_nobody_to_judge_on_there_is_no_report(journey: Journey, bundle: Bundle) -> None:
    with pytest.raises(TooLittleData, match="households to judge"):
        list_cases(journey, bundle, [], WINDOW)


def test_households_without_a_second_trip_or_a_new_item_are_no_fault(
    journey: Journey, bundle: Bundle
) -> None:
    early = EvaluationWindow(cut_day=UNTIL_DAY, end_day=UNTIL_DAY + 1)
    bundle_lists = _sat(journey, bundle, early)
    report = judge(bundle_lists, early)
    assert report["online_counters"] == {"trips": 0}
    alike = [case for case in bundle_lists.cases if np.isin(case.truth, case.known).all()]
    assert judge(_sat_with(journey, bundle, alike), early)["explore_only"] == {"trips": 0}


def test_the_figures_of_the_card_are_those_of_the_report(
    report: dict[str, Any], journey: Journey, bundle: Bundle
) -> None:
    figures = validation(journey, bundle, WINDOW.cut_day, WINDOW.end_day)
    assert figures["trips"] == report["trips"]
    assert figures["ndcg_at_10"] == report["ranker"]["ndcg_at_10"]["mean"]
    assert figures["gain_low_95"] == report["gains"]["p-topfreq-25"]["ndcg_at_10"]["low"]
    assert figures["calibration_error"] == report["calibration"]["candidates"]["error"]
    assert validation(journey, bundle, journey.last_day, journey.last_day + 28) == {}


def _figures(part: Any) -> Iterator[dict[str, float]]:
    if isinstance(part, dict):
        if "low" in part:
            yield part
        else:
            for inner in part.values():
                yield from _figures(inner)


def _rows(file: Path) -> list[tuple[Any, ...]]:
    table = read_columns(file, RANKED)
    return list(zip(*(table[name].tolist() for name in RANKED), strict=True))


def _asked(row: tuple[Any, ...]) -> tuple[Any, ...]:
    household, as_of, rank, *_ = row
    return household, as_of, rank


def _sat(journey: Journey, bundle: Bundle, window: EvaluationWindow = WINDOW) -> BundleLists:
    found = list(cases(journey, bundle, window.cut_day, window.end_day))
    return list_cases(journey, bundle, found, window)


def _sat_with(journey: Journey, bundle: Bundle, found: list[Any]) -> BundleLists:
    return list_cases(journey, bundle, found, WINDOW)


def _tens(bundle_lists: BundleLists) -> dict[tuple[int, int], list[list[int]]]:
    """Every method's ten by household and moment."""
    return {
        (case.household, case.as_of): [
            tens[row].tolist() for tens in bundle_lists.tens.values()
        ]
        for row, case in enumerate(bundle_lists.cases)
    }
