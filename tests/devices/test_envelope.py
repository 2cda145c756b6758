"""Events: what a device may say, how it is enveloped, and why it is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.device_classes import DeviceClass
from devices.errors import MessageRefused, Refusal
from devices.messages import (
    EVENTS,
    Purpose,
    UpEvent,
    encode_event,
    parse_up,
)
from devices.topics import Leaf, Topic
from tests.devices.builders import NOW, ONE_OF_EACH, event_of, topic_of

KINDS = sorted(ONE_OF_EACH)


def _refused(
    topic: Topic, payload: bytes, user: dict[str, str] | None = None
) -> MessageRefused:
    with pytest.raises(MessageRefused) as refused:
        parse_up(topic, payload, user)
    return refused.value


def _data_of(name: str, **changes: Any) -> bytes:
    event = event_of(name)
    return json.dumps({**event, "data": {**event["data"], **changes}}).encode()


def test_there_is_one_of_each_kind() -> None:
    assert {event.NAME for event in EVENTS.values()} == set(ONE_OF_EACH)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_encoded_parses_back(name: str) -> None:
    topic, (_, data) = topic_of(name), ONE_OF_EACH[name]
    payload = encode_event(data, source=topic.source, id="e-1", time=NOW)
    found = parse_up(topic, payload)
    assert found == UpEvent(
        id="e-1", source=topic.source, type=f"storeside.{name}.v1", time=NOW, data=data
    )
    assert found.topic.device == "d-1"


@pytest.mark.parametrize("name", KINDS)
def test_binary_mode_gives_the_sameevent_of(name: str) -> None:
    event = event_of(name)
    user = {key: value for key, value in event.items() if key != "data"}
    payload = json.dumps(event["data"]).encode()
    binary = parse_up(topic_of(name), payload, {**user, "x-vendor": "1"})
    assert binary == parse_up(topic_of(name), json.dumps(event).encode())


SENT = "2026-01-02T10:00:09Z"


@pytest.mark.parametrize(
    ("inside", "beside", "sent"),
    [
        (None, None, None),
        (SENT, None, SENT),
        (None, SENT, SENT),
        (SENT, "2026-01-02T10:00:10Z", SENT),
        (None, "yesterday", None),
        (None, "1767348000", None),
    ],
)
def test_a_device_may_tell_when_a_message_left_it(
    inside: str | None, beside: str | None, sent: str | None
) -> None:
    event = event_of("basket") | ({} if inside is None else {"sentat": inside})
    user = {} if beside is None else {"sentat": beside}
    found = parse_up(topic_of("basket"), json.dumps(event).encode(), user)
    assert found.sent == (None if sent is None else datetime.fromisoformat(sent))


def test_when_it_left_is_an_attribute_of_binary_mode_too() -> None:
    event = event_of("basket") | {"sentat": SENT}
    user = {key: str(value) for key, value in event.items() if key != "data"}
    found = parse_up(topic_of("basket"), json.dumps(event["data"]).encode(), user)
    assert found.sent == datetime.fromisoformat(SENT)


def test_structured_mode_wins_where_the_content_type_says_so() -> None:
    payload = json.dumps(event_of("basket")).encode()
    found = parse_up(
        topic_of("basket"),
        payload,
        {"specversion": "0.3"},
        content_type="application/cloudevents+json; charset=utf-8",
    )
    assert found.id == "e-1"


def test_binary_mode_is_screened_as_well() -> None:
    user = {key: str(value) for key, value in event_of("basket").items() if key != "data"}
    topic = topic_of("basket")
    assert _refused(topic, b'{"a":1}, "subject":"x"', user).reason is Refusal.NOT_JSON
    assert _refused(topic, b'{"a":1,"a":2}', user).reason is Refusal.MALFORMED
    card = {**user, "subject": "4111111111111111"}
    assert _refused(topic, b"{}", card).reason is Refusal.CARD_NUMBER


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("device_class", DeviceClass)
def test_only_the_classes_in_the_table_may_send_a_type(
    name: str, device_class: DeviceClass
) -> None:
    topic = topic_of(name, device_class)
    payload = encode_event(ONE_OF_EACH[name][1], source=topic.source, id="e-1", time=NOW)
    if device_class in EVENTS[f"storeside.{name}.v1"].senders():
        assert parse_up(topic, payload).id == "e-1"
    else:
        refused = _refused(topic, payload)
        assert (refused.reason, refused.event_id) == (Refusal.WRONG_CLASS, "e-1")


def test_an_event_must_come_from_the_topic_it_names() -> None:
    payload = json.dumps(event_of("basket", source="storeside/1/s1/pos/d-2")).encode()
    assert _refused(topic_of("basket"), payload).reason is Refusal.WRONG_SOURCE


def test_a_question_comes_on_ask_and_nothing_else_does() -> None:
    asked = json.dumps(event_of("decide")).encode()
    told = json.dumps(event_of("basket")).encode()
    assert _refused(topic_of("decide").at(Leaf.EVENT), asked).reason is Refusal.UNKNOWN_TYPE
    assert _refused(topic_of("basket").at(Leaf.ASK), told).reason is Refusal.UNKNOWN_TYPE


@pytest.mark.parametrize("kind", ["storeside.hello.v1", "storeside.basket.v2", "", 7, None])
def test_an_unknown_type_is_refused_with_the_events_id(kind: object) -> None:
    refused = _refused(topic_of("basket"), json.dumps(event_of("basket", type=kind)).encode())
    assert (refused.reason, refused.event_id) == (Refusal.UNKNOWN_TYPE, "e-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"id": "a b"},
        {"id": "somebody@example.com"},
        {"id": 1},
        {"id": "x" * 129},
        {"time": "yesterday"},
        {"time": "2026-01-02T10:00:00"},
        {"time": "1767348000"},
        {"time": 1767348000},
        {"time": "2026-02-30T10:00:00Z"},
        {"time": "0001-01-01T00:00:00+23:59"},
        {"time": None},
        {"data": []},
        {"data": None},
        {"extension": "x"},
        {"datacontenttype": "text/xml"},
    ],
)
def test_a_wrong_attribute_is_malformed(changes: dict[str, object]) -> None:
    payload = json.dumps(event_of("basket", **changes)).encode()
    assert _refused(topic_of("basket"), payload).reason is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sighting", {"rssi_dbm": -63.5}),
        ("sighting", {"rssi_dbm": True}),
        ("sighting", {"beacon": {"kind": "wifi", "id": "0123456789abcdef"}}),
        ("sighting", {"beacon": {"kind": "app", "id": "not hex at all"}}),
        ("sighting", {"zone": "Dairy"}),
        ("sighting", {"mac": "00:11"}),
        ("sign-in", {"method": "token"}),
        ("sign-in", {"method": "face"}),
        ("sign-in", {"purposes": ["everything"]}),
        ("sign-in", {"purposes": [7]}),
        ("sign-in", {"value": ""}),
        ("sign-in", {"locale": "english"}),
        ("sign-out", {"reason": "bored"}),
        ("consent", {"purposes": []}),
        ("consent", {"action": "grant"}),
        ("basket", {"lines": []}),
        ("basket", {"action": "identify", "lines": []}),
        ("play", {"duration_ms": -1}),
        ("play", {"completed": "yes"}),
        ("feedback", {"action": "like"}),
        ("feedback", {"value": 1e9}),
        ("feedback", {"value": {"a": 1}}),
        ("decide", {"limit": 0}),
        ("decide", {"deadline_ms": 60_000}),
    ],
)
def test_wrong_data_is_malformed_and_not_repeated(
    name: str, changes: dict[str, object]
) -> None:
    refused = _refused(topic_of(name), _data_of(name, **changes))
    assert refused.reason is Refusal.MALFORMED
    assert refused.event_id == "e-1"
    assert not any(
        str(value) in str(refused) for value in changes.values() if len(str(value)) > 4
    )


def test_names_of_strange_fields_are_not_repeated() -> None:
    refused = _refused(topic_of("basket"), _data_of("basket", jane_doe_4711=1))
    assert "jane" not in str(refused)


def test_the_short_word_personalise_means_the_private_screens() -> None:
    payload = _data_of("sign-in", purposes=["recognise", "personalise", "personalise-private"])
    found = parse_up(topic_of("sign-in"), payload)
    assert found.data.purposes == (  # type: ignore[union-attr] # a sign-in, as asked
        Purpose.RECOGNISE,
        Purpose.PERSONALISE_PRIVATE,
    )


def test_a_time_in_another_zone_is_the_same_moment_in_utc() -> None:
    payload = json.dumps(
        event_of("basket", time="2026-01-02t12:00:00.123456789+02:00")
    ).encode()
    found = parse_up(topic_of("basket"), payload)
    assert found.time == datetime(2026, 1, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert found.time.tzinfo is UTC


def test_the_limit_on_bytes_comes_first_and_is_higher_for_baskets() -> None:
    lines = [{"sku": f"{n:07}", "quantity": 1, "price_cents": 1} for n in range(490)]
    big = _data_of("basket", lines=lines)
    assert 16 * 1024 < len(big) < 64 * 1024
    assert parse_up(topic_of("basket"), big).id == "e-1"
    assert _refused(topic_of("basket"), big + b" " * 65536).reason is Refusal.TOO_LARGE
    kiosk = topic_of("sign-in")
    assert _refused(kiosk, b" " * 16385).reason is Refusal.TOO_LARGE
    padded = json.dumps(event_of("decide")).encode() + b" " * 16384
    refused = _refused(topic_of("decide"), padded)
    assert (refused.reason, refused.event_id) == (Refusal.TOO_LARGE, "e-1")


def test_a_refused_events_id_is_salvaged_unless_it_is_harmful() -> None:
    topic = topic_of("basket")
    payload = _data_of("basket", basket_id="4111111111111111")
    assert _refused(topic, payload).event_id == "e-1"
    harmful = json.dumps(event_of("basket", id="4111111111111111")).encode()
    assert _refused(topic, harmful).event_id is None
    assert _refused(topic, b"garbage").event_id is None
    assert _refused(topic, b"[1]").event_id is None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(payload: bytes) -> None:
    assert isinstance(_refused(topic_of("basket"), payload), MessageRefused)


@given(st.data())
def test_a_damaged_event_is_still_an_event_or_refused(data: st.DataObject) -> None:
    payload = bytearray(json.dumps(event_of("basket")).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(payload) - 1))
        payload[place] = data.draw(st.integers(0, 255))
    try:
        assert parse_up(topic_of("basket"), bytes(payload)).source == topic_of("basket").source
    except MessageRefused:
        return
