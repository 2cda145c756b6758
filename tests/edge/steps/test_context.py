from __future__ import annotations

import pytest

from edge.domain.decision import Rung
from edge.domain.ids import ItemKey
from edge.steps.context import describe, rung
from tests.edge.builders import (
    DAY,
    FRESH,
    catalogue,
    evidence,
    inputs,
    later,
    offer,
    personal,
    profile,
    promotion,
    trend,
)

DAY_S = 86_400
LADDER = {
    "profile": (90, 395),
    "trend": (3, 30),
    "stock": (1, 7),
    "prices": (2, 30),
    "offers": (2, 14),
    "promotions": (7, 14),
}


@pytest.mark.parametrize(("name", "days"), LADDER.items())
def test_each_input_has_its_rungs_by_age(name: str, days: tuple[int, int]) -> None:
    use_s, degrade_s = (n * DAY_S for n in days)
    ages = (0, use_s, use_s + 1, degrade_s, degrade_s + 1)
    assert [rung(name, age) for age in ages] == [
        Rung.USE,
        Rung.USE,
        Rung.DEGRADE,
        Rung.DEGRADE,
        Rung.DROP,
    ]
    assert rung(name, None) is Rung.DROP


@pytest.mark.parametrize("name", LADDER)
def test_an_input_never_heard_of_is_left_out_and_said_so(name: str) -> None:
    ages = {k: v for k, v in FRESH.items() if k != name}
    context = describe(inputs(ages_s=ages), evidence(profile(1)), catalogue(offers=[offer()]))
    dropped = {key for key, value in context.rungs.items() if value is Rung.DROP}
    assert dropped == {name}
    assert (context.view.profile is None) == (name == "profile")
    assert (context.live_offers == ()) == (name == "offers")
    assert context.known_stock == (name != "stock")


def test_the_view_holds_the_store_and_what_it_promotes_that_day() -> None:
    sold = catalogue(promotions=[promotion(4), promotion(5, first=DAY + 1, last=DAY + 7)])
    view = describe(inputs(place=9), evidence(), sold).view
    assert view.place == 9
    assert view.promoted is not None
    assert view.promoted.keys.tolist() == [4]


def test_promotions_that_nobody_told_or_long_ago_are_unknown() -> None:
    old = {**FRESH, "promotions": 15 * DAY_S}
    told = catalogue(promotions=[promotion(4)])
    assert describe(inputs(ages_s=old), evidence(), told).view.promoted is None
    assert describe(inputs(), evidence(), catalogue()).view.promoted is None


def test_an_old_trend_is_replaced_by_none() -> None:
    seen = trend(1, 2)
    old = {**FRESH, "trend": 31 * DAY_S}
    kept, left_out = (
        describe(inputs(ages_s=ages), evidence(seen=seen), catalogue()) for ages in (FRESH, old)
    )
    assert kept.view.trend is seen
    assert left_out.view.trend.trips().sum() == 0


def test_the_moment_and_the_basket_come_from_the_inputs() -> None:
    given = inputs(day=20_000, hour=7, basket=(ItemKey(3), ItemKey(1)))
    view = describe(given, evidence(), catalogue()).view
    assert (view.moment.day, view.moment.hour, view.moment.daypart) == (20_000, 7, "morning")
    assert view.basket.tolist() == [3, 1]


def test_offers_are_live_from_their_start_to_just_before_their_end() -> None:
    sold = catalogue(offers=[offer()])
    live = [
        bool(describe(inputs(at=later(days=d)), evidence(), sold).live_offers)
        for d in (-7.001, -7, 29.999, 30)
    ]
    assert live == [False, True, True, False]


def test_the_place_is_looked_up_by_its_name() -> None:
    assert describe(personal("till-addon"), evidence(), catalogue()).placement.surface == "pos"
