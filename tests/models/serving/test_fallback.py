"""The ranker that needs no file."""

import numpy as np
import numpy.typing as npt
import pytest

from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.fallback import FrequentFallback
from models.serving.ranker import OFFER, OWN, SOURCE_NAMES, STRATEGY, Ranker, Shortlist
from models.statistics.trend import StoreTrend
from models.strategies.gp_topfreq import continued
from models.strategies.p_topfreq import p_topfreq, p_topfreq_25

NOW = Moment(day=17_100, hour=10)


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


@pytest.fixture
def shopper() -> Profile:
    profile = Profile.empty()
    for day in range(17_000, 17_060, 2):
        profile.record(1, day)
        if day % 4 == 0:
            profile.record(2, day)
    profile.record(3, 17_000)
    return profile


@pytest.fixture
def trend() -> StoreTrend:
    trend = StoreTrend.empty()
    for _ in range(60):
        trend.record(keys(7, 8), Moment(day=17_099, hour=10))
    return trend


def test_the_list_holds_offers_own_items_and_the_trend(
    shopper: Profile, trend: StoreTrend
) -> None:
    view = ModelRequest(profile=shopper, trend=trend, moment=NOW, basket=keys(2))
    found = FrequentFallback().shortlist(view, 10, keys(99, 1, 2))
    names = {key: found.names(row) for row, key in enumerate(found.keys.tolist())}
    assert names == {
        1: ("own", "offer"),
        3: ("own",),
        7: ("trending",),
        8: ("trending",),
        99: ("offer",),
    }


def test_offers_are_kept_beyond_the_limit(shopper: Profile, trend: StoreTrend) -> None:
    view = ModelRequest(profile=shopper, trend=trend, moment=NOW)
    assert FrequentFallback().shortlist(view, 1, keys(20, 21, 22)).keys.tolist() == [20, 21, 22]


def test_scores_follow_the_shopper_s_habits(shopper: Profile, trend: StoreTrend) -> None:
    view = ModelRequest(profile=shopper, trend=trend, moment=NOW)
    often, sometimes, popular, unknown = (
        FrequentFallback().score(view, keys(1, 2, 7, 500)).tolist()
    )
    assert 0.8 < often <= 1
    assert 0.4 < sometimes < 0.5
    assert 0 < popular < 0.1
    assert unknown == 0


def test_anonymous_shoppers_get_the_store_s_shares(trend: StoreTrend) -> None:
    for profile in (None, Profile.empty()):
        view = ModelRequest(profile=profile, trend=trend, moment=NOW)
        scores = FrequentFallback().score(view, keys(7, 1))
        assert scores[0] > scores[1] == 0


def test_with_nothing_known_at_all_it_still_answers() -> None:
    view = ModelRequest(profile=None, trend=StoreTrend.empty(), moment=NOW)
    fallback: Ranker = FrequentFallback()
    assert fallback.shortlist(view, 5, keys()).keys.tolist() == []
    assert fallback.score(view, keys(4)).tolist() == [0]
    assert (fallback.label, len(fallback.digest)) == ("p-topfreq-25@1", 64)


def test_the_order_is_count_then_latest_then_key(shopper: Profile) -> None:
    shopper.record(4, 17_000)
    assert p_topfreq_25(shopper, 10).tolist()[:2] == [1, 2]
    assert p_topfreq(shopper, 2).tolist() == [1, 2]
    assert p_topfreq(shopper, 10).tolist()[2:] == [3, 4]


def test_old_habits_leave_the_last_twenty_five_trips(shopper: Profile) -> None:
    for day in range(17_061, 17_090):
        shopper.record(6, day)
    assert p_topfreq_25(shopper, 1).tolist() == [6]
    assert p_topfreq(shopper, 1).tolist() == [1]


def test_a_short_list_is_filled_with_what_is_popular() -> None:
    assert continued(keys(3, 9), keys(9, 5, 3, 7), 4).tolist() == [3, 9, 5, 7]


def test_every_source_has_its_own_bit() -> None:
    one = Shortlist(keys=keys(1), sources=np.array([OWN | OFFER | STRATEGY], np.uint16))
    assert one.names(0) == ("own", "offer", "strategy")
    assert len(SOURCE_NAMES) == 10


def test_it_knows_no_named_strategy(shopper: Profile, trend: StoreTrend) -> None:
    view = ModelRequest(profile=shopper, trend=trend, moment=NOW)
    assert not len(FrequentFallback().by_strategy(view, "trending", 10))
