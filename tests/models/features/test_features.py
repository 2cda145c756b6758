"""The features of a candidate."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.features import FEATURES, LOGGED_FEATURES, build, shared_features
from models.features.profile import NOWHERE, Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.promoted import Promoted, promoted_of
from models.statistics.promotion_lift import PROMOTION
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend

NOW = Moment(day=17_303, hour=18)  # a Wednesday evening


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
    view: ModelRequest, wanted: npt.NDArray[np.int64], tables: Tables
) -> npt.NDArray[np.float32]:
    return build(view, wanted, tables, shared_features(view, tables, "test"))


def named(row: npt.NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(FEATURES, row.tolist(), strict=True))


def test_names_are_unique_and_the_logged_ones_come_first() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    assert FEATURES[LOGGED_FEATURES - 1] == "basket_items"


def test_rows_keep_their_order_and_are_finite(shopper: Profile, tables: Tables) -> None:
    view = ModelRequest(profile=shopper, trend=StoreTrend.empty(), moment=NOW, basket=keys(101))
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
    view = ModelRequest(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    own, never = (named(row) for row in features(view, keys(100, 130), tables))
    assert own["own_trips"] == 20
    assert own["own_rate_25"] == pytest.approx(1)
    assert (never["own_trips"], never["own_rate_25"]) == (0, 0)
    assert own["person_trips"] == never["person_trips"] == 20
    assert own["is_known"] == own["is_evening"] == 1
    assert own["is_weekend"] == 0


def test_without_a_profile_nothing_personal_is_in_the_row(tables: Tables) -> None:
    anonymous = ModelRequest(
        profile=None, trend=StoreTrend.empty(), moment=NOW, basket=keys(100)
    )
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
    view = ModelRequest(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    row = named(features(view, keys(9_999_999), tables)[0])
    assert row["own_trips"] == 1
    assert row["item_share"] == row["trend_day"] == row["kin"] == 0


def test_the_basket_speaks_for_its_kin_types_and_categories(
    tables: Tables,
) -> None:
    at = int(np.flatnonzero(tables.kin[:, 0] >= 0)[0])
    shown, kin = tables.items.keys[at], tables.items.keys[tables.kin[at, 0]]
    view = ModelRequest(profile=None, trend=StoreTrend.empty(), moment=NOW, basket=keys(shown))
    row = named(features(view, keys(kin), tables)[0])
    assert row["basket_kin"] == pytest.approx(float(tables.kin_cosine[at, 0]))
    assert row["basket_items"] == 1
    same = named(features(view, keys(shown), tables)[0])
    assert same["basket_kind"] == same["basket_category"] == 1


def test_lines_recorded_today_and_lines_in_the_basket_are_the_same_thing(
    shopper: Profile, tables: Tables
) -> None:
    held = ModelRequest(
        profile=shopper.copy(), trend=StoreTrend.empty(), moment=NOW, basket=keys(101, 102)
    )
    shopper.record(101, NOW.day)
    shopper.record(102, NOW.day)
    recorded = ModelRequest(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    one, other = (features(view, keys(100, 130), tables) for view in (held, recorded))
    np.testing.assert_array_equal(one, other)


def test_what_was_derived_once_is_used_again_and_never_stale(
    shopper: Profile, tables: Tables
) -> None:
    view = ModelRequest(profile=shopper, trend=StoreTrend.empty(), moment=NOW)
    first = shared_features(view, tables, "test").person
    assert shared_features(view, tables, "test").person is first
    shopper.record(111, NOW.day - 1)
    fresh = shared_features(view, tables, "test").person
    assert fresh is not first
    assert fresh is not None
    assert 111 in fresh.keys


def promoting(
    tables: Tables, promoted: Promoted | None, *wanted: int
) -> list[dict[str, float]]:
    view = ModelRequest(profile=None, trend=StoreTrend.empty(), moment=NOW, promoted=promoted)
    return [named(row) for row in features(view, keys(*wanted), tables)]


def test_what_is_promoted_says_where_and_how_much_that_lifts(tables: Tables) -> None:
    told = promoted_of([(103, "2", "0"), (110, "0", "A"), (120, "5", "A")])
    display, mailer, both, neither = promoting(tables, told, 103, 110, 120, 130)
    flags = [
        (row["displayed"], row["mailed"], row["promotions_known"])
        for row in (display, mailer, both, neither)
    ]
    assert flags == [(1, 0, 1), (0, 1, 1), (1, 1, 1), (0, 0, 1)]
    assert display["place_lift"] == pytest.approx(np.log(2), abs=0.2)
    assert both["place_lift"] > mailer["place_lift"] > 0
    at = int(tables.items.positions(keys(103))[0])
    assert display["item_lift"] == pytest.approx(float(tables.lifts.item_lift[at]))
    assert neither["place_lift"] == neither["item_lift"] == 0


def test_a_store_that_promotes_nothing_is_not_a_store_of_which_nobody_told(
    tables: Tables,
) -> None:
    (nothing,), (untold,) = (
        promoting(tables, promoted, 103) for promoted in (promoted_of([]), None)
    )
    assert (nothing["promotions_known"], untold["promotions_known"]) == (1, 0)
    for row in (nothing, untold):
        assert not any(row[name] for name in PROMOTION)


def test_a_place_the_chain_never_met_lifts_nothing(tables: Tables) -> None:
    (row,) = promoting(tables, promoted_of([(103, "ON THE MOON", "0")]), 103)
    assert (row["displayed"], row["place_lift"]) == (1, 0)


def test_how_often_an_item_sells_on_promotion_is_known_without_a_leaflet(
    tables: Tables,
) -> None:
    row, stranger = promoting(tables, None, 103, 9_999_999)
    at = int(tables.items.positions(keys(103))[0])
    assert row["promoted_share"] == float(tables.lifts.share[at]) > 0
    assert stranger["promoted_share"] == 0


def test_one_day_s_promotions_are_worked_out_once(tables: Tables) -> None:
    told = promoted_of([(103, "2", "0")])
    view = ModelRequest(profile=None, trend=StoreTrend.empty(), moment=NOW, promoted=told)
    assert (
        shared_features(view, tables, "test").promotion
        is shared_features(view, tables, "test").promotion
    )
    assert (
        shared_features(view, tables, "other").promotion
        is not shared_features(view, tables, "test").promotion
    )


def test_what_is_bought_here_counts_by_the_place_of_the_decision(tables: Tables) -> None:
    profile = Profile.empty()
    for back in range(1, 9):
        profile.record(100 + back % 2, NOW.day - back, place=1 + back % 2)
    here, there, unknown = (
        named(
            features(
                ModelRequest(
                    profile=profile, trend=StoreTrend.empty(), moment=NOW, place=place
                ),
                keys(100),
                tables,
            )[0]
        )
        for place in (1, 2, NOWHERE)
    )
    assert here["own_rate_here"] == pytest.approx(4 / 5)
    assert there["own_rate_here"] == 0
    assert unknown["own_rate_here"] == pytest.approx(4 / 9)
    assert (here["person_here"], unknown["person_here"]) == (0.5, 1)


LINES = st.lists(
    st.tuples(
        st.sampled_from([100, 103, 112, 130, 9_000_000]),
        st.integers(17_200, NOW.day),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=40,
)
WORDS = st.sampled_from(["0", "2", "5", "A", "", "elsewhere"])
LEAFLET = st.none() | st.lists(
    st.tuples(st.sampled_from([100, 103, 130, 9_000_000]), WORDS, WORDS)
).map(promoted_of)


@given(LINES, LEAFLET, st.sets(st.integers(98, 150), max_size=6), st.integers(0, 3))
def test_every_column_is_finite_whatever_is_asked(
    tables: Tables,
    lines: list[tuple[int, int, int, bool]],
    promoted: Promoted | None,
    basket: set[int],
    place: int,
) -> None:
    profile = Profile.empty()
    for key, day, where, lured in lines:
        profile.record(key, day, place=where, promoted=lured)
    for who in (profile, None):
        view = ModelRequest(
            profile=who,
            trend=StoreTrend.empty(),
            moment=NOW,
            basket=keys(*sorted(basket)),
            place=place,
            promoted=promoted,
        )
        table = features(view, keys(100, 112, 130, 147, 9_000_000, 1), tables)
        assert np.isfinite(table).all()
        assert (table[:, :LOGGED_FEATURES] >= 0).all()
