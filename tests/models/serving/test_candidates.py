"""Which items are worth scoring."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.features import shared_features
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.candidates import shortlist
from models.serving.ranker import Shortlist
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend

NOW = Moment(day=17_303, hour=18)
KEYS = st.lists(st.integers(95, 150), max_size=8).map(lambda found: np.array(found, np.int64))


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


def shopper(*extra: int) -> Profile:
    profile = Profile.empty()
    for day in range(17_233, 17_300, 7):
        for key in (100, 103, 106, *extra):
            profile.record(key, day)
    return profile


def chosen(
    view: ModelRequest, limit: int, extra: npt.NDArray[np.int64], tables: Tables
) -> Shortlist:
    return shortlist(shared_features(view, tables, "test"), limit, extra, tables)


@given(KEYS, KEYS, st.integers(0, 60), st.booleans())
def test_each_key_once_ascending_none_from_the_basket_and_every_offer(
    tables: Tables,
    basket: npt.NDArray[np.int64],
    offers: npt.NDArray[np.int64],
    limit: int,
    known: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    profile = shopper(7_000_000) if known else None
    view = ModelRequest(profile=profile, trend=StoreTrend.empty(), moment=NOW, basket=basket)
    found = chosen(view, limit, offers, tables)
    assert (np.diff(found.keys) > 0).all()
    assert not np.isin(found.keys, basket).any()
    wanted = set(offers.tolist()) - set(basket.tolist())
    assert wanted <= set(found.keys.tolist())
    assert len(found.keys) <= max(limit, len(wanted))
    assert (found.sources > 0).all()
    assert (found.keys.dtype.name, found.sources.dtype.name) == ("int64", "uint16")


def test_the_limit_is_used_up_while_there_is_something_to_propose(tables: Tables) -> None:
    for profile in (None, shopper()):
        view = ModelRequest(profile=profile, trend=StoreTrend.empty(), moment=NOW)
        assert len(chosen(view, 30, keys(), tables).keys) == 30


def test_weekly_items_are_own_and_due(tables: Tables) -> None:
    view = ModelRequest(profile=shopper(), trend=StoreTrend.empty(), moment=NOW)
    found = chosen(view, 20, keys(100), tables)
    names = found.names(found.keys.tolist().index(100))
    assert {"own", "resupply", "offer"} <= set(names)


def test_a_shopper_s_items_that_the_bundle_does_not_know_are_proposed_too(
    tables: Tables,
) -> None:
    view = ModelRequest(profile=shopper(7_000_000), trend=StoreTrend.empty(), moment=NOW)
    found = chosen(view, 20, keys(), tables)
    assert found.names(found.keys.tolist().index(7_000_000)) == ("own", "resupply")


def test_the_basket_brings_its_complements(tables: Tables) -> None:
    at = int(np.flatnonzero(tables.kin[:, 0] >= 0)[0])
    view = ModelRequest(
        profile=None, trend=StoreTrend.empty(), moment=NOW, basket=tables.items.keys[[at]]
    )
    found = chosen(view, 40, keys(), tables)
    best = int(tables.items.keys[tables.kin[at, 0]])
    assert "complement" in found.names(found.keys.tolist().index(best))


def test_anonymous_shoppers_are_shown_what_trends_here(tables: Tables) -> None:
    trend = StoreTrend.empty()
    rare = int(tables.items.keys[tables.day.argmin()])
    for _ in range(400):
        trend.record(keys(rare), NOW)
    view = ModelRequest(profile=None, trend=trend, moment=NOW)
    assert chosen(view, 7, keys(), tables).keys.tolist().count(rare) == 1


@pytest.mark.parametrize("limit", [10, 20])
def test_neighbours_fill_what_the_others_leave(tables: Tables, limit: int) -> None:
    view = ModelRequest(profile=shopper(), trend=StoreTrend.empty(), moment=NOW)
    found = chosen(view, limit, keys(), tables)
    assert any("neighbours" in found.names(row) for row in range(len(found.keys)))
