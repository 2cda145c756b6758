"""A shop lives from an empty database: nothing is known before it happened, and no list is empty."""

from __future__ import annotations

import pytest

from models.errors import TooLittleData
from models.rehearsal.rehearse import (
    FIRST_HOUR,
    OWN,
    SERVED,
    Rehearsal,
    RehearsalPlan,
    rehearse,
)
from models.rehearsal.shop_so_far import ShopSoFar
from models.serving.registry import STARTER_BUNDLE
from models.sources.journey import Journey, read_journey
from tests.strangers.invented_shop import invent, write

BASKETS = 420


@pytest.fixture(scope="module")
def corner_shop(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    folder = tmp_path_factory.mktemp("corner")
    write(invent(60, BASKETS, 3), folder)
    return read_journey(folder, 0)


@pytest.fixture(scope="module")
def lived(corner_shop: Journey) -> Rehearsal:
    plan = RehearsalPlan(starter=STARTER_BUNDLE, every=2)
    return rehearse(corner_shop, plan, None, lambda _part: None)


def test_no_list_of_a_new_shop_is_empty(lived: Rehearsal) -> None:
    assert lived.empty_lists == 0
    assert lived.till[0].begins == 0


def test_every_trip_with_a_basket_is_judged_once_at_the_till(
    corner_shop: Journey, lived: Rehearsal
) -> None:
    sizes = [len(corner_shop.trips.of(trip)) for trip in range(len(corner_shop.trips))]
    assert sum(one.trips for one in lived.till) == sum(size > 1 for size in sizes)


def test_only_who_came_before_is_known_at_arrival(
    corner_shop: Journey, lived: Rehearsal
) -> None:
    known = corner_shop.trips.household[corner_shop.trips.household >= 0]
    assert sum(one.trips for one in lived.arrival) == len(known) - len(set(known.tolist()))


def test_before_the_first_night_the_first_hour_answers(lived: Rehearsal) -> None:
    first = lived.till[0].figures
    assert first[SERVED] == first[OWN] == first[FIRST_HOUR]


def test_a_night_learns_of_the_days_before_it(lived: Rehearsal) -> None:
    days = [day for day, _ in lived.nights]
    assert days == sorted(set(days))
    assert len(days) == 3


def test_equal_receipts_live_alike(corner_shop: Journey, lived: Rehearsal) -> None:
    plan = RehearsalPlan(starter=STARTER_BUNDLE, every=2)
    assert rehearse(corner_shop, plan, None, lambda _part: None) == lived


def test_a_store_that_nobody_went_to_is_refused(corner_shop: Journey) -> None:
    with pytest.raises(TooLittleData):
        rehearse(
            corner_shop,
            RehearsalPlan(starter=STARTER_BUNDLE, store=99),
            None,
            lambda _part: None,
        )


def test_what_is_popular_is_what_was_counted_and_is_not_in_the_basket(
    corner_shop: Journey,
) -> None:
    shop = ShopSoFar(corner_shop, untold=True)
    for trip in range(30):
        shop.count(trip)
    bought = [key for trip in range(30) for key in corner_shop.trips.of(trip).tolist()]
    view = shop.view(31, corner_shop.items.keys[:3])
    found = shop.popular(view, 5).tolist()
    keys = corner_shop.items.keys.tolist()
    most = sorted(set(bought) - {0, 1, 2}, key=lambda at: (-bought.count(at), at))[:5]
    assert found == [keys[at] for at in most]
