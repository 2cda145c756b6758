"""The features of a candidate."""

import numpy as np
import numpy.typing as npt
import pytest

from models.counters import Profile
from models.features import FEATURES, LOGGED_FEATURES, build, look
from models.moment import Moment
from models.tables import Tables
from models.trend import StoreTrend
from models.view import View

NOW = Moment(day=17_303, hour=18)  # a Thursday evening


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


@pytest.fixture
def shopper() -> Profile:
    profile = Profile.empty()
    for day in range(17_200, 17_300, 5):
        for key in (100, 105, 110):
            profile.record(key, day)
    return profile


def features(
    view: View, wanted: npt.NDArray[np.int64], tables: Tables
) -> npt.NDArray[np.float32]:
    return build(view, wanted, tables, look(view, tables, "test"))


def named(row: npt.NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(FEATURES, row.tolist(), strict=True))


def test_names_are_unique_and_the_logged_ones_come_first() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    assert FEATURES[LOGGED_FEATURES - 1] == "basket_items"


def test_rows_keep_their_order_and_are_finite(shopper: Profile, tables: Tables) -> None:
    view = View(profile=shopper, trend=StoreTrend.empty(), moment=NOW, basket=keys(101))
    wanted = keys(110, 100, 9_999_999, 130, 105)
    table = features(view, wanted, tables)
    assert table.shape == (5, len(FEATURES))
    assert table.dtype.name == "float32"
    assert table.flags.c_contiguous
    assert np.isfinite(table).all()
    assert (table[:, :LOGGED_FEATURES] >= 0).all()
    for row, key in enumerate(wanted.tolist()):
        np.testing.assert_array_equal(table[row], features(view, keys(key), tables)[0])


def test_a_candidate_s_own_history_stands_in_its_row(shopper: Profile, tables: Tables) -> None:
    view = View(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    own, never = (named(row) for row in features(view, keys(100, 130), tables))
    assert own["own_trips"] == 20
    assert own["own_rate_25"] == pytest.approx(1)
    assert (never["own_trips"], never["own_rate_25"]) == (0, 0)
    assert own["person_trips"] == never["person_trips"] == 20
    assert own["is_known"] == own["is_evening"] == 1
    assert own["is_weekend"] == 0


def test_without_a_profile_nothing_personal_is_in_the_row(tables: Tables) -> None:
    anonymous = View(profile=None, trend=StoreTrend.empty(), moment=NOW, basket=keys(100))
    row = named(features(anonymous, keys(105), tables)[0])
    personal = (
        "own_",
        "kind_",
        "category_",
        "person_",
        "is_known",
        "kin",
        "neighbours",
        "affinity",
    )
    assert not any(value for name, value in row.items() if name.startswith(personal))
    assert row["item_share"] > 0


def test_an_unknown_item_has_only_its_shopper_s_counters(
    shopper: Profile, tables: Tables
) -> None:
    shopper.record(9_999_999, 17_290)
    view = View(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    row = named(features(view, keys(9_999_999), tables)[0])
    assert row["own_trips"] == 1
    assert row["item_share"] == row["trend_day"] == row["kin"] == 0


def test_the_basket_speaks_for_its_kin_types_and_categories(
    tables: Tables,
) -> None:
    at = int(np.flatnonzero(tables.kin[:, 0] >= 0)[0])
    shown, kin = tables.items.keys[at], tables.items.keys[tables.kin[at, 0]]
    view = View(profile=None, trend=StoreTrend.empty(), moment=NOW, basket=keys(shown))
    row = named(features(view, keys(kin), tables)[0])
    assert row["basket_kin"] == pytest.approx(float(tables.kin_cosine[at, 0]))
    assert row["basket_items"] == 1
    same = named(features(view, keys(shown), tables)[0])
    assert same["basket_kind"] == same["basket_category"] == 1


def test_lines_recorded_today_and_lines_in_the_basket_are_the_same_thing(
    shopper: Profile, tables: Tables
) -> None:
    held = View(
        profile=shopper.copy(), trend=StoreTrend.empty(), moment=NOW, basket=keys(101, 102)
    )
    shopper.record(101, NOW.day)
    shopper.record(102, NOW.day)
    recorded = View(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    one, other = (features(view, keys(100, 130), tables) for view in (held, recorded))
    np.testing.assert_array_equal(one, other)


def test_what_was_derived_once_is_used_again_and_never_stale(
    shopper: Profile, tables: Tables
) -> None:
    view = View(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    first = look(view, tables, "test").person
    assert look(view, tables, "test").person is first
    shopper.record(111, NOW.day - 1)
    fresh = look(view, tables, "test").person
    assert fresh is not first
    assert fresh is not None
    assert 111 in fresh.keys
