"""The chain's tables, checked against the slow way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import TooLittleData
from models.moment import DAYPARTS, daypart
from models.sources.journey import Journey, read_journey
from models.statistics.household_clusters import (
    HouseholdClusters,
    Purchases,
    cluster_households,
)
from models.statistics.tables import STATS, Tables, leading, read_tables, rounded
from models.statistics.tabulate import TablePlan, tabulate
from tests.models.town import SMALL, UNTIL_DAY, without_cards


def trips_with(journey: Journey, key: int) -> np.ndarray:
    at = int(journey.items.positions(np.array([key]))[0])
    return np.array(
        [
            trip
            for trip in range(len(journey.trips))
            if journey.trips.day[trip] <= UNTIL_DAY and at in journey.trips.of(trip)
        ]
    )


def test_shares_count_trips_of_the_window_alone(journey: Journey, tables: Tables) -> None:
    window = int((journey.trips.day <= UNTIL_DAY).sum())
    for key in (100, 117, 140):
        at = int(tables.items.positions(np.array([key]))[0])
        trips = trips_with(journey, key)
        assert tables.day[at] == pytest.approx(len(trips) / window)
        assert tables.stats[at, STATS.index("item_share")] == pytest.approx(
            1000 * len(trips) / window
        )


def test_prices_stand_beside_the_usual_one_whatever_the_currency(
    journey: Journey, tables: Tables
) -> None:
    level = STATS.index("item_price_level")
    assert np.median(tables.stats[:, level]) == pytest.approx(1, abs=0.1)
    lines = journey.lines
    dearer = replace(journey, lines=replace(lines, cents=lines.cents * 100))
    again = tabulate(dearer, UNTIL_DAY, SMALL.tables, 3)
    np.testing.assert_allclose(again.stats[:, level], tables.stats[:, level], rtol=0.02)


def test_a_thin_item_leans_less_on_its_type_where_the_plan_says_so(
    journey: Journey, tables: Tables
) -> None:
    looser = tabulate(journey, UNTIL_DAY, replace(SMALL.tables, lean=1.0), 3)
    repeat, kind = STATS.index("item_repeat"), STATS.index("type_repeat")
    off = [np.abs(one.stats[:, repeat] - one.stats[:, kind]).mean() for one in (tables, looser)]
    assert off[1] > off[0]


def test_loyalty_counts_households_and_those_that_came_back(
    journey: Journey, tables: Tables
) -> None:
    at = int(tables.items.positions(np.array([100]))[0])
    buyers = journey.trips.household[trips_with(journey, 100)]
    households = len(np.unique(journey.trips.household))
    reach = len(np.unique(buyers)) / households
    assert tables.stats[at, STATS.index("item_reach")] == pytest.approx(reach)
    again = (np.unique(buyers, return_counts=True)[1] > 1).sum()
    repeat = tables.stats[at, STATS.index("item_repeat")]
    low, high = sorted((again / len(np.unique(buyers)), 0.75))
    assert low - 0.2 < repeat < high + 0.2


def test_baskets_of_nobody_count_for_items_and_for_nobody_s_habits(
    town: Path, tmp_path: Path
) -> None:
    journey = read_journey(without_cards(town, tmp_path))
    tables = tabulate(journey, UNTIL_DAY, SMALL.tables, 3)
    at = int(tables.items.positions(np.array([100]))[0])
    trips = trips_with(journey, 100)
    known = journey.trips.household >= 0
    window = journey.trips.day <= UNTIL_DAY
    assert len(trips) > known[trips].sum() > 0
    assert tables.day[at] == pytest.approx(len(trips) / window.sum())
    households = len(np.unique(journey.trips.household[known & window]))
    reach = len(np.unique(journey.trips.household[trips[known[trips]]])) / households
    assert tables.stats[at, STATS.index("item_reach")] == pytest.approx(reach)


def test_a_store_without_any_card_has_tables(town: Path, tmp_path: Path) -> None:
    journey = read_journey(without_cards(town, tmp_path, share=1.1))
    tables = tabulate(journey, UNTIL_DAY, SMALL.tables, 3)
    assert not len(journey.households)
    assert not tables.stats[:, STATS.index("item_reach")].any()
    assert tables.day.max() > 0
    assert (tables.kin >= 0).any()
    assert (tables.lists == -1).all()
    assert np.isfinite(tables.stats).all()


def test_day_parts_share_out_the_trips(journey: Journey, tables: Tables) -> None:
    at = int(tables.items.positions(np.array([100]))[0])
    trips = trips_with(journey, 100)
    parts = [DAYPARTS.index(daypart(int(hour))) for hour in journey.trips.hour[trips]]
    busiest = int(np.bincount(parts, minlength=5).argmax())
    assert tables.parts[busiest, at] > 0


def test_kin_are_the_items_of_the_same_baskets(journey: Journey, tables: Tables) -> None:
    at = int(tables.items.positions(np.array([100]))[0])
    best = int(tables.kin[at, 0])
    mine = set(trips_with(journey, 100).tolist())
    theirs = set(trips_with(journey, int(tables.items.keys[best])).tolist())
    cosine = len(mine & theirs) / np.sqrt(len(mine) * len(theirs))
    assert tables.kin_cosine[at, 0] == pytest.approx(cosine, rel=1e-3)
    assert (np.diff(tables.kin_cosine, axis=1) <= 0).all()
    assert not (tables.kin == np.arange(len(tables))[:, None]).any()


def test_neighbourhoods_find_the_town_s_three_tastes(tables: Tables) -> None:
    groups = (tables.items.keys[tables.lists[:, 0]] - 100) // 16
    assert sorted(groups.tolist()) == [0, 1, 2]
    for row, group in zip(tables.lists, groups.tolist(), strict=True):
        listed = tables.items.keys[row[:10]]
        assert ((listed - 100) // 16 == group).all()


def test_nothing_in_a_list_points_at_a_few_people(journey: Journey, tables: Tables) -> None:
    for row, rates in zip(tables.lists, tables.list_rates, strict=True):
        for at in row[row >= 0].tolist():
            buyers = journey.trips.household[trips_with(journey, int(tables.items.keys[at]))]
            assert len(np.unique(buyers)) >= 2
        assert (rates[row < 0] == 0).all()


def test_groups_too_small_to_hide_in_dissolve() -> None:
    household = np.repeat(np.arange(8), 2)
    item = np.array([0, 1] * 7 + [2, 3], np.int32)
    sizes = HouseholdClusters(dimensions=2, centres=4, crowd=4, list_length=4, buyers=2)
    found = cluster_households(Purchases(household=household, item=item, items=4), sizes, 1)
    assert len(found.centres) == 1
    assert not np.isin([2, 3], found.lists).any()


def test_two_people_are_one_crowd() -> None:
    purchases = Purchases(
        household=np.array([0, 1], np.int32), item=np.array([0, 1], np.int32), items=2
    )
    found = cluster_households(purchases, HouseholdClusters(dimensions=3, crowd=9, buyers=1), 1)
    assert (found.centres.shape, found.vectors.shape) == ((1, 3), (2, 3))


def test_tables_read_back_as_training_saw_them(tables: Tables) -> None:
    data = tables.to_bytes()
    assert rounded(tables).to_bytes() == data
    read = read_tables(data)
    np.testing.assert_array_equal(read.kin_cosine, tables.kin_cosine)
    assert read.items.type_names.tolist() == tables.items.type_names.tolist()


def test_the_same_window_and_seed_give_the_same_tables(
    journey: Journey, tables: Tables
) -> None:
    again = rounded(tabulate(journey, UNTIL_DAY, SMALL.tables, 3))
    assert again.to_bytes() == tables.to_bytes()


def test_a_window_without_items_is_too_little(journey: Journey) -> None:
    with pytest.raises(TooLittleData, match="items with 20 trips"):
        tabulate(journey, 17_168, TablePlan(), 1)


def test_leading_are_the_largest_positive_by_position() -> None:
    values = np.array([0, 3, 1, 3, -2, 2], np.float32)
    assert leading(values, 3).tolist() == [1, 3, 5]
    assert leading(values, 99).tolist() == [1, 3, 5, 2]
    assert leading(values, 0).tolist() == []
