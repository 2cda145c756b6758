"""A whole visit by the published contract alone, as till, kiosk, display and tablet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.conftest import Floor
from tests.contract.plain_client import Json, now
from tests.contract.store import HABITS, OFFER, Store
from tests.contract.visiting import AMPLE_MS, Basket, line, personal, sign_in


def test_a_sign_in_is_receipted_and_the_kiosk_and_the_tablet_show_something_personal(
    floor: Floor, shopper: Json
) -> None:
    marks = floor.kiosk.mark(), floor.tablet.mark()
    assert sign_in(floor.kiosk, shopper)["accepted"]
    for screen, mark in zip((floor.kiosk, floor.tablet), marks, strict=True):
        shown = screen.wait(personal, since=mark)
        assert shown.data["items"]
        assert shown.data["items"][0]["item_id"] in HABITS


def test_personal_content_is_never_retained_and_is_gone_within_a_minute(
    floor: Floor, shopper: Json
) -> None:
    mark = floor.kiosk.mark()
    sign_in(floor.kiosk, shopper)
    shown = floor.kiosk.wait(personal, since=mark)
    left_s = (
        datetime.fromisoformat(shown.data["expires_at"]) - datetime.now(UTC)
    ).total_seconds()
    assert not shown.retained
    assert shown.expiry_s is not None
    assert shown.expiry_s <= 60
    assert left_s <= 60


def test_what_is_shown_has_every_field_of_the_contract(floor: Floor, shopper: Json) -> None:
    mark = floor.kiosk.mark()
    sign_in(floor.kiosk, shopper)
    shown = floor.kiosk.wait(personal, since=mark).data
    assert {
        "decision_id",
        "placement",
        "kind",
        "template",
        "slots",
        "items",
        "expires_at",
        "config",
    } <= set(shown)
    for item in shown["items"]:
        assert {"item_id", "headline", "reason"} <= set(item)
        assert isinstance(item["price_cents"], int)
    assert OFFER in {item.get("offer_id") for item in shown["items"]}


def test_nothing_that_is_shown_or_receipted_names_the_person(
    floor: Floor, shopper: Json
) -> None:
    marks = {screen: screen.mark() for screen in floor.all}
    sign_in(floor.kiosk, shopper)
    floor.tablet.wait(personal, since=marks[floor.tablet])
    said = b"".join(h.payload for screen, mark in marks.items() for h in screen.heard[mark:])
    for secret in (shopper["token"], *shopper["identifiers"].values()):
        assert secret.encode() not in said


def test_a_notice_that_the_store_does_not_have_is_no_ground_for_anything(
    floor: Floor, shopper: Json
) -> None:
    mark = floor.kiosk.mark()
    refused = sign_in(floor.kiosk, shopper, notice_id="notice-of-elsewhere")
    assert (refused["accepted"], refused["reason"]) == (False, "no-notice")
    assert not any(personal(h) for h in floor.kiosk.heard[mark:])


def test_a_number_that_nobody_has_gets_content_for_everybody(
    floor: Floor, shopper: Json
) -> None:
    mark = floor.kiosk.mark()
    del shopper
    stranger: Json = {"identifiers": {"loyalty": "LOY-UNKNOWN-1"}}
    assert sign_in(floor.kiosk, stranger, purposes=[])["accepted"]
    shown = floor.kiosk.wait(lambda h: h.leaf == "show", since=mark)
    assert shown.data["kind"] != "personal"


def test_the_display_has_content_for_everybody(floor: Floor) -> None:
    shown = floor.display.wait(lambda h: h.leaf == "show").data
    assert shown["kind"] == "context"
    assert shown["items"]


def test_every_step_of_a_basket_is_receipted(floor: Floor, shopper: Json) -> None:
    basket = Basket(floor.till)
    basket.step("add", lines=[line(), line(HABITS[3], 2)])
    basket.step("remove", lines=[line(HABITS[3], 1)])
    basket.step("identify", loyalty=shopper["identifiers"]["loyalty"])
    basket.step("total")
    basket.step("complete")
    again = floor.till.send(
        "basket", {"basket_id": basket.id, "action": "add", "lines": [line()]}
    )
    assert (again["accepted"], again["reason"]) == (False, "unknown-basket")


def test_a_question_is_answered_under_its_own_correlation_data(basket: Basket) -> None:
    basket.step("add", lines=[line()])
    question = {
        "placement": "till-addon",
        "limit": 3,
        "deadline_ms": AMPLE_MS,
        "basket_id": basket.id,
    }
    for correlation in (b"first", b"\x00\xff second"):
        answer = basket.till.ask(question, correlation=correlation)
        assert answer.correlation == correlation
        assert not answer.retained
        assert not answer.data.get("late")


def test_an_anonymous_basket_gets_an_answer_that_is_not_personal(basket: Basket) -> None:
    basket.step("add", lines=[line()])
    answer = basket.ask().data
    assert answer["kind"] == "context"
    assert 0 < len(answer["items"]) <= 3


def test_an_identified_basket_gets_a_personal_answer_without_what_is_in_it(
    basket: Basket, shopper: Json
) -> None:
    basket.step("add", lines=[line(HABITS[0])])
    basket.step("identify", loyalty=shopper["identifiers"]["loyalty"])
    answer = basket.ask().data
    assert answer["kind"] == "personal"
    assert HABITS[0] not in {item["item_id"] for item in answer["items"]}


def test_a_deadline_that_cannot_be_kept_is_answered_all_the_same(basket: Basket) -> None:
    answer = basket.ask(deadline_ms=1).data
    assert answer["items"] or answer["late"]


def test_proof_of_play_is_receipted_and_a_play_of_nothing_decided_is_not(floor: Floor) -> None:
    shown = floor.display.wait(lambda h: h.leaf == "show").data
    play = {
        "creative_id": shown.get("creative_id", "plain"),
        "started_at": now(),
        "duration_ms": 100,
    }
    proof = floor.display.send(
        "play", {**play, "decision_id": shown["decision_id"], "completed": True}
    )
    forged = floor.display.send(
        "play", {**play, "decision_id": "d-invented", "completed": True}
    )
    assert proof["accepted"]
    assert (forged["accepted"], forged["reason"]) == (False, "unknown-decision")


@pytest.mark.parametrize(
    "action", ["view", "touch", "accept", "decline", "dismiss", "not-for-me", "said", "rate"]
)
def test_the_tablet_says_what_became_of_a_tip(floor: Floor, shopper: Json, action: str) -> None:
    mark = floor.tablet.mark()
    sign_in(floor.kiosk, shopper)
    card = floor.tablet.wait(personal, since=mark).data
    answer = {
        "decision_id": card["decision_id"],
        "item_id": card["items"][0]["item_id"],
        "action": action,
    }
    value = {"value": 4} if action == "rate" else {}
    assert floor.tablet.send("feedback", {**answer, **value})["accepted"]


def test_an_offer_is_redeemed_at_the_till(basket: Basket, shopper: Json) -> None:
    basket.step("identify", loyalty=shopper["identifiers"]["loyalty"])
    answer = basket.ask().data
    item = answer["items"][0]["item_id"]
    redeemed = {"decision_id": answer["decision_id"], "item_id": item, "action": "redeem"}
    assert basket.till.send("feedback", redeemed)["accepted"]


def test_the_context_is_retained_for_everybody_and_speaks_of_nobody(floor: Floor) -> None:
    context = floor.till.wait(lambda h: h.leaf == "context")
    assert context.retained
    assert {"daypart", "trending"} <= set(context.data)
    assert not {"token", "visit", "visits", "people"} & set(context.data)


def test_an_event_in_binary_mode_is_taken_as_well(floor: Floor) -> None:
    event = floor.till.event("basket", {"basket_id": f"b-{uuid4().hex[:8]}", "action": "open"})
    attributes = {k: str(event[k]) for k in ("specversion", "id", "source", "type", "time")}
    floor.till.publish(
        floor.till.topics["event"], json.dumps(event["data"]).encode(), attributes=attributes
    )
    assert floor.till.receipt(str(event["id"]))["accepted"]


def test_no_raw_identifier_is_anywhere_in_the_stores_folder(
    store: Store, floor: Floor, shopper: Json
) -> None:
    sign_in(floor.kiosk, shopper)
    raw: list[Any] = list(shopper["identifiers"].values())
    digits = "".join(c for c in str(shopper["identifiers"]["phone"]) if c.isdigit())
    for secret in (*raw, digits):
        assert store.traces_of(str(secret).encode()) == []
