"""The seven published methods: what they promise alike, and each beside the slow way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.features.request import ModelRequest
from models.sources.journey import Journey, read_journey
from models.sources.parquet import read_columns, write_columns
from models.statistics.tables import Tables
from models.strategies.protocol import PublishedMethod
from models.strategies.published_registry import published
from tests.models.town import UNTIL_DAY, build_town

NAMES = (
    "g-topfreq",
    "p-topfreq",
    "gp-topfreq",
    "p-topfreq-25",
    "tifu-knn",
    "up-cf",
    "item-cosine",
)
LINES = (
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "week",
    "transaction_timestamp",
)


@pytest.fixture(scope="module")
def methods(journey: Journey, tables: Tables) -> dict[str, PublishedMethod]:
    return published(journey, tables, UNTIL_DAY)


def lists(
    methods: dict[str, PublishedMethod], views: dict[int, ModelRequest]
) -> dict[str, list[list[int]]]:
    return {
        name: [method.rank(view, 10).tolist() for view in views.values()]
        for name, method in methods.items()
    }


def test_there_are_seven_and_each_answers_to_its_name(
    methods: dict[str, PublishedMethod],
) -> None:
    assert tuple(methods) == NAMES
    assert all(method.name == name for name, method in methods.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_list_holds_each_item_once_and_nothing_of_the_basket(
    methods: dict[str, PublishedMethod],
    tables: Tables,
    arrivals: dict[int, ModelRequest],
    name: str,
) -> None:
    basket = tables.items.keys[::5]
    for bare in arrivals.values():
        view = replace(bare, basket=basket)
        listed = methods[name].rank(view, 10)
        assert 0 < len(set(listed.tolist())) == len(listed) <= 10
        assert not np.isin(listed, basket).any()
        assert np.isin(listed, tables.items.keys).all()
        np.testing.assert_array_equal(methods[name].rank(view, 10), listed)


@pytest.mark.parametrize("name", NAMES)
def test_a_shorter_list_is_the_head_of_a_longer_one(
    methods: dict[str, PublishedMethod], arrivals: dict[int, ModelRequest], name: str
) -> None:
    for view in arrivals.values():
        longer = methods[name].rank(view, 30).tolist()
        assert methods[name].rank(view, 4).tolist() == longer[:4]
        assert methods[name].rank(view, 0).tolist() == []


def test_what_was_bought_earlier_today_is_not_listed_again(
    methods: dict[str, PublishedMethod], arrivals: dict[int, ModelRequest]
) -> None:
    view = arrivals[3]
    assert view.profile is not None
    profile = view.profile.copy()
    first = int(methods["p-topfreq"].rank(view, 1)[0])
    profile.record(first, view.moment.day)
    for method in methods.values():
        assert first not in method.rank(replace(view, profile=profile), 30)


def test_a_stranger_gets_what_everybody_buys_or_nothing(
    methods: dict[str, PublishedMethod], arrivals: dict[int, ModelRequest]
) -> None:
    view = replace(arrivals[3], profile=None)
    popular = methods["g-topfreq"].rank(view, 10).tolist()
    for name in ("gp-topfreq", "tifu-knn", "up-cf"):
        assert methods[name].rank(view, 10).tolist() == popular
    for name in ("p-topfreq", "p-topfreq-25"):
        assert methods[name].rank(view, 10).tolist() == []
    assert len(methods["item-cosine"].rank(view, 10)) == 10


def test_what_comes_after_the_cut_changes_nothing(
    methods: dict[str, PublishedMethod],
    tables: Tables,
    arrivals: dict[int, ModelRequest],
    tmp_path: Path,
) -> None:
    town = build_town(tmp_path / "town", shuffle_after_day=UNTIL_DAY)
    shuffled = published(read_journey(town), tables, UNTIL_DAY)
    assert lists(shuffled, arrivals) == lists(methods, arrivals)


def test_other_numbers_for_the_households_change_nothing(
    methods: dict[str, PublishedMethod],
    tables: Tables,
    arrivals: dict[int, ModelRequest],
    town: Path,
    tmp_path: Path,
) -> None:
    columns = dict(read_columns(town / "transactions.parquet", LINES))
    columns["household_id"] = 37 * columns["household_id"] % 1009
    write_columns(tmp_path / "transactions.parquet", columns)
    (tmp_path / "products.parquet").write_bytes((town / "products.parquet").read_bytes())
    renumbered = published(read_journey(tmp_path), tables, UNTIL_DAY)
    assert lists(renumbered, arrivals) == lists(methods, arrivals)


def test_what_trends_settles_what_the_cosines_leave_open(
    methods: dict[str, PublishedMethod], tables: Tables, arrivals: dict[int, ModelRequest]
) -> None:
    view = replace(arrivals[3], profile=None)
    _, shares = view.trend.shares(tables.prior, view.moment.part)
    first = tables.items.keys[np.argsort(-shares, kind="stable")]
    assert methods["item-cosine"].rank(view, 10).tolist() == first[:10].tolist()


def test_company_of_the_basket_moves_up(
    methods: dict[str, PublishedMethod], tables: Tables, arrivals: dict[int, ModelRequest]
) -> None:
    view = replace(arrivals[3], profile=None)
    basket = tables.items.keys[[0]]
    kin = tables.items.keys[tables.kin[0][0]]
    ranks = [
        methods["item-cosine"].rank(one, len(tables)).tolist().index(kin)
        for one in (view, replace(view, basket=basket))
    ]
    assert ranks[1] < ranks[0]
