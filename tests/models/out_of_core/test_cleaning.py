"""The chain's trips are the journey's trips, however the source's files lie."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models.errors import SourceUnreadable, TooLittleData
from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.stage import Stage, prepare
from models.sources.journey import LOCAL_OFFSET_S, Journey, read_journey, seconds
from models.sources.parquet import read_columns, write_columns
from models.sources.receipts import NOON_S
from tests.models.out_of_core.conftest import LIMITS, quiet
from tests.models.town import FIRST_DAY, build_town

PLAN = CleanPlan(last_day=99_999, offset_s=LOCAL_OFFSET_S, shards=2)


def trips_of(stage: Stage) -> np.ndarray:
    """(household, day, at_s, store, item) of all shards, sorted."""
    with stage.engine() as duck:
        duck.table("trips", str(stage.folder / "trips"))
        found = duck.read("SELECT household, day, at_s, store, item FROM trips")
    rows = np.stack([column.astype(np.int64) for column in found.values()], axis=1)
    return rows[np.lexsort(rows.T[::-1])]


def trips_in_memory(journey: Journey) -> np.ndarray:
    trips = journey.trips
    lengths = np.diff(trips.bounds)
    columns = [
        np.repeat(column, lengths)
        for column in (trips.household, trips.day, trips.second, trips.store)
    ]
    return np.stack([*columns, journey.items.keys[trips.items]], axis=1)


def spread(town: Path, folder: Path) -> Path:
    """The town's rows as a tree ``transactions/store_id=1/date=2017-01-01/…``."""
    names = ("household_id", "basket_id", "product_id", "quantity", "sales_value", "week")
    columns = read_columns(
        town / "transactions.parquet", [*names, "transaction_timestamp", "store_id"]
    )
    stores = columns.pop("store_id")
    dates = columns["transaction_timestamp"].astype("datetime64[D]")
    for store in np.unique(stores):
        for date in np.unique(dates[:4000]):
            mine = (stores == store) & (dates == date)
            place = folder / "transactions" / f"store_id={store}" / f"date={date}"
            if mine.any():
                place.mkdir(parents=True)
                rows = {name: column[mine] for name, column in columns.items()}
                write_columns(place / "part-0.parquet", rows)
    (folder / "products.parquet").symlink_to(town / "products.parquet")
    return folder


def rewritten(town: Path, folder: Path, **changed: np.ndarray) -> Path:
    """The town with other columns of till rows."""
    names = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value")
    columns = read_columns(town / "transactions.parquet", [*names, "transaction_timestamp"])
    folder.mkdir(exist_ok=True)
    write_columns(folder / "transactions.parquet", {**columns, **changed})
    (folder / "products.parquet").symlink_to(town / "products.parquet")
    return folder


def test_the_trips_are_those_of_the_definition_in_memory(
    stage: Stage, journey: Journey
) -> None:
    np.testing.assert_array_equal(trips_of(stage), trips_in_memory(journey))
    assert stage.facts.lines == len(journey.lines.day)
    assert stage.facts.shards == (0, 1, 2)
    assert (stage.facts.first_day, stage.facts.last_day) == (FIRST_DAY, journey.last_day)


def test_a_household_is_in_one_shard_sorted_by_day_and_item(stage: Stage) -> None:
    seen: set[int] = set()
    for shard in stage.facts.shards:
        file = stage.folder / "trips" / f"shard={shard}" / "part-0.parquet"
        rows = read_columns(file, ["household", "day", "item"])
        order = np.lexsort((rows["item"], rows["day"], rows["household"]))
        assert (np.diff(order) == 1).all()
        mine = set(rows["household"].tolist())
        assert not mine & seen
        seen |= mine


def test_a_tree_by_store_and_date_gives_the_same_trips(town: Path, tmp_path: Path) -> None:
    tree = spread(town, tmp_path / "tree")
    staged = prepare(tree, tmp_path / "out", PLAN, LIMITS, quiet)
    np.testing.assert_array_equal(trips_of(staged), trips_in_memory(read_journey(tree)))


def test_a_hurtful_row_is_left_out_as_in_memory(town: Path, tmp_path: Path) -> None:
    known = read_columns(town / "transactions.parquet", ["quantity", "sales_value"])
    quantity, value = known["quantity"].copy(), known["sales_value"].copy()
    quantity[5], quantity[6], value[7], value[8] = -1, 20_000, -2.0, 3e7
    odd = rewritten(town, tmp_path / "odd", quantity=quantity, sales_value=value)
    staged = prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet)
    journey = read_journey(odd)
    np.testing.assert_array_equal(trips_of(staged), trips_in_memory(journey))
    assert staged.facts.lines == len(journey.lines.day)


def test_days_without_hours_are_local_already_and_read_as_noon(
    town: Path, tmp_path: Path
) -> None:
    raw = read_columns(town / "transactions.parquet", ["transaction_timestamp"])
    days = raw["transaction_timestamp"].astype("datetime64[D]")
    dated = rewritten(town, tmp_path / "dated", transaction_timestamp=days)
    staged = prepare(dated, tmp_path / "out", PLAN, LIMITS, quiet)
    assert staged.facts.offset_s == NOON_S
    np.testing.assert_array_equal(trips_of(staged), trips_in_memory(read_journey(dated)))


def test_nothing_after_the_last_day_is_looked_at(town: Path, tmp_path: Path) -> None:
    plan = CleanPlan(last_day=FIRST_DAY + 30, offset_s=LOCAL_OFFSET_S, shards=1)
    staged = prepare(town, tmp_path / "out", plan, LIMITS, quiet)
    assert staged.facts.last_day == FIRST_DAY + 30
    raw = read_columns(town / "transactions.parquet", ["transaction_timestamp"])
    local = (seconds(raw["transaction_timestamp"]) + LOCAL_OFFSET_S) // 86_400
    assert staged.facts.rows == len(local) > staged.facts.lines


def test_ids_of_text_are_refused_with_the_way_out(town: Path, tmp_path: Path) -> None:
    names = np.array([f"h{row}" for row in range(13_172)], object)
    known = read_columns(town / "transactions.parquet", ["household_id"])["household_id"]
    texts = rewritten(town, tmp_path / "t", household_id=names[known])
    with pytest.raises(SourceUnreadable, match=r"household_id holds varchar .*item_key"):
        prepare(texts, tmp_path / "out", PLAN, LIMITS, quiet)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "column", ["product_id", "store_id", "quantity", "sales_value", "transaction_timestamp"]
)
def test_a_column_that_no_row_tells_is_refused(town: Path, tmp_path: Path, column: str) -> None:
    known = read_columns(town / "transactions.parquet", [column])[column]
    kind = pa.array(known).type
    nothing = pa.array([None] * len(known), kind)
    odd = rewritten(town, tmp_path / "odd", **{column: nothing})
    with pytest.raises(SourceUnreadable, match=f"{column} .* every row"):
        prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet)


@pytest.mark.parametrize(
    "told", ["household_id", "basket_id", "store_id", "quantity", "sales_value"]
)
def test_gaps_are_what_they_are_in_memory(town: Path, tmp_path: Path, told: str) -> None:
    known = read_columns(town / "transactions.parquet", [told])[told].astype(object)
    known[::7] = None
    odd = rewritten(town, tmp_path / "odd", **{told: known})
    staged, journey = prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet), read_journey(odd)
    np.testing.assert_array_equal(named_alike(trips_of(staged)), trips_in_memory(journey))
    assert (journey.trips.household < 0).any() == (told == "household_id")


def named_alike(rows: np.ndarray) -> np.ndarray:
    """The same with nobody's baskets numbered as in memory: by store, day and basket, from -1 downwards."""
    nobody = np.flatnonzero(rows[:, 0] < 0)
    _, at = np.unique(rows[nobody][:, [3, 1, 0]] * [1, 1, -1], axis=0, return_inverse=True)
    rows = rows.copy()
    rows[nobody, 0] = -1 - at
    return rows[np.lexsort(rows.T[::-1])]


def test_a_missing_column_an_odd_amount_and_a_broken_file_are_named(
    town: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "products.parquet").symlink_to(town / "products.parquet")
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet is not"):
        prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet)
    write_columns(odd / "transactions.parquet", {"household_id": np.array([1])})
    with pytest.raises(SourceUnreadable, match="product_id, quantity"):
        prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet)
    (odd / "transactions.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(SourceUnreadable, match="Parquet"):
        prepare(odd, tmp_path / "out", PLAN, LIMITS, quiet)


def test_a_source_without_goods_or_rows_is_too_little(town: Path, tmp_path: Path) -> None:
    plan = CleanPlan(last_day=FIRST_DAY - 1, offset_s=LOCAL_OFFSET_S, shards=1)
    with pytest.raises(TooLittleData, match="lines of goods"):
        prepare(town, tmp_path / "out", plan, LIMITS, quiet)
    assert list(tmp_path.iterdir()) == []


def test_an_old_stage_stays_until_the_new_one_is_whole(town: Path, tmp_path: Path) -> None:
    build_town(tmp_path / "town", seed=6)
    first = prepare(town, tmp_path / "out", PLAN, LIMITS, quiet)
    late = CleanPlan(last_day=1, offset_s=0, shards=1)
    with pytest.raises(TooLittleData):
        prepare(tmp_path / "town", tmp_path / "out", late, LIMITS, quiet)
    assert Stage(tmp_path / "out", LIMITS).facts == first.facts
    second = prepare(tmp_path / "town", tmp_path / "out", PLAN, LIMITS, quiet)
    assert Stage(tmp_path / "out", LIMITS).facts == second.facts != first.facts


def test_a_folder_of_anything_else_is_no_stage(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="chain stage"):
        Stage(tmp_path, LIMITS)
