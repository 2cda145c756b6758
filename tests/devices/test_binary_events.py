"""CloudEvents in HTTP binary mode: attributes in headers, read by the binding's own rules."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import MessageRefused, Refusal
from devices.messages.envelope import UpEvent, parse_binary_event, parse_http_event
from tests.devices.builders import ONE_OF_EACH, event_of

SENT = sorted(ONE_OF_EACH)


def headers_of(event: dict[str, object], **more: str) -> list[tuple[str, str]]:
    found = {f"ce-{key}": str(value) for key, value in event.items() if key != "data"}
    return [*{**found, "content-type": "application/json", **more}.items()]


def parsed(headers: list[tuple[str, str]], body: bytes) -> UpEvent | MessageRefused:
    (found,) = parse_binary_event(headers, body)
    return found


@pytest.mark.parametrize("name", SENT)
def test_binary_mode_gives_the_same_event_as_structured_mode(name: str) -> None:
    event = event_of(name)
    found = parsed(headers_of(event), json.dumps(event["data"]).encode())
    assert [found] == parse_http_event(json.dumps(event).encode())


@given(text=st.text(max_size=40))
def test_every_text_comes_through_percent_encoding(text: str) -> None:
    event, safe = event_of("basket"), "".join(map(chr, range(0x21, 0x7F))).replace('"', "")
    headers = headers_of(event, **{"ce-subject": quote(text, safe=safe.replace("%", ""))})
    found = parsed(headers, json.dumps(event["data"]).encode())
    whole = parse_http_event(json.dumps({**event, "subject": text}).encode())[0]
    assert isinstance(found, UpEvent) == isinstance(whole, UpEvent)


@pytest.mark.parametrize(
    "value", ['"2026-11-22T12:00:00Z"', '"2026\\-11-22T12:00:00Z"', "2026-11-22T12%3A00%3A00Z"]
)
def test_quotation_marks_and_percent_signs_are_taken_away_once(value: str) -> None:
    event = event_of("basket")
    found = parsed(headers_of(event, **{"ce-time": value}), json.dumps(event["data"]).encode())
    assert isinstance(found, UpEvent)
    assert found.time.isoformat() == "2026-11-22T12:00:00+00:00"


def test_what_is_encoded_twice_is_decoded_once() -> None:
    event = event_of("basket")
    found = parsed(
        headers_of(event, **{"ce-time": "2026-11-22T12%253A00%253A00Z"}),
        json.dumps(event["data"]).encode(),
    )
    assert isinstance(found, MessageRefused)
    assert found.reason is Refusal.MALFORMED


WRONG = {
    "no specversion": ({"ce-specversion": ""}, Refusal.MALFORMED),
    "another version": ({"ce-specversion": "0.3"}, Refusal.MALFORMED),
    "no UTF-8": ({"ce-subject": "%ff%fe"}, Refusal.MALFORMED),
    "a lone surrogate": ({"ce-subject": "\udce4"}, Refusal.MALFORMED),
    "a control character": ({"ce-subject": "a%00b"}, Refusal.MALFORMED),
    "an unknown type": ({"ce-type": "storeside.nothing.v1"}, Refusal.UNKNOWN_TYPE),
    "a card's number": ({"ce-subject": "4111%201111%201111%201111"}, Refusal.CARD_NUMBER),
    "a time that is none": ({"ce-time": "yesterday"}, Refusal.MALFORMED),
}


@pytest.mark.parametrize(("changed", "reason"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_header_is_refused_with_the_event_s_id(
    changed: dict[str, str], reason: Refusal
) -> None:
    event = event_of("basket")
    found = parsed(headers_of(event, **changed), json.dumps(event["data"]).encode())
    assert isinstance(found, MessageRefused)
    assert (found.reason, found.event_id) == (reason, event["id"])


def test_an_attribute_twice_is_refused() -> None:
    event = event_of("basket")
    headers = [*headers_of(event), ("CE-Source", "storeside/1/other/pos/d-1")]
    found = parsed(headers, json.dumps(event["data"]).encode())
    assert isinstance(found, MessageRefused)
    assert found.reason is Refusal.MALFORMED


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"basket_id":"b","basket_id":"c"}'])
def test_data_that_is_no_one_object_is_refused(body: bytes) -> None:
    found = parsed(headers_of(event_of("basket")), body)
    assert isinstance(found, MessageRefused)
    assert found.reason in {Refusal.NOT_JSON, Refusal.MALFORMED}


def test_a_body_beyond_a_basket_s_limit_is_not_read() -> None:
    with pytest.raises(MessageRefused) as refused:
        parse_binary_event(headers_of(event_of("basket")), b" " * (64 * 1024 + 1))
    assert refused.value.reason is Refusal.TOO_LARGE
