"""The integrators' page says what the models do."""

import json
import re

import pytest

from devices.errors import Refusal
from devices.messages import (
    EVENTS,
    Command,
    Context,
    OfferAnswer,
    Receipt,
    ServiceAbout,
    Show,
    parse_report,
    parse_up,
)
from devices.messages.fields import Wire
from devices.topics import DOWN_LEAVES, SERVICE, UP_LEAVES, Leaf, parse_source
from tests.devices import topics_text

PAGE = topics_text.PAGE.read_text(encoding="utf-8")
SECTIONS = {
    found[1]: found
    for found in re.finditer(
        r"^### `([a-z-]+)`\n(.*?)^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    )
}
DOWN: dict[str, type[Wire]] = {
    "receipt": Receipt,
    "show": Show,
    "answer": Show,
    "offer-answer": OfferAnswer,
    "command": Command,
    "service-about": ServiceAbout,
    "context": Context,
}
REPORTS = ("state", "about", "telemetry")


def test_every_message_has_its_example_and_no_other() -> None:
    events = {event.NAME for event in EVENTS.values()}
    assert set(SECTIONS) == events | set(DOWN) | set(REPORTS)


@pytest.mark.parametrize("name", [event.NAME for event in EVENTS.values()])
def test_an_examples_event_is_taken_from_the_classes_named(name: str) -> None:
    event, section = EVENTS[f"storeside.{name}.v1"], SECTIONS[name]
    payload = section[3].encode()
    topic = parse_source(json.loads(payload)["source"], leaf=event.LEAF)
    assert parse_up(topic, payload).type == f"storeside.{name}.v1"
    named = re.search(r"from ([^.;]*?)(?: only)?[.;]", section[2])
    assert named is not None
    assert set(re.findall(r"`([a-z-]+)`", named[1])) == set(event.senders())


def test_senders_placements_and_notices_are_written_from_their_records() -> None:
    assert topics_text.whole(PAGE) == PAGE


@pytest.mark.parametrize("name", REPORTS)
def test_an_examples_report_is_read(name: str) -> None:
    topic = parse_source("storeside/1/s1/display/aisle-3", leaf=name)
    report = parse_report(topic, SECTIONS[name][3].encode())
    assert json.loads(report.model_dump_json(exclude_none=True)) == json.loads(
        SECTIONS[name][3]
    )


@pytest.mark.parametrize("name", sorted(DOWN))
def test_an_examples_message_from_the_service_is_one(name: str) -> None:
    message = DOWN[name].model_validate_json(SECTIONS[name][3])
    assert json.loads(message.model_dump_json(exclude_none=True)) == json.loads(
        SECTIONS[name][3]
    )


def test_every_topic_is_in_the_table() -> None:
    listed = set(
        re.findall(
            r"^\| `storeside/1/\{store\}/\{class\}/\{device\}/(\w+)`", PAGE, re.MULTILINE
        )
    )
    assert listed == {str(leaf) for leaf in (*UP_LEAVES, *DOWN_LEAVES)}
    assert f"| `storeside/1/{{store}}/{Leaf.CONTEXT}` |" in PAGE
    assert f"| `storeside/1/{{store}}/{SERVICE}/{Leaf.ABOUT}` |" in PAGE


def test_every_reason_to_refuse_is_explained() -> None:
    reasons = PAGE[PAGE.index("## Why an event was not taken") :]
    listed = re.findall(r"^\| `([a-z-]+)` \|", reasons, re.MULTILINE)
    assert listed == [str(reason) for reason in Refusal]
