"""Stores that know only their own till, drawn out of a town's sales."""

from dataclasses import replace

import numpy as np
import pytest

from models.sources.journey import Journey
from models.training.examples import ExamplePlan, StrangerStore, collect
from models.training.stranger_stores import StrangerPlan, stranger_stores
from tests.models.town import FIRST_DAY, SMALL, STORES, UNTIL_DAY

_DAY_S = 86_400
PLAIN = StrangerPlan(
    stores=6, weeks=(2, 6), untold=0, untyped=0, without_hours=0, with_gap=0, repriced=0
)


def drawn(journey: Journey, plan: StrangerPlan) -> list[StrangerStore]:
    return stranger_stores(journey, UNTIL_DAY, plan, 3)


def test_each_knows_one_store_s_sales_of_its_own_weeks_alone(journey: Journey) -> None:
    stores = drawn(journey, PLAIN)
    assert len(stores) == PLAIN.stores
    for store in stores:
        cut, days = store.fold.cut_day, store.journey.lines.day
        assert len(np.unique(store.journey.lines.store)) == 1
        assert int(store.journey.lines.store[0]) in STORES
        assert cut - 6 * 7 < days.min()
        assert FIRST_DAY <= days.min() <= cut < days.max() <= UNTIL_DAY
        sold = np.unique(store.journey.lines.item[days <= cut])
        np.testing.assert_array_equal(store.fold.tables.items.keys, journey.items.keys[sold])


def test_the_same_seed_draws_the_same_stores(journey: Journey) -> None:
    plan = replace(PLAIN, untold=0.5, untyped=0.5, with_gap=0.5, repriced=0.5)
    once, again = (drawn(journey, plan) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        assert one.fold.tables.to_bytes() == other.fold.tables.to_bytes()


def test_some_are_told_no_promotions_no_types_no_hours_and_other_prices(
    journey: Journey,
) -> None:
    plan = replace(PLAIN, untold=1, untyped=1, without_hours=1, repriced=1)
    plain, bare = drawn(journey, PLAIN), drawn(journey, plan)
    for told, store in zip(plain, bare, strict=True):
        assert not len(store.journey.leaflets)
        assert not store.journey.promoted.any()
        items = store.fold.tables.items
        assert len(items.type_names) < len(journey.items.type_names)
        assert set((store.journey.trips.second % _DAY_S).tolist()) == {_DAY_S // 2}
        assert (items.price_cents != told.fold.tables.items.price_cents).any()
        # What was bought is the same, whatever is told of it.
        np.testing.assert_array_equal(store.journey.trips.items, told.journey.trips.items)


def test_a_gap_leaves_out_a_third_of_the_weeks_before_the_cut(journey: Journey) -> None:
    whole, holed = drawn(journey, PLAIN), drawn(journey, replace(PLAIN, with_gap=1))
    lengths = {int(store.fold.cut_day): len(store.journey.lines.day) for store in whole}
    shorter = [
        len(store.journey.lines.day) < lengths[store.fold.cut_day]
        for store in holed
        if store.fold.cut_day in lengths
    ]
    assert any(shorter)


def test_the_network_learns_from_their_shoppers_too(journey: Journey) -> None:
    stores = drawn(journey, PLAIN)
    plan = ExamplePlan(trips_a_fold=2, negatives=20, listed=40)
    examples = collect(journey, [], plan, 1, lambda _: None, stores)
    assert len(examples.bounds) - 1 > len(stores)
    assert examples.bought.any()


@pytest.mark.parametrize("until", [FIRST_DAY - 1, FIRST_DAY + 20])
def test_of_too_few_days_none_is_drawn(journey: Journey, until: int) -> None:
    assert stranger_stores(journey, until, PLAIN, 3) == []


def test_no_more_are_drawn_than_asked_for(journey: Journey) -> None:
    assert drawn(journey, replace(PLAIN, stores=0)) == []
    assert len(drawn(journey, replace(PLAIN, stores=2))) == 2
    assert SMALL.strangers.stores > 0
