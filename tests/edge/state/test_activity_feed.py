from __future__ import annotations

import pytest

from edge.domain.basket import BasketState
from edge.domain.customer import greeting_alias, who
from edge.domain.ids import VisitId, label
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason
from edge.state.activity_feed import ActivityFeed
from edge.state.catalogue import CurrentCatalogue
from tests.edge.builders import (
    ANN,
    NOW,
    basket,
    catalogue,
    context,
    decision,
    inputs,
    line,
    personal,
    profile,
    visit,
)
from tests.edge.fakes import Feed

STAY = visit("v-01hannannann", ANN, zone="dairy")


def watched(feed: Feed) -> ActivityFeed:
    return ActivityFeed(feed, CurrentCatalogue(catalogue()))


def test_names_are_invented_and_visits_are_short() -> None:
    assert who(None) == "anonymous"
    assert who(ANN) == greeting_alias(ANN)
    assert label(VisitId("v-01HANNANNANN")) == "annann"


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        ("Visit Started", "arrived"),
        ("Customer Identified", "identified"),
        ("Zone Entered", "zone"),
        ("Visit Ended", "ended"),
    ],
)
def test_a_stay_is_told_in_phases(name: str, phase: str) -> None:
    feed = Feed()
    over = STAY.closing(EndReason.PAID, NOW) if phase == "ended" else STAY
    watched(feed).fact(context().fact(name, over), over, NOW)
    (told,) = feed.named("visit")
    assert (told["phase"], told["who"], told["visit"]) == (phase, greeting_alias(ANN), "annann")
    assert told["reason"] == ("paid" if phase == "ended" else None)
    assert told["at"] == "2024-06-03T14:30:00Z"
    assert ANN not in repr(feed.told)


def test_facts_about_nothing_that_a_watcher_follows_are_left_out() -> None:
    feed = Feed()
    watched(feed).fact(context().fact("Zone Seen", STAY), STAY, NOW)
    watched(feed).fact(context().fact("Visit Started", None), None, NOW)
    assert feed.told == []


def test_a_decision_is_told_with_its_items_and_how_many_lost_to_what() -> None:
    feed = Feed()
    made = decision(personal(limit=2, visit=STAY.id), habits=profile(1))
    watched(feed).decision(made, "kiosk", 1500, NOW)
    (told,) = feed.named("decision")
    assert (told["core_ms"], told["kind"], told["surface"]) == (1.5, "personal", "kiosk")
    assert [item["sku"] for item in told["items"]] == [c.sku for c in made.choices]
    assert sum(told["losers"].values()) == len(made.losers)
    assert ANN not in repr(told)


def test_a_decision_for_nobody_names_nobody() -> None:
    feed = Feed()
    watched(feed).decision(decision(inputs()), "display", 1, NOW)
    (told,) = feed.named("decision")
    assert (told["who"], told["visit"]) == ("anonymous", None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Play Completed", "play"),
        ("Play Interrupted", "play"),
        ("Recommendation Accepted", "feedback"),
        ("Coupon Applied", "feedback"),
    ],
)
def test_plays_and_answers_are_told_with_their_decision(said: str, told: str) -> None:
    feed = Feed()
    action = {"action": "accept"} if told == "feedback" else {}
    watched(feed).fact(context().fact(said, STAY, decision_id="d-1", **action), None, NOW)
    (one,) = feed.named(told)
    assert (one["name"], one["decision_id"], one["visit"]) == (said, "d-1", "annann")


@pytest.mark.parametrize(
    ("said", "action"), [("Consent Granted", "grant"), ("Consent Withdrawn", "withdraw")]
)
def test_a_consent_is_told_as_what_was_done(said: str, action: str) -> None:
    feed = Feed()
    watched(feed).fact(context().fact(said, STAY, purposes=["share"]), STAY, NOW)
    (one,) = feed.named("consent")
    assert (one["action"], one["purposes"]) == (action, ["share"])


def test_a_basket_is_told_with_names_and_with_what_was_recommended_at_arrival() -> None:
    feed = Feed()
    bought = basket("b-1", STAY.id, line(1, 2), line(777))
    growing = Transition(facts=(), visits=(STAY,), basket=bought, bought=bought.lines)
    watched(feed).basket(growing, ("1",), NOW)
    (told,) = feed.named("basket")
    assert [(one["name"], one["quantity"]) for one in told["lines"]] == [
        ("Product 1", 2),
        ("Item 777", 1),
    ]
    assert (told["hits"], told["total_cents"], told["action"]) == (["1"], 1079, "add")
    assert told["who"] == greeting_alias(ANN)
    closed = bought.closing(BasketState.COMPLETE)
    watched(feed).basket(Transition(facts=(), basket=closed, paid=True), (), NOW)
    watched(feed).basket(Transition(facts=()), (), NOW)
    (_, last) = feed.named("basket")
    assert (last["action"], last["who"], len(last["lines"])) == ("complete", "anonymous", 2)


def test_nothing_is_prepared_when_nobody_looks() -> None:
    assert not watched(Feed(listeners=0)).read
    assert watched(Feed(listeners=1)).read
