"""The two shells of a record: what they hold, and what is refused at the door."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_sync.envelope import (
    EVENT_LIMIT_BYTES,
    Record,
    Stamp,
    build_track,
    canonical,
    encode_event,
    rfc3339,
    size_bytes,
    type_of,
)
from cloud_sync.errors import RecordRefused, RecordTooLarge
from tests.cloud_sync.builders import NOW, PERSON, make_record

plain = st.from_regex(r"\A[A-Za-z0-9._:/-]{1,128}\Z")
json_objects = st.dictionaries(
    st.text(max_size=20), st.none() | st.booleans() | st.integers() | st.text(), max_size=8
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    return Record(
        id=draw(plain),
        stream=draw(plain),
        type=draw(plain),
        time=draw(st.datetimes(timezones=st.just(UTC))),
        source=draw(plain),
        subject=draw(st.none() | plain),
        durability=draw(st.sampled_from(["keep", "drop-oldest"])),
        data=canonical(draw(json_objects)),
    )


@given(records())
def test_an_encoded_event_is_a_cloud_event_that_says_what_the_record_says(
    record: Record,
) -> None:
    event = json.loads(encode_event(record))
    assert event["specversion"] == "1.0"
    assert (event["id"], event["source"], event["type"]) == (
        record.id,
        record.source,
        record.type,
    )
    assert datetime.fromisoformat(event["time"]) == record.time
    assert event.get("subject") == record.subject
    assert canonical(event["data"]) == record.data


@given(records())
def test_the_size_is_never_understated(record: Record) -> None:
    real = len(encode_event(record))
    assert real <= size_bytes(record) <= real + 64


def test_a_known_person_is_a_user_and_an_unknown_one_a_visit() -> None:
    known = build_track(Stamp(id="e", at=NOW, token=PERSON), "Visit Started", {})
    unknown = build_track(Stamp(id="e", at=NOW, visit="v-1"), "Visit Started", {})
    assert known["userId"] == PERSON
    assert "anonymousId" not in known
    assert unknown["anonymousId"] == "v-1"
    assert "userId" not in unknown


def test_a_track_message_has_the_names_of_the_specification() -> None:
    stamp = Stamp(id="e-1", at=NOW, visit="v-1", original_at=NOW - timedelta(seconds=3))
    message = build_track(stamp, "Product Added", {"sku": "1"}, {"locale": "en-US"})
    assert message == {
        "type": "track",
        "event": "Product Added",
        "messageId": "e-1",
        "anonymousId": "v-1",
        "timestamp": "2026-03-02T10:00:00Z",
        "originalTimestamp": "2026-03-02T09:59:57Z",
        "context": {"locale": "en-US"},
        "properties": {"sku": "1"},
    }


@pytest.mark.parametrize("who", [{}, {"token": "c-a", "visit": "v-1"}])
def test_a_message_is_about_a_person_or_a_visit_and_never_both(who: dict[str, Any]) -> None:
    with pytest.raises(RecordRefused, match="token or"):
        build_track(Stamp(id="e-1", at=NOW, **who), "Visit Started", {})


@pytest.mark.parametrize(
    ("event", "type_"),
    [
        ("Order Completed", "storeside.order-completed.v1"),
        ("Consent Granted/Withdrawn", "storeside.consent-granted-withdrawn.v1"),
        (" Offer  Shown ", "storeside.offer-shown.v1"),
    ],
)
def test_an_event_name_becomes_a_type(event: str, type_: str) -> None:
    assert type_of(event) == type_


def test_equal_objects_have_equal_bytes() -> None:
    assert (
        canonical({"b": 1, "a": "é"})
        == canonical({"a": "é", "b": 1})
        == '{"a":"é","b":1}'.encode()
    )


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"x": float("nan")})


def test_a_moment_is_written_in_utc() -> None:
    east = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(east) == "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", 'a"b'),
        ("stream", "two words"),
        ("source", "x" * 129),
        ("subject", "c-ü"),
        ("time", datetime(2026, 3, 2)),
        ("durability", "maybe"),
        ("data", b"[]"),
    ],
)
def test_a_record_that_breaks_the_contract_is_refused(field: str, value: object) -> None:
    good = make_record()
    fields = {name: getattr(good, name) for name in Record.__slots__} | {field: value}
    with pytest.raises(RecordRefused) as caught:
        Record(**fields)
    assert caught.value.field == field


def test_an_event_over_32_kb_is_refused_with_its_size() -> None:
    with pytest.raises(RecordTooLarge) as caught:
        make_record(pad=EVENT_LIMIT_BYTES)
    assert caught.value.size > caught.value.limit == EVENT_LIMIT_BYTES
