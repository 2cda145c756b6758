"""The page for the CDP team says what the hub takes."""

import json
import re
from pathlib import Path

import pytest

from cloud_sync.envelope import type_of
from cloud_sync.hub.messages import CentralEvent, read_batch, read_change

TEXT = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```json {kind}\n(.*?)```", TEXT, re.DOTALL)


MESSAGES = [json.loads(block) for block in blocks("message")]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["event"])
def test_every_example_is_taken_under_its_name(message: dict[str, object]) -> None:
    (kept,) = read_batch(json.dumps({"batch": [message]}).encode())
    assert isinstance(kept, CentralEvent)
    assert kept.type == message["event"]


def test_every_event_has_one_example_and_the_other_way_round() -> None:
    titles = re.findall(r"^#### (.+)$", TEXT, re.MULTILINE)
    assert titles == [message["event"] for message in MESSAGES]
    assert len(set(titles)) == len(titles) > 25


def test_every_property_of_an_example_is_named() -> None:
    sections = re.split(r"^#### ", TEXT, flags=re.MULTILINE)[1:]
    for section, message in zip(sections, MESSAGES, strict=True):
        if "Properties: as above" not in section:
            words = section.split("```")[0]
            assert [name for name in message["properties"] if f"`{name}`" not in words] == []


def test_the_batch_is_one_that_the_hub_takes() -> None:
    (block,) = blocks("batch")
    (event,) = json.loads(block)["batch"]
    (kept,) = read_batch(block.encode())
    assert isinstance(kept, CentralEvent)
    assert kept.id == event["data"]["messageId"]
    assert kept.type == type_of(event["data"]["event"])
    assert kept.subject == event["data"]["userId"]


def test_the_lines_of_an_import_are_ones_that_the_hub_takes() -> None:
    changes = [read_change(block.encode()) for block in blocks("change")]
    assert [change.stream for change in changes] == ["stock", "promotions", "customers"]
    assert {change.op for change in changes} == {"upsert"}
