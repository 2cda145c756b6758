"""What promotions did to sales, learnt from a window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.sources.journey import Journey, read_journey
from models.sources.parquet import read_columns, write_columns
from models.statistics.promotion_lift import PromotionLifts
from models.statistics.promotion_lift_fit import (
    PromotionSightings,
    PromotionWeeks,
    fit_lifts,
    lifts_from_weeks,
)
from models.statistics.tables import rounded
from models.statistics.tabulate import tabulate
from tests.models.town import IN_MAILER, ON_DISPLAY, SMALL, UNTIL_DAY, build_town, week_of

NAMES = ("product_id", "store_id", "week", "display_location", "mailer_location")
LAST_WEEK = week_of(UNTIL_DAY)


def learnt(journey: Journey, until_day: int = UNTIL_DAY) -> PromotionLifts:
    return fit_lifts(journey, until_day, np.arange(len(journey.items)))


def lift(found: PromotionLifts, display: str, mailer: str) -> float:
    row, column = (
        int(np.flatnonzero(words == word)[0])
        for words, word in ((found.display_words, display), (found.mailer_words, mailer))
    )
    return float(np.exp(found.lift[row, column]))


def same(one: PromotionLifts, other: PromotionLifts) -> bool:
    names = ("display_words", "mailer_words", "lift", "item_lift", "share")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


def changed(folder: Path, weeks: range, seed: int) -> Journey:
    """The town, with other promotions in ``weeks``; what is bought stays."""
    build_town(folder)
    columns = read_columns(folder / "promotions.parquet", NAMES)
    hit = np.isin(columns["week"], weeks)
    assert hit.any()
    draw = np.random.default_rng(seed)
    other = 100 + draw.integers(0, 48, len(hit))
    columns["product_id"] = np.where(hit, other, columns["product_id"])
    columns["display_location"] = np.where(hit, "5", columns["display_location"])
    write_columns(folder / "promotions.parquet", columns)
    return read_journey(folder)


def test_the_town_s_displays_sell_twice_as_much_and_its_mailer_less(journey: Journey) -> None:
    found = learnt(journey)
    assert lift(found, ON_DISPLAY, "0") == pytest.approx(2.0, abs=0.3)
    assert lift(found, "5", IN_MAILER) == pytest.approx(2.0, abs=0.4)
    assert 1.0 < lift(found, "0", IN_MAILER) < lift(found, ON_DISPLAY, "0") - 0.3
    assert lift(found, "0", "0") == 1
    assert np.abs(found.item_lift).mean() < 0.3


def test_shares_are_of_the_trips_of_which_promotions_are_told(journey: Journey) -> None:
    found = learnt(journey)
    trips, leaflets = journey.trips, journey.leaflets
    for item in (0, 17, 40):
        bought = promoted = 0
        for trip in np.flatnonzero(trips.day <= UNTIL_DAY).tolist():
            told = leaflets.on(int(trips.store[trip]), int(trips.week[trip]))
            if told is not None and item in trips.of(trip):
                bought += 1
                promoted += bool(told.holds(journey.items.keys[[item]])[0])
        assert found.share[item] == pytest.approx((promoted + 2) / (bought + 10))


def test_what_is_promoted_after_the_cut_changes_nothing(
    journey: Journey, tmp_path: Path
) -> None:
    later = range(LAST_WEEK + 1, 40)
    one, other = (changed(tmp_path / str(seed), later, seed) for seed in (1, 2))
    assert same(learnt(one), learnt(journey))
    assert same(learnt(other), learnt(journey))
    tables = [rounded(tabulate(one, UNTIL_DAY, SMALL.tables, 3)) for one in (journey, other)]
    assert tables[0].to_bytes() == tables[1].to_bytes()


def test_what_is_promoted_before_the_cut_does(journey: Journey, tmp_path: Path) -> None:
    assert not same(learnt(changed(tmp_path, range(2, 20), 1)), learnt(journey))


def test_the_week_under_way_does_not_count(journey: Journey, tmp_path: Path) -> None:
    thursday = UNTIL_DAY + 4
    other = changed(tmp_path, range(LAST_WEEK + 1, LAST_WEEK + 2), 1)
    assert week_of(thursday) == LAST_WEEK + 1
    for found in (learnt(journey, thursday), learnt(other, thursday)):
        assert same(found, learnt(journey))


def test_a_place_first_used_after_the_cut_is_not_known(
    journey: Journey, tmp_path: Path
) -> None:
    build_town(tmp_path)
    columns = read_columns(tmp_path / "promotions.parquet", NAMES)
    late = columns["week"] > LAST_WEEK
    columns["display_location"] = np.where(late, "AISLE", columns["display_location"])
    write_columns(tmp_path / "promotions.parquet", columns)
    later = read_journey(tmp_path)
    assert "AISLE" in later.leaflets.display_words.tolist()
    assert same(learnt(later), learnt(journey))


def test_without_promotions_nothing_is_learnt(tmp_path: Path) -> None:
    found = learnt(read_journey(build_town(tmp_path, promotions=False)))
    assert (found.lift.shape, found.display_words.tolist()) == ((1, 1), ["0"])
    assert not found.lift.any()
    assert not found.item_lift.any()
    assert not found.share.any()


def test_promotions_told_only_of_later_weeks_teach_nothing(tmp_path: Path) -> None:
    build_town(tmp_path)
    columns = read_columns(tmp_path / "promotions.parquet", NAMES)
    late = columns["week"] > LAST_WEEK
    write_columns(
        tmp_path / "promotions.parquet", {name: part[late] for name, part in columns.items()}
    )
    assert not learnt(read_journey(tmp_path)).share.any()


def test_places_met_one_by_one_and_never_together_lift_nothing_together() -> None:
    met = planted(2.0)
    apart = replace(
        met,
        mailer_words=np.array(["0", "A"]),
        shown=replace(met.shown, place=np.array([2, 2, 1, 1])),
        bought=replace(met.bought, place=np.array([2, 2, 1, 1])),
    )
    found = lifts_from_weeks(apart, np.zeros(4, np.int32), np.arange(4))
    assert found.lift.shape == (2, 2)
    assert (found.lift[0, 0], found.lift[1, 1]) == (0, pytest.approx(0))
    assert found.lift[1, 0] > found.lift[0, 1]


def planted(times: float) -> PromotionWeeks:
    """A thousand trips of which each of four items is in a tenth, in half of them on display.

    Items 0 and 1 sell ``times`` as often on display as elsewhere, 2 and 3 just as often.
    """
    shown = np.full(4, 500.0)
    lifted = np.array([times, times, 1.0, 1.0])
    away = 50 * np.ones(4)
    met = PromotionSightings(
        item=np.arange(4, dtype=np.int32), place=np.ones(4, np.int64), times=shown
    )
    return PromotionWeeks(
        display_words=np.array(["0", "2"]),
        mailer_words=np.array(["0"]),
        share=(away + away * lifted) / 1000,
        visits=1000,
        sales=away + away * lifted,
        shown=met,
        bought=replace(met, times=away * lifted),
    )


def test_a_lift_is_sales_on_promotion_over_sales_elsewhere() -> None:
    plain = lifts_from_weeks(planted(1.0), np.zeros(4, np.int32), np.arange(4))
    np.testing.assert_allclose(plain.lift, 0, atol=1e-6)
    np.testing.assert_allclose(plain.item_lift, 0, atol=1e-6)
    found = lifts_from_weeks(planted(3.0), np.zeros(4, np.int32), np.arange(4))
    # 400 of 600 purchases where half are expected; 20 pseudo-purchases hold it back a little.
    usual = 220 / 320
    lifted = (400 + 20 * usual) / 320
    assert float(found.lift[1, 0]) == pytest.approx(np.log(lifted / usual), 1e-5)
    assert found.lift[0, 0] == 0


def test_an_item_s_own_lift_leans_on_its_type_s() -> None:
    kinds = np.array([0, 0, 1, 1], np.int32)
    found = lifts_from_weeks(planted(3.0), kinds, np.arange(4))
    assert (found.item_lift[:2] > 0.1).all()
    assert (found.item_lift[2:] < -0.1).all()
    rare = planted(3.0)
    rare.bought.times[1] = rare.shown.times[1] = rare.sales[1] = rare.share[1] = 0
    assert lifts_from_weeks(rare, kinds, np.arange(4)).item_lift[1] > 0.1


def test_only_the_chosen_items_are_kept() -> None:
    every = lifts_from_weeks(planted(2.0), np.zeros(4, np.int32), np.arange(4))
    some = lifts_from_weeks(planted(2.0), np.zeros(4, np.int32), np.array([1, 3]))
    np.testing.assert_array_equal(some.item_lift, every.item_lift[[1, 3]])
    np.testing.assert_array_equal(some.share, every.share[[1, 3]])
    np.testing.assert_array_equal(some.lift, every.lift)
