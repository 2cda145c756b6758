"""The strategies that a store chooses by name."""

from dataclasses import replace

import numpy as np
import pytest

from models.features.profile import Profile
from models.features.profile_features import describe
from models.features.request import ModelRequest
from models.moment import Moment
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend
from models.strategies.also_bought import LIFT_MIN, basket_cosine
from models.strategies.protocol import Strategy, registered
from models.strategies.registry import STRATEGIES, named

NAMES = (
    "trending",
    "best-selling",
    "low-price",
    "recently-bought",
    "recently-viewed",
    "also-bought",
    "also-viewed",
    "resupply",
    "weekend-favourites",
    "new-for-you",
)
NOW = Moment(day=17_300, hour=18)


@pytest.fixture(scope="module")
def store(tables: Tables) -> dict[str, Strategy]:
    return named(tables)


@pytest.fixture
def stranger() -> ModelRequest:
    return ModelRequest(profile=None, trend=StoreTrend.empty(), moment=NOW)


def shopper(view: ModelRequest, *events: tuple[int, int]) -> ModelRequest:
    """The view with a profile of ``events``: (item key, days ago)."""
    profile = Profile.empty()
    for key, ago in events:
        profile.record(key, NOW.day - ago)
    return replace(view, profile=profile)


def test_each_answers_to_its_name_and_tells_a_marketer_what_it_shows(
    store: dict[str, Strategy],
) -> None:
    assert tuple(store) == tuple(STRATEGIES) == NAMES
    for name, entry in STRATEGIES.items():
        assert entry.name == name
        assert 10 < len(entry.says) < 70


@pytest.mark.parametrize("name", NAMES)
def test_a_list_holds_each_item_once_and_nothing_of_the_basket(
    store: dict[str, Strategy],
    tables: Tables,
    arrivals: dict[int, ModelRequest],
    name: str,
) -> None:
    basket = tables.items.keys[::5]
    for bare in arrivals.values():
        view = replace(bare, basket=basket)
        listed = store[name].rank(view, 10)
        assert len(set(listed.tolist())) == len(listed) <= 10
        assert not np.isin(listed, basket).any()
        np.testing.assert_array_equal(store[name].rank(view, 10), listed)
        np.testing.assert_array_equal(store[name].rank(view, 3), listed[:3])


@pytest.mark.parametrize("name", ["trending", "best-selling", "low-price"])
def test_a_stranger_in_a_store_that_sold_nothing_yet_gets_what_the_chain_sells(
    store: dict[str, Strategy], stranger: ModelRequest, name: str
) -> None:
    assert len(store[name].rank(stranger, 10)) == 10
    assert len(store[name].rank(replace(stranger, profile=Profile.empty()), 10)) == 10


@pytest.mark.parametrize("name", ["recently-bought", "also-bought", "resupply", "new-for-you"])
def test_what_knows_nothing_of_a_stranger_says_nothing(
    store: dict[str, Strategy], stranger: ModelRequest, name: str
) -> None:
    assert not len(store[name].rank(stranger, 10))


def test_the_trend_is_of_this_time_of_day_and_the_best_sellers_of_all_day(
    store: dict[str, Strategy], stranger: ModelRequest, tables: Tables
) -> None:
    dawn, dusk = tables.items.keys[[3, 4]].tolist()
    trend = StoreTrend.empty()
    for hour, key, times in ((7, dawn, 5000), (18, dusk, 3000)):
        for _ in range(times):
            trend.record(np.array([key]), replace(NOW, day=NOW.day - 1, hour=hour))
    view = replace(stranger, trend=trend)
    trend.record(np.array([dusk]), NOW)
    assert store["trending"].rank(view, 1).tolist() == [dusk]
    assert store["best-selling"].rank(view, 1).tolist() == [dawn]


def test_the_latest_trip_comes_first_and_strangers_to_the_bundle_too(
    store: dict[str, Strategy], stranger: ModelRequest
) -> None:
    view = shopper(stranger, (101, 30), (102, 30), (101, 20), (555, 3), (102, 9))
    assert store["recently-bought"].rank(view, 10).tolist() == [555, 102, 101]


def test_due_items_come_by_how_steadily_they_are_bought_and_nothing_else(
    store: dict[str, Strategy], stranger: ModelRequest, tables: Tables
) -> None:
    weekly, rare, bought_just_now = tables.items.keys[[2, 5, 9]].tolist()
    events = [(weekly, ago) for ago in (8, 15, 22, 29)]
    events += [(rare, ago) for ago in (40, 70, 100)]
    events += [(bought_just_now, ago) for ago in (1, 8, 15)]
    view = shopper(stranger, *events)
    assert store["resupply"].rank(view, 10).tolist() == [weekly, rare]


def test_new_for_you_was_never_bought(
    store: dict[str, Strategy], tables: Tables, arrivals: dict[int, ModelRequest]
) -> None:
    for view in arrivals.values():
        assert view.profile is not None
        listed = store["new-for-you"].rank(view, 10)
        liked = tables.items.keys[describe(view.profile, view.moment, tables).liked]
        assert np.isin(listed, liked).all()
        assert not np.isin(listed, view.profile.keys).any()


def test_discoveries_are_of_categories_never_bought_and_each_of_another_first(
    store: dict[str, Strategy], tables: Tables, stranger: ModelRequest
) -> None:
    items, met = tables.items, 0
    for key in items.keys[::9].tolist():
        view = shopper(stranger, (key, 7), (key, 14))
        assert view.profile is not None
        own = items.positions(view.profile.keys)
        known = set(items.category[own[own >= 0]].tolist())
        listed = items.category[items.positions(store["new-for-you"].rank(view, 50))].tolist()
        new = [category not in known for category in listed]
        # All discoveries stand before what is merely never bought.
        assert new == sorted(new, reverse=True)
        first = listed[: len(set(listed) - known)]
        assert len(set(first)) == len(first)
        met += sum(new)
    assert met


def test_what_was_viewed_comes_latest_first_without_what_is_in_the_basket(
    store: dict[str, Strategy], stranger: ModelRequest
) -> None:
    view = replace(stranger, viewed=np.array([7, 3, 9]), basket=np.array([3]))
    assert store["recently-viewed"].rank(view, 10).tolist() == [7, 9]
    assert not len(store["recently-viewed"].rank(stranger, 10))


def test_weekend_favourites_sell_more_at_weekends(
    store: dict[str, Strategy], stranger: ModelRequest
) -> None:
    trend = StoreTrend.empty()
    saturday = 17_299
    assert Moment(day=saturday, hour=9).weekday == 5
    for day in range(saturday - 27, saturday + 1):
        weekend = Moment(day=day, hour=9).weekday >= 5
        for _ in range(30):
            trend.record(np.array([1, 2] if weekend else [1, 3]), Moment(day=day, hour=9))
    view = replace(stranger, trend=trend)
    assert store["weekend-favourites"].rank(view, 10).tolist() == [2]
    assert not len(store["weekend-favourites"].rank(stranger, 10))


def test_the_cheapest_of_each_type_comes_first(tables: Tables, stranger: ModelRequest) -> None:
    items = tables.items
    prices = np.arange(len(items), 0, -1).astype(np.int32) * 10
    prices[0] = 0
    priced = replace(tables, items=replace(items, price_cents=prices))
    one, other = items.keys[[1, 2]].tolist()
    view = shopper(stranger, (one, 1), (one, 8), (other, 8))
    listed = named(priced)["low-price"].rank(view, len(items))
    kinds = items.type[items.positions(listed)].tolist()
    cents = prices[items.positions(listed)].tolist()
    assert kinds[:2] == items.type[[1, 2]].tolist()
    for kind in set(kinds):
        own = [price for price, of in zip(cents, kinds, strict=True) if of == kind]
        assert own == sorted(own)
    assert set(kinds) == set(items.type[[1, 2]].tolist())
    assert 0 not in cents


def test_a_stranger_s_low_prices_are_of_the_types_that_trend(
    store: dict[str, Strategy], stranger: ModelRequest, tables: Tables
) -> None:
    key = int(tables.items.keys[7])
    trend = StoreTrend.empty()
    for _ in range(3000):
        trend.record(np.array([key]), replace(NOW, day=NOW.day - 1))
    trend.record(np.array([key]), NOW)
    first = store["low-price"].rank(replace(stranger, trend=trend), 1)
    assert tables.items.type[tables.items.positions(first)] == tables.items.type[7]


def test_company_is_ranked_by_cosine_and_only_refused_by_lift(
    store: dict[str, Strategy], stranger: ModelRequest, tables: Tables
) -> None:
    basket = tables.items.keys[[0]]
    listed = store["also-bought"].rank(replace(stranger, basket=basket), 10)
    kin, cosine = tables.kin[0], tables.kin_cosine[0]
    lift = cosine / np.sqrt(tables.day[0] * tables.day[kin])
    wanted = tables.items.keys[kin[(kin >= 0) & (lift >= LIFT_MIN)]]
    assert listed.tolist() == wanted.tolist()
    popular = replace(tables, day=np.ones_like(tables.day))
    assert not basket_cosine(popular, np.array([0], np.int32)).any()


def test_two_bundles_do_not_share_what_they_gathered_of_a_visit(
    tables: Tables, arrivals: dict[int, ModelRequest]
) -> None:
    fewer = replace(
        tables, lists=np.full_like(tables.lists, -1), kin=np.full_like(tables.kin, -1)
    )
    view = arrivals[3]
    full = named(tables)["new-for-you"].rank(view, 10).tolist()
    assert named(fewer)["new-for-you"].rank(view, 10).tolist() != full
    assert named(tables)["new-for-you"].rank(view, 10).tolist() == full


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'trending'"):
        registered([STRATEGIES["trending"], STRATEGIES["trending"]])
