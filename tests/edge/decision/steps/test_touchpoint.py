from __future__ import annotations

from datetime import timedelta

import pytest

from devices.errors import Refusal
from devices.messages import Show, encode
from edge.decision.steps.touchpoint import Unanswered, address, nothing
from edge.domain.ids import DecisionId
from edge.domain.placement import PLACEMENTS
from tests.edge.builders import (
    NOW,
    catalogue,
    decision,
    inputs,
    later,
    offer,
    personal,
    profile,
)
from tests.edge.fakes import Rates


@pytest.mark.parametrize("name", PLACEMENTS)
def test_one_decision_becomes_a_valid_message_at_every_place(name: str) -> None:
    made = decision(inputs(name))
    show = address(made, NOW, {})
    assert Show.model_validate_json(encode(show)) == show
    assert (show.placement, show.template) == (name, PLACEMENTS[name].template)
    assert [item.item_id for item in show.items] == [slot.sku for slot in made.slots]


@pytest.mark.parametrize("name", PLACEMENTS)
def test_personal_content_lives_a_minute_at_most_in_real_time(name: str) -> None:
    now = later(days=900)
    show = address(decision(personal(name), habits=profile(1)), now, {})
    assert show.kind == "personal"
    assert now < show.expires_at <= now + timedelta(seconds=60)


def test_a_public_board_lives_ten_minutes() -> None:
    assert address(decision(inputs("display-zone")), NOW, {}).expires_at == later(600)


def test_an_item_carries_its_offer_and_no_token_is_in_the_message() -> None:
    sold = catalogue(offers=[offer("o", 1)])
    made = decision(personal(limit=1), sold, Rates({1: 0.3}), profile(1))
    show = address(made, NOW, {"greeting": "Maple Brook"})
    item = show.items[0]
    assert (item.offer_id, item.badge, item.price_cents) == ("o", "Save 50", 101)
    assert show.slots == {"title": "Picked for you", "greeting": "Maple Brook"}
    assert b"c-ann" not in encode(show)


def test_no_answer_is_an_empty_fallback_that_says_why_and_whether_it_is_late() -> None:
    place = PLACEMENTS["till-addon"]
    late, given = (
        nothing(DecisionId("d"), place, NOW, "f" * 64, why)
        for why in (Unanswered(Refusal.LATE), Unanswered(Refusal.STALE, "time"))
    )
    assert (late.kind, late.items, late.late, late.expires_at) == (
        "fallback",
        (),
        True,
        later(30),
    )
    assert late.reason is Refusal.LATE
    assert (given.late, given.reason, given.field) == (None, Refusal.STALE, "time")
    assert late.config == "f" * 16


def test_without_a_placement_the_fallback_names_none() -> None:
    show = nothing(DecisionId("d"), None, NOW, "", Unanswered(Refusal.UNKNOWN_PLACEMENT))
    assert (show.placement, show.template, show.config) == ("none", "none", "none")
    assert (show.kind, show.items, show.expires_at) == ("fallback", (), later(30))
