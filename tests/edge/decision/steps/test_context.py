from __future__ import annotations

from typing import Any

import pytest

from edge.decision.steps.context import describe, rung
from edge.domain.audience import FACTS
from edge.domain.customer_value import NO_OUTLOOK
from edge.domain.decision import InputFreshness
from edge.domain.experiment import Variant
from edge.domain.ids import ItemKey
from models.features.customer_value import CustomerBase
from models.features.profile import Profile
from tests.edge.builders import (
    DAY,
    FRESH,
    campaign,
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
        InputFreshness.USE,
        InputFreshness.USE,
        InputFreshness.DEGRADE,
        InputFreshness.DEGRADE,
        InputFreshness.DROP,
    ]
    assert rung(name, None) is InputFreshness.DROP


@pytest.mark.parametrize("name", LADDER)
def test_an_input_never_heard_of_is_left_out_and_said_so(name: str) -> None:
    ages = {k: v for k, v in FRESH.items() if k != name}
    context = describe(inputs(ages_s=ages), evidence(profile(1)), catalogue(offers=[offer()]))
    dropped = {key for key, value in context.rungs.items() if value is InputFreshness.DROP}
    assert dropped == {name}
    assert (context.view.profile is None) == (name == "profile")
    assert (context.standing.offers == ()) == (name == "offers")
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
        bool(describe(inputs(at=later(days=d)), evidence(), sold).standing.offers)
        for d in (-7.001, -7, 29.999, 30)
    ]
    assert live == [False, True, True, False]


def test_the_place_is_looked_up_by_its_name() -> None:
    assert describe(personal("till-addon"), evidence(), catalogue()).placement.surface == "pos"


# The clock: its age is by how much it may be wrong.

NEAR = (offer("begun", starts_at=later(-60)), offer("soon", starts_at=later(3_000)))
ENDS = (offer("ends", ends_at=later(60)), offer("plain"))


def standing_under(doubt_s: int, **changed: Any) -> list[str]:
    sold = catalogue(offers=[*NEAR, *ENDS])
    given = inputs(ages_s={**FRESH, "clock": doubt_s}, **changed)
    return [o.id for o in describe(given, evidence(), sold).standing.offers]


def test_a_clock_of_which_nothing_is_said_is_believed() -> None:
    assert describe(inputs(), evidence(), catalogue()).rungs["clock"] is InputFreshness.USE


def test_a_clock_that_is_right_within_two_minutes_is_believed() -> None:
    assert standing_under(0) == standing_under(120) == ["begun", "ends", "plain"]


def test_under_a_doubtful_clock_what_begins_or_ends_about_now_is_left_out() -> None:
    assert standing_under(121) == ["plain"]
    assert standing_under(3_600) == ["plain"]


def test_under_a_worthless_clock_nothing_that_has_a_date_stands() -> None:
    assert standing_under(3_601) == []


def test_a_clock_three_years_back_fires_no_campaign() -> None:
    past = later(days=-3 * 365)
    assert standing_under(0, at=past) == []
    assert standing_under(3 * 365 * DAY_S, at=past) == []


# What conditions may read.


def test_there_is_a_fact_for_every_name_and_nobodys_are_those_of_nothing_known() -> None:
    facts = describe(inputs(), evidence(), catalogue()).facts()
    assert facts.keys() == FACTS.keys()
    personal_facts = ("identified", "segments", "trips", "days_since_trip", "bought_categories")
    assert {n: facts[n] for n in personal_facts} == {n: FACTS[n][0] for n in personal_facts}


def test_the_situation_is_told_as_it_is() -> None:
    given = inputs(
        "till-addon", hour=7, zone="tills", basket=(ItemKey(1), ItemKey(5), ItemKey(99))
    )
    facts = describe(given, evidence(), catalogue()).facts()
    assert (facts["weekday"], facts["hour"], facts["daypart"]) == (1, 7, "morning")
    assert (facts["zone"], facts["placement"], facts["surface"]) == (
        "tills",
        "till-addon",
        "pos",
    )
    assert (facts["basket_items"], facts["basket_cents"]) == (3, 101 + 105)
    assert facts["basket_categories"] == ("category 1",)


def test_a_persons_past_is_told_by_its_categories_and_its_age() -> None:
    given = personal(segments=("loyal",))
    facts = describe(given, evidence(profile(1, 2, 99)), catalogue()).facts()
    assert (facts["identified"], facts["segments"]) == (True, ("loyal",))
    assert (facts["trips"], facts["days_since_trip"]) == (1, 7)
    assert facts["bought_categories"] == ("category 1", "category 2")


@pytest.mark.parametrize("habits", [None, profile()], ids=["none", "empty"])
def test_a_person_without_a_past_has_none(habits: Profile | None) -> None:
    facts = describe(personal(), evidence(habits), catalogue()).facts()
    assert (facts["identified"], facts["trips"], facts["days_since_trip"]) == (True, 0, -1)


def test_a_persons_outlook_is_told_on_their_own_screens_only() -> None:
    habits = profile(1, 2)
    own, card = (
        describe(personal(place), evidence(habits), catalogue()).facts()
        for place in ("kiosk-home", "tablet-card")
    )
    assert own["expected_trips"] == card["expected_trips"] == 2
    assert own["churn_risk_pct"] == 0
    public = describe(personal("display-zone"), evidence(habits), catalogue())
    assert {name: public.facts()[name] for name in NO_OUTLOOK} == NO_OUTLOOK
    assert public.churn_risk_pct() == -1
    assert describe(inputs(), evidence(), catalogue()).churn_risk_pct() == -1


def test_how_customers_come_and_go_here_stands_in_the_catalogue_that_a_decision_names() -> None:
    base = CustomerBase(r=9.0, alpha=9.0)
    usual, often = catalogue(), catalogue(customers=base)
    assert usual.digest != often.digest
    trips = [
        describe(personal(), evidence(profile(1)), sold).facts()["expected_trips"]
        for sold in (usual, often)
    ]
    assert trips == [2, 13]


def test_habits_too_old_to_use_are_no_fact_either() -> None:
    old = personal(ages_s={**FRESH, "profile": 396 * DAY_S})
    assert describe(old, evidence(profile(1)), catalogue()).facts()["trips"] == 0


def test_a_strategy_in_test_rules_its_people_before_the_settings_do() -> None:
    led = Variant(name="led", strategies=(("kiosk-home", "trending"),))
    sold = catalogue(
        campaigns=[campaign(variants=(led,))], strategies={"kiosk-home": "low-price"}
    )
    assert describe(personal(), evidence(), sold).strategy == "trending"
    assert describe(inputs(), evidence(), sold).strategy == "low-price"
    assert describe(inputs("phone-home"), evidence(), sold).strategy == "chance"
