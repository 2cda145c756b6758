from __future__ import annotations

import pytest

from edge.domain.customer import greeting_alias
from edge.domain.ids import VisitId
from edge.domain.visit import EndReason
from edge.journal import Journal, label, who
from tests.edge.builders import (
    ANN,
    NOW,
    decision,
    inputs,
    personal,
    profile,
    scene,
    visit,
)
from tests.edge.fakes import Feed

STAY = visit("v-01hannannann", ANN, zone="dairy")


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
    Journal(feed).stay(scene().fact(name, over), over, NOW)
    (told,) = feed.named("visit")
    assert (told["phase"], told["who"], told["visit"]) == (phase, greeting_alias(ANN), "annann")
    assert told["reason"] == ("paid" if phase == "ended" else None)
    assert told["at"] == "2024-06-03T14:30:00Z"
    assert ANN not in repr(feed.told)


def test_facts_about_nothing_that_a_watcher_follows_are_left_out() -> None:
    feed = Feed()
    Journal(feed).stay(scene().fact("Zone Seen", STAY), STAY, NOW)
    Journal(feed).stay(scene().fact("Visit Started", None), None, NOW)
    assert feed.told == []


def test_a_decision_is_told_with_its_items_and_how_many_lost_to_what() -> None:
    feed = Feed()
    made = decision(personal(limit=2, visit=STAY.id), habits=profile(1))
    Journal(feed).decision(made, "kiosk", 1500, NOW)
    (told,) = feed.named("decision")
    assert (told["core_ms"], told["kind"], told["surface"]) == (1.5, "personal", "kiosk")
    assert [item["sku"] for item in told["items"]] == [c.sku for c in made.choices]
    assert sum(told["losers"].values()) == len(made.losers)
    assert ANN not in repr(told)


def test_a_decision_for_nobody_names_nobody() -> None:
    feed = Feed()
    Journal(feed).decision(decision(inputs()), "display", 1, NOW)
    (told,) = feed.named("decision")
    assert (told["who"], told["visit"]) == ("anonymous", None)


def test_nothing_is_prepared_when_nobody_looks() -> None:
    assert not Journal(Feed(listeners=0)).read
    assert Journal(Feed(listeners=1)).read
