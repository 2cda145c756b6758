"""A bundle's lists besides its own order: what is new to a shopper, and the named strategies."""

import dataclasses

import numpy as np
import pytest

from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.moment import Moment
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.statistics.trend import StoreTrend
from models.strategies.registry import named
from tests.models.town import UNTIL_DAY

NOW = Moment(day=UNTIL_DAY + 3, hour=17)


@pytest.fixture
def view() -> ModelRequest:
    profile = Profile.empty()
    for day in range(UNTIL_DAY - 60, UNTIL_DAY, 5):
        for key in (100, 101, 120):
            profile.record(key, day)
    return ModelRequest(profile=profile, trend=StoreTrend.empty(), moment=NOW)


def test_what_is_new_was_never_bought_and_comes_by_chance(
    bundle: Bundle, view: ModelRequest
) -> None:
    found = bundle.explore(view, 10)
    assert len(found) == 10
    assert not {100, 101, 120} & set(found.tolist())
    chances = bundle.score(view, found)
    assert (np.diff(chances) <= 0).all()
    rest = np.setdiff1d(bundle.items.keys, [*found.tolist(), 100, 101, 120])
    assert bundle.score(view, rest).max() <= chances[-1]


def test_what_is_new_is_not_in_the_basket_either(bundle: Bundle, view: ModelRequest) -> None:
    first = bundle.explore(view, 3)
    again = bundle.explore(dataclasses.replace(view, basket=first), 10)
    assert not np.isin(again, first).any()


def test_to_nobody_in_particular_everything_is_new(bundle: Bundle, view: ModelRequest) -> None:
    nobody = dataclasses.replace(view, profile=None)
    assert len(bundle.explore(nobody, 1000)) == len(bundle.items)


def test_nothing_is_new_to_who_bought_everything(bundle: Bundle) -> None:
    profile = Profile.empty()
    for key in bundle.items.keys.tolist():
        profile.record(key, UNTIL_DAY)
    view = ModelRequest(profile=profile, trend=StoreTrend.empty(), moment=NOW)
    assert not len(bundle.explore(view, 10))


def test_a_bundle_lists_by_every_named_strategy(bundle: Bundle, view: ModelRequest) -> None:
    ranker: Ranker = bundle
    told = named(bundle.tables)
    scanned = dataclasses.replace(view, basket=np.array([100], np.int64))
    lists = {name: ranker.by_strategy(scanned, name, 7) for name in told}
    for name, listed in lists.items():
        assert listed.tolist() == told[name].rank(scanned, 7).tolist()
        assert len(listed) <= 7
    # Nothing was looked at on a screen, and the store has seen too few weekends.
    assert {name for name, listed in lists.items() if not len(listed)} == {
        "recently-viewed",
        "also-viewed",
        "weekend-favourites",
    }


def test_a_name_that_no_strategy_has_lists_nothing(bundle: Bundle, view: ModelRequest) -> None:
    assert bundle.by_strategy(view, "chance", 5).tolist() == no_items().tolist()
