"""Predictions for whom, and when, others ask."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from models.errors import SourceUnreadable
from models.evaluation.evaluate import evaluate
from models.evaluation.predict import RANKS
from tests.models.town import UNTIL_DAY, build_town

RANKED = ["household_id", "as_of", "rank", "product_id", "score"]
NOW = datetime(2017, 5, 22, 5, 0)  # midnight of the shops, five hours behind
Ask = Callable[..., "pa.Table"]


@pytest.fixture
def ask(town: Path, bundle_dir: Path, tmp_path: Path) -> Ask:
    """The answers to targets given as two columns."""

    def answers(households: Any, as_of: Any, source: Path = town) -> pa.Table:
        targets, out = tmp_path / "targets.parquet", tmp_path / "out.parquet"
        pq.write_table(pa.table({"household_id": households, "as_of": as_of}), targets)
        evaluate(source, bundle_dir, targets=targets, predictions=out)
        return pq.read_table(out)

    return answers


def test_answers_follow_the_targets_row_by_row(ask: Ask) -> None:
    stamps = [datetime(2017, 5, 22, 5), datetime(2017, 6, 1, 21, 30), datetime(2017, 5, 1, 8)]
    table = ask([8, 3, 12], stamps)
    assert table.column_names == RANKED
    assert table["household_id"].to_pylist() == [8] * RANKS + [3] * RANKS + [12] * RANKS
    for first in (0, RANKS, 2 * RANKS):
        rows = table.slice(first, RANKS)
        assert set(rows["as_of"].to_pylist()) == {stamps[first // RANKS]}
        assert rows["rank"].to_pylist() == list(range(1, RANKS + 1))
        assert (np.diff(rows["score"].to_numpy()) <= 0).all()
        assert len(set(rows["product_id"].to_pylist())) == RANKS


def test_a_row_asked_twice_is_answered_twice_alike(ask: Ask) -> None:
    table = ask([5, 9, 5], [NOW] * 3)
    first, last = table.slice(0, RANKS), table.slice(2 * RANKS, RANKS)
    assert first.equals(last)
    assert table.num_rows == 3 * RANKS


def test_what_others_ask_for_changes_no_answer(ask: Ask) -> None:
    later = [datetime(2017, 6, day, 12) for day in (9, 2, 5)]
    together = ask([5, 9, 5], later)
    assert together.slice(0, RANKS).equals(ask([5], later[:1]))
    assert together.slice(2 * RANKS).equals(ask([5], later[2:]))


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(["3", "8"]),
        pa.array([3.0, 8.0]),
        pa.array([3, 8], pa.int16()),
        pa.array(["3", "8"]).dictionary_encode(),
    ],
    ids=["text", "float", "short", "coded"],
)
def test_ids_may_have_any_form_and_keep_it(ask: Ask, ids: pa.Array) -> None:
    plain, table = ask([3, 8], [NOW] * 2), ask(ids, [NOW] * 2)
    assert table["product_id"].equals(plain["product_id"])
    assert table["household_id"].combine_chunks()[0].as_py() == ids[0].as_py()
    assert table.schema.field("household_id").type in {ids.type, pa.string()}


@pytest.mark.parametrize(
    "stamps",
    [
        pa.array([NOW.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")),
        pa.array([NOW.replace(tzinfo=UTC)], pa.timestamp("ms", "America/New_York")),
        pa.array([NOW], pa.timestamp("ns")),
        pa.array(["2017-05-22T05:00:00Z"]),
        pa.array(["2017-05-22T05:00:00"]),
    ],
    ids=["utc", "zone", "nanoseconds", "text-utc", "text"],
)
def test_moments_may_have_any_form_and_keep_it(ask: Ask, stamps: pa.Array) -> None:
    plain, table = ask([3], [NOW]), ask([3], stamps)
    assert table["product_id"].equals(plain["product_id"])
    assert table["score"].equals(plain["score"])
    assert table.schema.field("as_of").type == stamps.type


def test_a_date_is_a_visit_on_that_day_at_the_usual_hour(ask: Ask) -> None:
    days = ask([3, 8], pa.array([date(2017, 5, 22)] * 2))
    midnights = ask([3, 8], [datetime(2017, 5, 22)] * 2)
    assert days["product_id"].equals(midnights["product_id"])
    assert days["as_of"].to_pylist()[0] == date(2017, 5, 22)
    # Bought on the day before, in the shops' own time, and no reason to be left out.
    assert days.num_rows == 2 * RANKS


def test_of_whom_nothing_is_known_gets_what_any_stranger_gets(ask: Ask) -> None:
    table = ask([777, 778], [NOW] * 2)
    first, second = (
        table.slice(start, RANKS).select(["product_id", "score"]) for start in (0, RANKS)
    )
    assert table.num_rows == 2 * RANKS
    assert first.equals(second)


@pytest.mark.parametrize("year", [2010, 2030])
def test_a_moment_before_or_after_all_data_is_answered(ask: Ask, year: int) -> None:
    assert ask([3, 777], [datetime(year, 5, 1, 9)] * 2).num_rows == 2 * RANKS


def test_no_rows_asked_are_no_rows_answered(ask: Ask) -> None:
    table = ask(pa.array([], pa.int64()), pa.array([], pa.timestamp("us")))
    assert table.num_rows == 0
    assert table.column_names == RANKED
    assert table.schema.field("product_id").type == pa.int64()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"household_id": [1]}, "no column as_of"),
        ({"household_id": pa.array([1, None]), "as_of": [NOW] * 2}, "household_id is empty"),
        (
            {"household_id": [1, 2], "as_of": pa.array([NOW, None], pa.timestamp("us"))},
            "as_of is empty",
        ),
        ({"household_id": [1.5], "as_of": [NOW]}, "not a whole number"),
        ({"household_id": [-1], "as_of": [NOW]}, "below zero"),
        ({"household_id": [1], "as_of": [3]}, "dates or times"),
        ({"household_id": [1], "as_of": ["soon"]}, "not all ISO"),
    ],
)
def test_targets_that_cannot_be_read_are_refused_in_one_sentence(
    town: Path, bundle_dir: Path, tmp_path: Path, columns: dict[str, Any], said: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "targets.parquet")
    with pytest.raises(SourceUnreadable, match=said) as refused:
        evaluate(town, bundle_dir, targets=tmp_path / "targets.parquet")
    assert "\n" not in str(refused.value)


def test_missing_targets_are_named(town: Path, bundle_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"nowhere\.parquet is not"):
        evaluate(town, bundle_dir, targets=tmp_path / "nowhere.parquet")


def test_nothing_from_the_moment_on_is_used(ask: Ask, tmp_path: Path) -> None:
    households = list(range(1, 41))
    cut = tmp_path / "cut"
    shuffled = build_town(tmp_path / "shuffled", shuffle_after_day=UNTIL_DAY)
    _copy_before(build_town(cut), NOW)
    one, other, third = (
        ask(households, [NOW] * 40, *source) for source in ((), (shuffled,), (cut,))
    )
    assert one.equals(other)
    assert one.equals(third)


def test_a_line_of_the_very_moment_is_not_yet_known(ask: Ask, tmp_path: Path) -> None:
    source = build_town(tmp_path / "town")
    lines = pq.read_table(source / "transactions.parquet")
    own = lines.filter(pc.equal(lines["household_id"], 3))
    begun = sorted(set(own["transaction_timestamp"].to_pylist()))[40]
    whole = ask([3], [begun], source)
    _copy_before(source, begun)
    assert ask([3], [begun], source).equals(whole)


def test_promotions_of_later_weeks_change_no_answer(ask: Ask, tmp_path: Path) -> None:
    plain, promoted, foretold = (build_town(tmp_path / name) for name in "abc")
    for source, seeds in ((promoted, (1, 1)), (foretold, (1, 2))):
        _promote(source, *seeds)
    now = [NOW] * 40
    one, other = (ask(list(range(1, 41)), now, source) for source in (promoted, foretold))
    assert one.equals(other)
    assert ask(list(range(1, 41)), now, plain).num_rows == one.num_rows


def test_targets_without_a_file_to_write_are_only_counted(
    town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    targets = tmp_path / "targets.parquet"
    pq.write_table(pa.table({"household_id": [1, 777], "as_of": [NOW] * 2}), targets)
    heard: list[float] = []
    report = evaluate(
        town, bundle_dir, targets=targets, on_progress=lambda _, part: heard.append(part)
    )
    assert (report["targets"], report["rows"]) == (2, 2 * RANKS)
    assert report["households_without_history"] == 1
    assert heard == sorted(heard)


def _copy_before(source: Path, moment: datetime) -> None:
    """Leave only the lines before ``moment`` in the source."""
    file = source / "transactions.parquet"
    lines = pq.read_table(file)
    before = pa.scalar(moment, lines["transaction_timestamp"].type)
    pq.write_table(lines.filter(pc.less(lines["transaction_timestamp"], before)), file)


def _promote(source: Path, until_now: int, later: int) -> None:
    """Draw each week's promotions: by one seed up to week 22, that of ``NOW``, by another from then on."""
    rows: dict[str, list[Any]] = {
        name: []
        for name in (
            "product_id",
            "store_id",
            "week",
            "display_location",
            "mailer_location",
        )
    }
    for week in range(1, 26):
        draw = np.random.default_rng([until_now if week <= 22 else later, week])
        for store in (1, 2):
            for product in draw.choice(48, 12, replace=False).tolist():
                row = (100 + product, store, week, str(draw.integers(0, 3)), "0A"[week % 2])
                for column, value in zip(rows.values(), row, strict=True):
                    column.append(value)
    pq.write_table(pa.table(rows), source / "promotions.parquet")
