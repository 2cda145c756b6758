"""Days that are no measure of a store: floods and nonsense are found, quiet and busy days are not."""

import numpy as np
import pytest

from models.sources.odd_days import CROWDED, UNLIKE, odd_days
from models.sources.own_sales import OwnLines

_DAY_S = 86_400
FIRST_DAY = 20_000
SKUS = 400


def till(days: list[list[list[int]]]) -> OwnLines:
    """The lines of baskets of products, day by day."""
    rows = [
        (number, (FIRST_DAY + day) * _DAY_S, key)
        for day, baskets in enumerate(days)
        for number, basket in enumerate(baskets, start=day * 100_000 + 1)
        for key in basket
    ]
    basket, second, key = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    ones = np.ones(len(key), np.int64)
    return OwnLines(
        household=-basket, basket=basket, second=second, key=key, pieces=ones, cents=ones
    )


def usual(draw: np.random.Generator, baskets: int) -> list[list[int]]:
    """Most of it is the same few dozen products, as in any shop."""
    return [(draw.geometric(0.04, 6) % SKUS).tolist() for _ in range(baskets)]


@pytest.fixture
def days() -> list[list[list[int]]]:
    draw = np.random.default_rng(2)
    return [usual(draw, int(draw.integers(30, 90))) for _ in range(14)]


def test_usual_days_all_count(days: list[list[list[int]]]) -> None:
    assert odd_days(till(days)) == {}


def test_a_flood_of_baskets_is_crowded(days: list[list[list[int]]]) -> None:
    assert odd_days(till([*days, usual(np.random.default_rng(3), 500)])) == {
        FIRST_DAY + 14: CROWDED
    }


@pytest.mark.parametrize("times", [30, 200])
def test_baskets_of_one_product_are_unlike_the_others(
    days: list[list[list[int]]], times: int
) -> None:
    assert odd_days(till([*days, [[7]] * times])) == {FIRST_DAY + 14: UNLIKE}


def test_several_odd_days_do_not_hide_each_other(days: list[list[list[int]]]) -> None:
    draw = np.random.default_rng(4)
    tests = [[draw.choice(SKUS, 6).tolist() for _ in range(60)] for _ in range(3)]
    found = odd_days(till([*days, *tests, [[9]] * 90]))
    assert found == {FIRST_DAY + 14 + n: UNLIKE for n in range(4)}


def test_one_basket_scanned_for_hours_is_one_basket(days: list[list[list[int]]]) -> None:
    days[3].append([7] * 5_000)
    assert odd_days(till(days)) == {}


def test_before_there_are_days_enough_nobody_can_tell(days: list[list[list[int]]]) -> None:
    assert odd_days(till([*days[:3], [[7]] * 200])) == {}
