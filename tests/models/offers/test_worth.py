"""Chance times what is left of the margin, in whole cents."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from models.offers.worth import POINTS, points_of, worth

CENTS = some.integers(0, 100_000)


def test_a_certain_redemption_is_worth_the_margin_left() -> None:
    assert worth(POINTS, 300, 100) == 200


def test_a_discount_beyond_the_margin_costs() -> None:
    assert worth(5_000, 100, 300) == -100


def test_cents_are_rounded_to_the_nearest() -> None:
    assert [worth(points, 100, 0) for points in (149, 150, 249)] == [1, 2, 2]


def test_chances_become_whole_points_within_their_range() -> None:
    points = points_of(np.array([-0.1, 0.12344, 0.12346, 1.2], np.float32))
    assert points.tolist() == [0, 1234, 1235, POINTS]


@given(points=some.integers(0, POINTS), margin=CENTS, discount=CENTS)
def test_worth_is_never_more_than_the_margin_left(
    points: int, margin: int, discount: int
) -> None:
    left = margin - discount
    assert min(left, 0) <= worth(points, margin, discount) <= max(left, 0)
