"""Out of core or in memory: the same tables, the same profiles, the same rows to learn from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import TooLittleData
from models.features.profile import ITEMS_REMEMBERED, Profile
from models.features.profile_replay import remember_trips, store_trends
from models.items import place_number
from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.counting import count_plan
from models.out_of_core.duck import DuckLimits
from models.out_of_core.errors import StageFailed
from models.out_of_core.material import MaterialPlan, gather_material
from models.out_of_core.profiles import profiles
from models.out_of_core.sample import SamplePlan, draw_sample
from models.out_of_core.stage import Stage, prepare
from models.out_of_core.tabulating import tabulate_chain
from models.sources.journey import LOCAL_OFFSET_S, Journey, read_journey
from models.sources.parquet import read_columns, write_columns
from models.statistics.tables import Tables, rounded
from models.statistics.tabulate import tabulate
from models.training.examples import Fold, collect, fold_cuts
from models.training.train import TrainingMaterial
from tests.models.out_of_core.conftest import LIMITS, quiet
from tests.models.town import SMALL, UNTIL_DAY, without_cards

ALL_PEOPLE = SamplePlan(people=1000, store_trips=10**6)


@pytest.fixture(scope="module")
def material(stage: Stage, town: Path) -> TrainingMaterial:
    plan = MaterialPlan(folds=SMALL.folds, tables=SMALL.tables, sample=ALL_PEOPLE)
    return gather_material(town, stage, UNTIL_DAY, plan, 3, quiet)


def replayed(journey: Journey, household: int, until: int = UNTIL_DAY) -> Profile:
    profile = Profile.empty()
    trips = journey.trips
    mine = np.flatnonzero((trips.household == household) & (trips.day <= until))
    remember_trips(journey, profile, range(int(mine[0]), int(mine[-1]) + 1))
    return profile


def test_the_tables_are_to_the_byte_those_made_in_memory(
    stage: Stage, journey: Journey, tables: Tables
) -> None:
    ours = tabulate_chain(stage, UNTIL_DAY, SMALL.tables, 3, quiet)
    theirs = tabulate(journey, UNTIL_DAY, SMALL.tables, 3)
    for name in ("stats", "day", "parts", "kin", "kin_cosine", "vectors", "lists"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)
    assert rounded(ours).to_bytes() == tables.to_bytes()


def test_with_sales_of_nobody_the_tables_and_profiles_are_those_in_memory(
    town: Path, tmp_path: Path
) -> None:
    source = without_cards(town, tmp_path / "town")
    plan = CleanPlan(last_day=UNTIL_DAY, offset_s=LOCAL_OFFSET_S, shards=3)
    staged = prepare(source, tmp_path / "out", plan, LIMITS, quiet)
    journey = read_journey(source)
    ours = tabulate_chain(staged, UNTIL_DAY, SMALL.tables, 3, quiet)
    theirs = tabulate(journey, UNTIL_DAY, SMALL.tables, 3)
    for name in ("stats", "day", "parts", "kin", "kin_cosine", "vectors", "lists"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)
    # Sums in another order: the last bit of a lift may differ.
    np.testing.assert_allclose(ours.lifts.lift, theirs.lifts.lift, atol=1e-6)
    made = dict(profiles(staged, UNTIL_DAY, quiet))
    assert sorted(made) == journey.households.tolist()
    assert all(data == replayed(journey, who).to_bytes() for who, data in made.items())


def test_a_sample_of_households_changes_tastes_and_nothing_else(
    stage: Stage, tables: Tables
) -> None:
    sampled = tabulate_chain(stage, UNTIL_DAY, SMALL.tables, 3, quiet, people=30)
    assert not np.array_equal(rounded(sampled).vectors, tables.vectors)
    assert sampled.centres.shape[1] == tables.centres.shape[1]
    for name in ("stats", "day", "parts", "kin"):
        np.testing.assert_array_equal(getattr(sampled, name), getattr(tables, name), name)


def test_many_small_shards_give_what_one_gives(
    town: Path, tables: Tables, tmp_path: Path
) -> None:
    plan = CleanPlan(last_day=UNTIL_DAY, offset_s=LOCAL_OFFSET_S, shards=40)
    staged = prepare(town, tmp_path / "out", plan, LIMITS, quiet)
    assert len(staged.facts.shards) > 20
    ours = tabulate_chain(staged, UNTIL_DAY, SMALL.tables, 3, quiet)
    assert rounded(ours).to_bytes() == tables.to_bytes()


def test_many_blocks_of_pairs_give_what_one_gives(
    stage: Stage, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.out_of_core.counting._PAIRS_A_BLOCK", 300)
    wider = replace(SMALL.tables, kin=4)
    ours = tabulate_chain(stage, UNTIL_DAY, wider, 3, quiet)
    np.testing.assert_array_equal(rounded(ours).kin, tables.kin[:, :4])
    np.testing.assert_array_equal(rounded(ours).kin_cosine, tables.kin_cosine[:, :4])


def test_what_was_counted_once_is_not_counted_again(stage: Stage) -> None:
    heard: list[str] = []
    plan = count_plan(UNTIL_DAY - 3, SMALL.tables, stage.facts.weeks)
    first = stage.counts(plan, lambda step, _: heard.append(step))
    assert {"counting items", "counting pairs", "summing pairs", "finding kin"} <= set(heard)
    heard.clear()
    assert stage.counts(plan, lambda step, _: heard.append(step)) == first
    assert heard == []
    assert not (first / "passing").exists()


def test_progress_rises(stage: Stage) -> None:
    parts: list[float] = []
    stage.counts(
        count_plan(UNTIL_DAY - 4, SMALL.tables, stage.facts.weeks),
        lambda _, done: parts.append(done),
    )
    assert parts == sorted(parts)
    assert 0 <= parts[0] <= parts[-1] <= 1


def test_every_profile_is_to_the_byte_what_the_till_would_have_made(
    stage: Stage, journey: Journey
) -> None:
    made = dict(profiles(stage, UNTIL_DAY, quiet))
    assert sorted(made) == journey.households.tolist()
    for household, data in made.items():
        assert data == replayed(journey, household).to_bytes()


def test_a_household_of_more_items_than_remembered_forgets_the_same_ones(
    tmp_path: Path,
) -> None:
    source = crowded(tmp_path / "crowded")
    plan = CleanPlan(last_day=99_999, offset_s=LOCAL_OFFSET_S, shards=1)
    staged = prepare(source, tmp_path / "out", plan, LIMITS, quiet)
    ((_, data),) = profiles(staged, 99_999, quiet)
    profile = replayed(read_journey(source), 1, 99_999)
    assert len(profile) == ITEMS_REMEMBERED
    assert data == profile.to_bytes()


def crowded(folder: Path) -> Path:
    """One household that buys 900 items on 75 days, ten a day and two of the first again."""
    folder.mkdir()
    days = np.repeat(np.arange(17_000, 17_075), 14)
    keys = np.concatenate([[*range(12 * day, 12 * day + 12), day % 7, 11] for day in range(75)])
    size = len(keys)
    ones = np.ones(size, np.int64)
    write_columns(
        folder / "transactions.parquet",
        {
            "household_id": ones,
            "store_id": ones,
            "basket_id": days,
            "product_id": keys,
            "quantity": ones,
            "sales_value": ones * 1.5,
            "transaction_timestamp": (days * 86_400 + 60_000).astype("datetime64[s]"),
        },
    )
    words = np.array(["A"] * 900, object)
    names = ("department", "product_category", "product_type", "brand", "package_size")
    write_columns(
        folder / "products.parquet",
        {"product_id": np.arange(900), **dict.fromkeys(names, words)},
    )
    return folder


def test_the_whole_sample_gives_the_rows_that_memory_gives(
    material: TrainingMaterial, journey: Journey
) -> None:
    cuts = [fold.cut_day for fold in material.folds]
    folds = [
        Fold(
            cut_day=cut, tables=rounded(tabulate(journey, cut, SMALL.tables, 3)), trends=trends
        )
        for cut, trends in zip(cuts, store_trends(journey, cuts), strict=True)
    ]
    ours = collect(material.journey, material.folds, SMALL.examples, 3, lambda _: None)
    theirs = collect(journey, folds, SMALL.examples, 3, lambda _: None)
    assert len(ours.bought) > 1000
    for name in ("features", "bought", "weight", "bounds"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)


def test_the_material_s_tables_are_those_of_the_last_day(
    material: TrainingMaterial, tables: Tables
) -> None:
    assert material.tables.to_bytes() == tables.to_bytes()
    assert material.until_day == UNTIL_DAY


def test_a_sample_is_whole_households_at_home_in_whole_stores(
    stage: Stage, town: Path, journey: Journey
) -> None:
    counts = stage.counts(count_plan(UNTIL_DAY, SMALL.tables, stage.facts.weeks), quiet)
    sample = draw_sample(town, stage, counts, SamplePlan(people=7, store_trips=1))
    people, stores = read_journey(sample.people), read_journey(sample.stores)
    assert len(people.households) == 7
    assert len(stores.stores) == 1
    assert people.stores.tolist() == stores.stores.tolist()
    for household in people.households.tolist():
        mine = (journey.trips.household == household).sum()
        assert (people.trips.household == household).sum() == mine
    assert len(stores.trips) == (journey.trips.store == stores.stores[0]).sum()


def test_promotions_of_the_drawn_stores_and_all_other_tables_are_in_the_sample(
    stage: Stage, advertised: Path
) -> None:
    counts = stage.counts(count_plan(UNTIL_DAY, SMALL.tables, stage.facts.weeks), quiet)
    sample = draw_sample(advertised, stage, counts, SamplePlan(people=3, store_trips=1))
    (store,) = set(read_columns(sample.stores / "promotions.parquet", ["store_id"])["store_id"])
    assert read_journey(sample.stores).stores.tolist() == [store]
    assert (sample.people / "coupons.parquet").resolve() == advertised / "coupons.parquet"
    everywhere = read_columns(advertised / "promotions.parquet", ["store_id"])["store_id"]
    assert set(everywhere) == {1, 2}


def test_lifts_of_promotions_are_those_learnt_in_memory(
    advertised: Path, tmp_path: Path
) -> None:
    plan = CleanPlan(last_day=99_999, offset_s=LOCAL_OFFSET_S, shards=2)
    staged = prepare(advertised, tmp_path / "out", plan, LIMITS, quiet)
    journey = read_journey(advertised)
    for until in (UNTIL_DAY, UNTIL_DAY - 3):
        ours = tabulate_chain(staged, until, SMALL.tables, 3, quiet)
        theirs = tabulate(journey, until, SMALL.tables, 3)
        assert theirs.lifts.lift.shape == (2, 2)
        assert rounded(ours).to_bytes() == rounded(theirs).to_bytes()


def test_profiles_know_what_was_bought_on_promotion_and_where(
    advertised: Path, tmp_path: Path
) -> None:
    plan = CleanPlan(last_day=99_999, offset_s=LOCAL_OFFSET_S, shards=2)
    staged = prepare(advertised, tmp_path / "out", plan, LIMITS, quiet)
    journey = read_journey(advertised)
    assert staged.facts.promoted == journey.promoted.sum() > 100
    for household, data in profiles(staged, UNTIL_DAY, quiet):
        assert data == replayed(journey, household).to_bytes()
        assert set(Profile.from_bytes(data).places) == {place_number(1 + household % 2)}


def test_folds_are_the_latest_that_have_four_weeks_before_them() -> None:
    assert fold_cuts(0, 100, 2) == [44, 72]
    assert fold_cuts(0, 100, 9) == [44, 72]
    with pytest.raises(TooLittleData, match="days of trips"):
        fold_cuts(0, 40, 3)


def test_a_window_without_items_is_too_little(stage: Stage) -> None:
    rare = replace(SMALL.tables, trips_min=10**6)
    with pytest.raises(TooLittleData, match="items with 1000000 trips"):
        tabulate_chain(stage, UNTIL_DAY, rare, 3, quiet)
    assert not list(stage.folder.glob("*1000000*"))


def test_a_step_without_memory_names_itself_and_the_mend(stage: Stage) -> None:
    starved = Stage(stage.folder, DuckLimits(memory_mb=1, threads=1))
    with pytest.raises(StageFailed, match=r"failed at \S+: .*more memory"):
        starved.counts(count_plan(UNTIL_DAY - 9, SMALL.tables, stage.facts.weeks), quiet)
    assert not list(stage.folder.glob(".*"))


def test_trips_of_single_items_have_no_kin(town: Path, tmp_path: Path) -> None:
    names = ("store_id", "product_id", "quantity", "sales_value", "transaction_timestamp")
    columns = read_columns(town / "transactions.parquet", names)
    lone = np.arange(len(columns["store_id"]))
    write_columns(
        tmp_path / "transactions.parquet", {**columns, "household_id": lone, "basket_id": lone}
    )
    (tmp_path / "products.parquet").symlink_to(town / "products.parquet")
    plan = CleanPlan(last_day=UNTIL_DAY, offset_s=LOCAL_OFFSET_S, shards=2)
    staged = prepare(tmp_path, tmp_path / "out", plan, LIMITS, quiet)
    made = tabulate_chain(staged, UNTIL_DAY, SMALL.tables, 3, quiet)
    assert (made.kin == -1).all()
    assert (made.kin_cosine == 0).all()
