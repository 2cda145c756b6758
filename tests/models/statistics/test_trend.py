"""What a store sells lately."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.moment import Moment
from models.statistics.tables import Tables
from models.statistics.trend import BASKETS_AN_EDITION, StoreTrend, TrendPrior, TrendUnreadable

DAY = 17_200
BASKETS = st.lists(
    st.tuples(st.sets(st.integers(1, 9), min_size=1), st.integers(0, 40), st.integers(0, 23)),
    max_size=30,
)


def keys(*wanted: int) -> npt.NDArray[np.int64]:
    return np.array(wanted, np.int64)


def busy(*wanted: int, hour: int = 15, baskets: int = 50) -> StoreTrend:
    trend = StoreTrend.empty()
    for number in range(baskets):
        trend.record(keys(*wanted), Moment(day=DAY + number // 10, hour=hour))
    return trend


def test_the_most_bought_comes_first_and_ties_go_by_key() -> None:
    trend = busy(5, 3)
    for _ in range(BASKETS_AN_EDITION):
        trend.record(keys(3), Moment(day=DAY + 5, hour=15))
    assert trend.top(2, Moment(day=DAY + 5, hour=15)).tolist() == [3, 5]
    assert busy(8, 2).top(5, Moment(day=DAY, hour=15)).tolist() == [2, 8]


def test_another_part_of_the_day_leans_on_the_whole_day() -> None:
    trend = busy(5, hour=15)
    for _ in range(2 * BASKETS_AN_EDITION):
        trend.record(keys(6), Moment(day=DAY + 5, hour=8))
    assert trend.top(1, Moment(day=DAY + 5, hour=8)).tolist() == [6]
    assert set(trend.top(2, Moment(day=DAY + 5, hour=22)).tolist()) == {5, 6}


def test_what_decisions_see_changes_with_the_edition_only() -> None:
    trend = busy(5)
    edition, before = trend.edition, trend.trips().sum()
    trend.record(keys(5), Moment(day=DAY + 4, hour=9))
    assert (trend.edition, trend.trips().sum()) == (edition, before)
    for _ in range(BASKETS_AN_EDITION):
        trend.record(keys(5), Moment(day=DAY + 4, hour=9))
    assert trend.edition == edition + 1
    assert trend.trips().sum() > before


def test_old_baskets_fade_and_rare_items_are_forgotten() -> None:
    trend = busy(5)
    trend.record(keys(6), Moment(day=DAY + 5, hour=9))
    trend.record(keys(7), Moment(day=DAY + 400, hour=9))
    kept, weights = trend.weights()
    assert 6 not in kept
    assert weights.sum() < 0.1


@given(BASKETS)
def test_bytes_are_canonical_and_read_back(baskets: list[tuple[set[int], int, int]]) -> None:
    trend = StoreTrend.empty()
    for wanted, day, hour in baskets:
        trend.record(keys(*wanted), Moment(day=DAY + day, hour=hour))
    data = trend.to_bytes()
    assert StoreTrend.from_bytes(data).to_bytes() == data
    assert trend.copy().to_bytes() == data


@given(st.lists(st.sets(st.integers(1, 9), min_size=1), max_size=40), st.randoms())
def test_the_order_of_a_day_s_baskets_does_not_matter(
    baskets: list[set[int]], chance: object
) -> None:
    mixed = list(baskets)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    states: list[bytes] = []
    for order in (baskets, mixed):
        trend = StoreTrend.empty()
        for wanted in order:
            trend.record(keys(*wanted), Moment(day=DAY, hour=9))
        trend.record(keys(1), Moment(day=DAY + 1, hour=9))
        states.append(trend.to_bytes())
    assert states[0] == states[1]


def test_an_unseen_store_has_the_prior_s_shares(tables: Tables) -> None:
    day, now = StoreTrend.empty().shares(tables.prior, 2)
    np.testing.assert_allclose(day, tables.day, rtol=1e-5)
    np.testing.assert_allclose(now, tables.parts[2], rtol=1e-4)


def test_a_store_s_own_numbers_move_its_shares(tables: Tables) -> None:
    rare = int(tables.items.keys[tables.day.argmin()])
    trend = busy(rare, 555, baskets=400)
    trend.lean_on(tables.prior)
    moment = Moment(day=DAY + 40, hour=15)
    assert set(trend.top(2, moment).tolist()) == {rare, 555}
    ranked, shares = trend.ranked(moment)
    assert 555 in ranked
    assert len(ranked) == len(tables) + 1
    assert shares[ranked == 555] == pytest.approx(shares[ranked == rare], rel=0.3)


def test_a_new_prior_is_used_at_once() -> None:
    trend = busy(5)
    one = np.ones(1, np.float32)
    moment = Moment(day=DAY, hour=15)
    assert trend.top(1, moment).tolist() == [5]
    trend.lean_on(TrendPrior(keys=keys(77), day=one, parts=np.ones((5, 1), np.float32)))
    assert trend.top(1, moment).tolist() == [77]


@pytest.mark.parametrize("data", [b"", b"y" * 60, StoreTrend.empty().to_bytes()[:-1]])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(TrendUnreadable):
        StoreTrend.from_bytes(data)


def test_many_items_fit() -> None:
    trend = StoreTrend.empty()
    trend.record(np.arange(1, 1001), Moment(day=DAY, hour=9))
    trend.record(keys(1), Moment(day=DAY + 1, hour=9))
    assert len(trend.weights()[0]) == 1000


@given(st.integers(0, 2**32 - 1))
def test_the_five_most_bought_of_two_hundred_sales_are_those_that_a_count_finds(
    seed: int,
) -> None:
    draw = np.random.default_rng(seed)
    counted = Counter[int]()
    trend = StoreTrend.empty()
    for _ in range(200):
        sale = draw.geometric(0.15, draw.integers(1, 12))
        trend.record(sale, Moment(day=DAY, hour=int(draw.integers(14, 17))))
        counted.update(set(sale.tolist()))
    brute = sorted(counted, key=lambda key: (-counted[key], key))[:5]
    assert trend.top(5, Moment(day=DAY, hour=15)).tolist() == brute


@given(
    kept=st.lists(st.sets(st.integers(1, 9), min_size=1), max_size=20),
    gone=st.sets(st.integers(1, 9), min_size=1),
    place=st.integers(0, 20),
)
def test_a_basket_taken_back_on_its_day_was_never_counted(
    kept: list[set[int]], gone: set[int], place: int
) -> None:
    moment = Moment(day=DAY, hour=15)
    without, corrected = StoreTrend.empty(), StoreTrend.empty()
    without.record(keys(1), moment)
    corrected.record(keys(1), moment)
    for basket in kept:
        without.record(keys(*basket), moment)
    for basket in [*kept[:place], gone, *kept[place:]]:
        corrected.record(keys(*basket), moment)
    corrected.correct(moment, baskets=-1, gone=keys(*gone))
    assert counted(corrected) == counted(without)
    corrected.correct(moment, baskets=1, back=keys(*gone))
    corrected.correct(moment, baskets=-1, gone=keys(*gone))
    assert counted(corrected) == counted(without)


def counted(trend: StoreTrend) -> tuple[list[int], list[list[float]], list[float]]:
    """What a trend knows once its day is over; its editions, which count what was read, are left out."""
    over = trend.copy()
    over.record(keys(1), Moment(day=DAY + 1, hour=15))
    known, weights = over.weights()
    return known.tolist(), weights.tolist(), over.trips().tolist()


def test_what_was_read_already_changes_with_a_new_edition() -> None:
    trend, moment = busy(5, baskets=BASKETS_AN_EDITION), Moment(day=DAY, hour=15)
    trend.record(keys(5), Moment(day=DAY + 5, hour=15))
    edition, trips = trend.edition, trend.trips().sum()
    trend.correct(moment, baskets=-1, gone=keys(5))
    assert trend.edition == edition + 1
    assert trend.trips().sum() == pytest.approx(trips - 0.5 ** (5 / 28))


def test_of_what_has_faded_away_nothing_is_taken() -> None:
    trend = busy(5, baskets=1)
    trend.record(keys(7), Moment(day=DAY + 400, hour=15))
    trend.correct(Moment(day=DAY, hour=15), baskets=-1, gone=keys(5, 99))
    assert trend.trips().min() >= 0
