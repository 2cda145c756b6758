"""A store without a bundle."""

import numpy as np
import numpy.typing as npt
import pytest

from models.assortment import Assortment, SoldProduct
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import COMPLEMENT, OWN, RESUPPLY, TRENDING, Ranker, Shortlist
from models.statistics.pairs import PairCounts, known_pairs
from models.statistics.trend import StoreTrend
from models.strategies.registry import STRATEGIES

NOW = Moment(day=17_100, hour=10)
RANKER: Ranker = LocalFallback()
SOLD = Assortment(
    "shop",
    [
        SoldProduct(key, f"category {key // 10}", f"kind {key // 2}", 100 + key)
        for key in range(1, 61)
    ],
)


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


@pytest.fixture(scope="module")
def view() -> ModelRequest:
    """A shop that sold 1 with 11, 2 with 21, and 5 to everybody."""
    trend, pairs = StoreTrend.empty(), PairCounts()
    for number in range(100):
        basket = keys(5, *((1, 11) if number % 2 else (2, 21)), 30 + number // 2 % 20)
        moment = Moment(day=17_090 + number // 20, hour=10)
        trend.record(basket, moment)
        pairs.record(basket, moment.day)
    return ModelRequest(
        profile=None,
        trend=trend,
        moment=NOW,
        pairs=known_pairs(pairs.to_bytes()),
        sold=SOLD,
    )


def but(view: ModelRequest, **parts: object) -> ModelRequest:
    names = ("profile", "trend", "moment", "basket", "pairs", "sold")
    return ModelRequest(**{name: getattr(view, name) for name in names} | parts)


@pytest.fixture(scope="module")
def shopper() -> Profile:
    profile = Profile.empty()
    for day in range(17_010, 17_094, 7):
        profile.record(1, day)
        profile.record(40, day)
    profile.record(3, 17_092)
    return profile


def bits(found: Shortlist, key: int) -> int:
    return int(found.sources[found.keys.tolist().index(key)])


def test_what_goes_with_the_basket_comes_first_and_is_marked(view: ModelRequest) -> None:
    at_till = but(view, basket=keys(1))
    found = RANKER.shortlist(at_till, 40, keys())
    assert bits(found, 11) & COMPLEMENT
    assert not bits(found, 21) & COMPLEMENT
    # In every basket: popular, and no complement of anything.
    assert not bits(found, 5) & COMPLEMENT
    scores = dict(
        zip(found.keys.tolist(), RANKER.score(at_till, found.keys).tolist(), strict=True)
    )
    assert scores[11] > scores[21]
    assert 1 not in scores


def test_a_person_s_own_come_first_and_what_is_due_is_marked(
    view: ModelRequest, shopper: Profile
) -> None:
    known = but(view, profile=shopper)
    found = RANKER.shortlist(known, 40, keys())
    assert bits(found, 1) & OWN
    assert bits(found, 1) & RESUPPLY
    assert not bits(found, 3) & RESUPPLY
    best = found.keys[np.argsort(-RANKER.score(known, found.keys), kind="stable")]
    assert set(best[:2].tolist()) == {1, 40}


def test_without_any_sale_the_range_stands_in_its_order(view: ModelRequest) -> None:
    first = but(view, trend=StoreTrend.empty(), pairs=known_pairs(PairCounts().to_bytes()))
    found = RANKER.shortlist(first, 320, keys())
    assert len(found.keys) == len(SOLD.items)
    best = found.keys[np.argsort(-RANKER.score(first, found.keys), kind="stable")]
    np.testing.assert_array_equal(best, SOLD.order)
    assert len({key // 10 for key in SOLD.order[:7].tolist()}) == 7


def test_without_a_catalogue_it_speaks_of_what_was_sold(view: ModelRequest) -> None:
    bare = but(view, sold=None)
    found = RANKER.shortlist(bare, 320, keys())
    assert set(found.keys.tolist()) == set(view.trend.sold().tolist())
    assert all(bits & TRENDING for bits in found.sources.tolist())


def test_named_strategies_work_from_local_counts(view: ModelRequest, shopper: Profile) -> None:
    full = but(view, profile=shopper, basket=keys(2))
    first = {name: RANKER.by_strategy(full, name, 5).tolist()[:1] for name in STRATEGIES}
    assert first == {
        "trending": [5],
        "best-selling": [5],
        "low-price": [1],
        "recently-bought": [3],
        "recently-viewed": [],
        "also-bought": [21],
        "also-viewed": [],
        "resupply": [1],
        "weekend-favourites": [],
        # 11 is bought with their 1, and of no category that they know.
        "new-for-you": [11],
    }
    assert not len(RANKER.by_strategy(full, "unheard-of", 5))


def test_equal_views_get_equal_answers_whatever_was_asked_before(
    view: ModelRequest, shopper: Profile
) -> None:
    full = but(view, profile=shopper, basket=keys(2))
    found = LocalFallback().shortlist(full, 50, keys(7))
    fresh = but(
        view,
        profile=Profile.from_bytes(shopper.to_bytes()),
        trend=view.trend.copy(),
        basket=keys(2),
    )
    again = LocalFallback().shortlist(fresh, 50, keys(7))
    np.testing.assert_array_equal(found.keys, again.keys)
    np.testing.assert_array_equal(found.sources, again.sources)
    np.testing.assert_array_equal(
        RANKER.score(full, found.keys), RANKER.score(fresh, again.keys)
    )
    assert (RANKER.label, len(RANKER.digest)) == ("local@1", 64)
