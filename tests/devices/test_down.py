"""What the service says: as JSON, kept by the broker or not, and for how long."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from devices.errors import Refusal
from devices.messages import (
    Aged,
    Command,
    Context,
    Delivery,
    Receipt,
    Show,
    Trending,
    attributes,
    delivery,
    encode,
)
from tests.devices.builders import NOW, a_show


def test_a_receipt_says_no_more_than_it_must() -> None:
    assert encode(Receipt(id="e-1", accepted=True)) == b'{"id":"e-1","accepted":true}'
    refused = json.loads(encode(Receipt(id=None, accepted=False, reason=Refusal.NOT_JSON)))
    assert refused == {"accepted": False, "reason": "not-json"}


def test_a_show_is_encoded_to_the_contract_and_parses_back() -> None:
    sent = json.loads(encode(a_show()))
    assert sent["expires_at"] == "2026-01-02T10:05:00Z"
    assert sent["items"] == [
        {"item_id": "1029743", "headline": "Milk", "reason": a_show().items[0].reason}
    ]
    assert "late" not in sent
    assert Show.model_validate_json(encode(a_show(late=True))) == a_show(late=True)


def test_personal_content_is_never_kept_and_lives_a_minute() -> None:
    assert delivery(a_show(personal=True), NOW, keep=True) == Delivery(
        retain=False, expiry_s=60
    )
    late = NOW + timedelta(seconds=290)
    assert delivery(a_show(personal=True), late).expiry_s == 10


def test_anonymous_content_may_be_kept_until_it_expires() -> None:
    assert delivery(a_show(), NOW, keep=True) == Delivery(retain=True, expiry_s=300)
    assert delivery(a_show(), NOW) == Delivery(retain=False, expiry_s=300)
    assert delivery(a_show(), NOW + timedelta(hours=1)).expiry_s == 1


def test_a_context_tells_the_age_of_what_it_says() -> None:
    context = Context(
        at=NOW,
        daypart="morning",
        weather=Aged(value="rain", age_s=600),
        trending=(Trending(item_id="1029743", headline="Milk"),),
        trending_age_s=30,
    )
    assert Context.model_validate_json(encode(context)) == context


def test_a_command_is_one_of_four() -> None:
    assert encode(Command(command="clear", reason="sign-out")) == (
        b'{"command":"clear","reason":"sign-out"}'
    )
    with pytest.raises(ValidationError):
        Command.model_validate({"command": "explode"})


def test_the_attributes_make_a_cloud_event_in_binary_mode() -> None:
    found = attributes("show", source="storeside/1/s1/service", id="d-1", time=NOW)
    assert found == {
        "specversion": "1.0",
        "id": "d-1",
        "source": "storeside/1/s1/service",
        "type": "storeside.show.v1",
        "time": "2026-01-02T10:00:00Z",
    }
