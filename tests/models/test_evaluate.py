"""The protocol, and predictions for others to judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle
from models.cases import TRIPS_BEFORE, cases
from models.counters import Profile
from models.errors import TooLittleData
from models.evaluate import evaluate, judge
from models.journey import Journey
from models.parquet import read_columns, write_columns
from tests.models.town import UNTIL_DAY, build_town

WEEKS = (22, 24)
RANKED = ("household_id", "as_of", "rank", "product_id", "score")


@pytest.fixture(scope="module")
def report(town: Path, bundle_dir: Path) -> dict[str, object]:
    return evaluate(town, bundle_dir, WEEKS)


def test_the_report_is_plain_json_with_all_its_parts(report: dict[str, object]) -> None:
    again = json.loads(json.dumps(report))
    assert again["weeks"] == list(WEEKS)
    assert set(again["baselines"]) == {
        "g-topfreq",
        "p-topfreq",
        "p-topfreq-25",
        "gp-topfreq-25",
    }
    assert set(again["half_the_basket_shown"]) == {"identified", "anonymous"}
    assert 0 < again["anonymous"]["ndcg_at_10"] < again["ranker"]["ndcg_at_10"] < 1
    assert again["explore_only"]["trips"] > 0
    assert (
        sum(bucket["trips"] for bucket in again["by_earlier_trips"].values()) == again["trips"]
    )


def test_a_learnt_ranker_beats_what_is_popular(report: dict[str, object]) -> None:
    gain = report["gain_in_ndcg"]
    assert isinstance(gain, dict)
    assert gain["g-topfreq"]["low"] > 0


def test_a_case_is_the_first_trip_after_the_cut_with_history_up_to_it(
    journey: Journey, bundle: Bundle
) -> None:
    found = list(cases(journey, bundle, UNTIL_DAY, UNTIL_DAY + 21))
    assert len({case.household for case in found}) == len(found)
    for case in found:
        mine = journey.trips.day[journey.trips.household == case.household]
        assert case.view.moment.day == mine[mine > UNTIL_DAY].min()
        assert case.trips == (mine <= UNTIL_DAY).sum() >= TRIPS_BEFORE
        assert isinstance(case.view.profile, Profile)
        assert max(case.view.profile.days) <= UNTIL_DAY


def test_shuffling_what_comes_after_the_cut_changes_no_score(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    shuffled = build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY)
    files = tmp_path / "one.parquet", tmp_path / "other.parquet"
    for source, file in zip((town, shuffled), files, strict=True):
        evaluate(source, bundle_dir, WEEKS, predictions=file)
    one, other = (read_columns(file, RANKED) for file in files)
    both = np.intersect1d(one["household_id"], other["household_id"])
    assert len(both) > 30
    for name in RANKED:
        first, second = (
            table[name][np.isin(table["household_id"], both)] for table in (one, other)
        )
        np.testing.assert_array_equal(first, second)


def test_predictions_follow_the_targets_row_by_row(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    stamps = np.array(["2017-05-22T05:00", "2017-06-01T21:30", "2017-05-01"], "datetime64[s]")
    households = np.array([3, 8, 777])
    write_columns(tmp_path / "targets.parquet", {"household_id": households, "as_of": stamps})
    out = tmp_path / "out.parquet"
    report = evaluate(town, bundle_dir, targets=tmp_path / "targets.parquet", predictions=out)
    assert (report["targets"], report["households_without_history"]) == (3, 1)
    table = read_columns(out, RANKED)
    assert report["rows"] == len(table["rank"])
    for household, stamp in zip(households, stamps, strict=True):
        mine = table["household_id"] == household
        assert (table["as_of"][mine] == stamp).all()
        assert table["rank"][mine].tolist() == list(range(1, mine.sum() + 1))
        assert (np.diff(table["score"][mine]) <= 0).all()
        assert len(set(table["product_id"][mine].tolist())) == mine.sum() > 10


def test_predictions_use_nothing_from_the_moment_on(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    shuffled = build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY)
    stamp = np.array(["2017-05-22T05:00"] * 40, "datetime64[s]")
    targets = tmp_path / "targets.parquet"
    write_columns(targets, {"household_id": np.arange(1, 41), "as_of": stamp})
    tables: list[bytes] = []
    for source in (town, shuffled):
        evaluate(source, bundle_dir, targets=targets, predictions=tmp_path / "out.parquet")
        table = read_columns(tmp_path / "out.parquet", RANKED)
        tables.append(b"".join(table[name].tobytes() for name in RANKED))
    assert tables[0] == tables[1]


def test_targets_without_a_file_to_write_are_only_counted(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    targets = tmp_path / "targets.parquet"
    stamp = np.array(["2017-05-22"], "datetime64[s]")
    write_columns(targets, {"household_id": np.array([1]), "as_of": stamp})
    assert evaluate(town, bundle_dir, targets=targets)["rows"] == 20


def test_with_nobody_to_judge_on_there_is_no_report(bundle: Bundle) -> None:
    with pytest.raises(TooLittleData, match="households to judge on"):
        judge(bundle, [], [])
