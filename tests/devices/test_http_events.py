"""Events over HTTP, and what devices report of themselves."""

import json

import pytest

from devices.errors import MessageRefused, Refusal
from devices.messages import (
    About,
    DeviceState,
    Telemetry,
    UpEvent,
    parse_http_event,
    parse_report,
)
from devices.topics import Leaf
from tests.devices.builders import event_of, topic_of


def test_one_event_over_http_is_taken() -> None:
    found = parse_http_event(json.dumps(event_of("basket")).encode())
    assert [one.id for one in found if isinstance(one, UpEvent)] == ["e-1"]


def test_a_batch_over_http_is_judged_one_by_one() -> None:
    batch = [
        event_of("basket"),
        event_of("basket", type="storeside.hello.v1", id="e-2"),
        {"id": "e-3", "note": "4111111111111111"},
        event_of("sign-in", id="e-4", source="storeside/1/s1/display/d-1"),
        7,
    ]
    found = parse_http_event(json.dumps(batch).encode())
    assert isinstance(found[0], UpEvent)
    refused = [one for one in found if isinstance(one, MessageRefused)]
    assert [(one.reason, one.event_id) for one in refused] == [
        (Refusal.UNKNOWN_TYPE, "e-2"),
        (Refusal.CARD_NUMBER, "e-3"),
        (Refusal.WRONG_CLASS, "e-4"),
        (Refusal.MALFORMED, None),
    ]


def test_a_batch_over_http_has_limits() -> None:
    with pytest.raises(MessageRefused) as refused:
        parse_http_event(b"[" + b" " * 512 * 1024 + b"]")
    assert refused.value.reason is Refusal.TOO_LARGE
    with pytest.raises(MessageRefused) as refused:
        parse_http_event(b"[" + b",".join([b"1"] * 201) + b"]")
    assert refused.value.reason is Refusal.TOO_LARGE


def test_what_a_device_says_of_itself_is_read() -> None:
    topic = topic_of("basket")
    state = parse_report(topic.at(Leaf.STATE), b'{"state":"lost","session":7}')
    assert state == DeviceState(state="lost", session=7)
    about = parse_report(
        topic.at(Leaf.ABOUT), b'{"model":"T","capabilities":["scan"],"screen":"800x600","x":1}'
    )
    assert about == About(model="T", capabilities=("scan",), screen="800x600")
    telemetry = parse_report(topic.at(Leaf.TELEMETRY), b'{"values":{"uptime_s":12}}')
    assert telemetry == Telemetry(values={"uptime_s": 12})


@pytest.mark.parametrize(
    ("leaf", "payload", "reason"),
    [
        (Leaf.STATE, b'{"state":"happy","session":7}', Refusal.MALFORMED),
        (Leaf.STATE, b'{"state":"ready"}', Refusal.MALFORMED),
        (Leaf.STATE, b"", Refusal.NOT_JSON),
        (Leaf.ABOUT, b'{"model":"4111111111111111"}', Refusal.CARD_NUMBER),
        (Leaf.TELEMETRY, b'{"values":{"Jane Doe":1}}', Refusal.MALFORMED),
        (Leaf.TELEMETRY, b" " * 16385, Refusal.TOO_LARGE),
        (Leaf.EVENT, b"{}", Refusal.UNKNOWN_TYPE),
    ],
)
def test_a_wrong_report_is_refused(leaf: Leaf, payload: bytes, reason: Refusal) -> None:
    with pytest.raises(MessageRefused) as refused:
        parse_report(topic_of("basket").at(leaf), payload)
    assert refused.value.reason is reason
    assert "Jane" not in str(refused.value)
