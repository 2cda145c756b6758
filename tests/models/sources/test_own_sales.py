"""A store's own till as a journey."""

import numpy as np
import pytest

from models.errors import TooLittleData
from models.sources.own_sales import OwnGoods, OwnLines, OwnPromotion, journey_of

_DAY_S = 86_400
MONDAY = 20_423
GOODS = OwnGoods(
    key=[7, 3, 9],
    kind=["BEANS", "", "TEA"],
    category=["COFFEE", "COFFEE", "TEA"],
    department=["DRINKS", "DRINKS", "DRINKS"],
    cents=[450, 300, 250],
)


def lines(*rows: tuple[int, int, int, int]) -> OwnLines:
    """Household, basket, local hour since Monday and product of each; one piece at 100 cents more than its key."""
    household, basket, hour, key = (
        np.array(part, np.int64) for part in zip(*rows, strict=True)
    )
    return OwnLines(
        household=household,
        basket=basket,
        second=MONDAY * _DAY_S + hour * 3600,
        key=key,
        pieces=np.ones(len(key), np.int64),
        cents=key + 100,
    )


def test_everything_sold_or_listed_is_an_item_of_its_own_kind() -> None:
    journey = journey_of(lines((0, 1, 9, 7), (0, 1, 9, 5)), GOODS)
    assert journey.items.keys.tolist() == [3, 5, 7, 9]
    kinds = journey.items.type_names[journey.items.type].tolist()
    # Without a kind the category's name stands for it; what the catalogue lost is of none.
    assert kinds == ["COFFEE", "", "BEANS", "TEA"]


def test_a_price_is_what_was_paid_and_else_the_catalogue_s() -> None:
    journey = journey_of(lines((0, 1, 9, 7), (0, 2, 30, 9)), GOODS)
    assert journey.priced(MONDAY).price_cents.tolist() == [300, 107, 250]
    assert journey.priced(MONDAY + 1).price_cents.tolist() == [300, 107, 109]


def test_a_known_buyer_s_day_and_an_anonymous_basket_are_trips() -> None:
    journey = journey_of(
        lines((4, 1, 9, 7), (4, 2, 18, 3), (-1, 3, 10, 7), (-2, 4, 10, 7)), GOODS
    )
    trips = journey.trips
    assert trips.household.tolist() == [-2, -1, 4]
    assert [journey.items.keys[trips.of(n)].tolist() for n in range(3)] == [[7], [7], [3, 7]]
    assert trips.hour.tolist() == [10, 10, 9]


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [(4, 1, 9, 7), (4, 2, 18, 3), (-1, 3, 10, 7), (-2, 4, 10, 9)]
    one, other = (journey_of(lines(*told), GOODS) for told in (rows, rows[::-1]))
    np.testing.assert_array_equal(one.trips.items, other.trips.items)
    np.testing.assert_array_equal(one.lines.second, other.lines.second)


def test_a_promotion_counts_for_the_weeks_it_covers_most_of() -> None:
    sold = lines((0, 1, 9, 7), (0, 2, 9 + 7 * 24, 7))
    spring = OwnPromotion(
        key=7, display="2", mailer="0", from_day=MONDAY + 2, until_day=MONDAY + 8
    )
    journey = journey_of(sold, GOODS, [spring])
    # Five days of the first week and two of the next.
    assert journey.promoted.tolist() == [True, False]


def test_without_a_promotion_no_week_is_known() -> None:
    journey = journey_of(lines((0, 1, 9, 7)), GOODS)
    assert journey.leaflets.on(0, 1) is None


def test_an_empty_till_teaches_nothing() -> None:
    with pytest.raises(TooLittleData):
        journey_of(
            lines((0, 1, 9, 7)).__class__(
                **{n: np.empty(0, np.int64) for n in OwnLines.__slots__}
            ),
            GOODS,
        )
