from __future__ import annotations

import pytest

from devices.messages import Data, Feedback, FeedbackAction, Play
from edge.decision.steps.feedback import played, replied
from edge.decision.steps.signal import Signal, accept
from edge.domain.ids import VisitId
from tests.edge.builders import (
    ANN,
    DISPLAY,
    KIOSK,
    NOW,
    catalogue,
    decision,
    event,
    later,
    offer,
    personal,
    profile,
)
from tests.edge.fakes import Rates

SOLD = catalogue(offers=[offer("o", 1)])
DECISION = decision(
    personal(limit=2, visit=VisitId("v-1")), SOLD, Rates({1: 0.3, 2: 0.2}), profile(1)
)


def signal(data: Data, device: str = KIOSK) -> Signal:
    return accept(event(data, device), NOW)


@pytest.mark.parametrize("completed", [True, False])
def test_a_play_proves_what_was_on_the_screen(completed: bool) -> None:  # noqa: FBT001 - a parameter
    play = Play(
        decision_id="d-1", creative_id="tiles-1", started_at=NOW, duration_ms=8000, completed=completed
    )  # fmt: skip
    fact = played(signal(play, DISPLAY), play, DECISION, later(5))
    assert fact.name == ("Play Completed" if completed else "Play Interrupted")
    assert (fact.at, fact.visit, fact.token, fact.must_keep) == (later(5), "v-1", ANN, False)
    assert fact.properties == {
        "decision_id": "d-1",
        "placement": "kiosk-home",
        "surface": "display",
        "creative_id": "tiles-1",
        "duration_ms": 8000,
        "products": ["1", "2"],
    }


@pytest.mark.parametrize("action", FeedbackAction)
def test_every_reply_has_a_name_in_the_centres_words(action: FeedbackAction) -> None:
    feedback = Feedback(decision_id="d-1", action=action)
    fact = replied(signal(feedback), feedback, DECISION, NOW)
    assert fact.name.istitle()
    assert fact.properties["action"] == action.value
    assert "product_id" not in fact.properties


def test_no_two_replies_share_a_name() -> None:
    names = [
        replied(signal(f), f, DECISION, NOW).name
        for f in (Feedback(decision_id="d-1", action=a) for a in FeedbackAction)
    ]
    assert len(set(names)) == len(names)


def test_a_reply_to_an_item_names_the_offer_that_it_carried() -> None:
    def properties(item: str) -> object:
        said = Feedback(decision_id="d-1", item_id=item, action=FeedbackAction.ACCEPT, value=4)
        return replied(signal(said), said, DECISION, NOW).properties

    base = {
        "decision_id": "d-1",
        "placement": "kiosk-home",
        "surface": "kiosk",
        "action": "accept",
        "value": 4.0,
    }
    assert properties("1") == {**base, "product_id": "1", "promotion_id": "o"}
    assert properties("2") == {**base, "product_id": "2"}
    assert properties("99") == {**base, "product_id": "99"}


def test_two_repeats_of_a_signal_are_one_fact() -> None:
    feedback = Feedback(decision_id="d-1", action=FeedbackAction.VIEW)
    facts = {replied(signal(feedback), feedback, DECISION, NOW).id for _ in range(2)}
    assert len(facts) == 1
