"""The documents are held to the code: links, commands, targets, settings and examples must be true."""

from __future__ import annotations

import json
import re
from pathlib import Path

from devices.messages import Receipt, Show
from devices.messages.envelope import parse_http_event
from devices.messages.up import About, DeviceState
from edge.cli.program import ENTRIES

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
TARGETS = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def named_in_docs(pattern: str) -> set[tuple[str, str]]:
    """Every (document, word) where ``pattern`` finds the word, in running text or at the start of a line."""
    return {
        (document.name, word)
        for document in DOCS
        for word in re.findall(rf"(?:`|^){pattern}", text_of(document), re.MULTILINE)
    }


def test_every_local_link_leads_to_a_file() -> None:
    links = [
        (document, link)
        for document in DOCS
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text_of(document))
        if "://" not in link and not link.startswith("mailto:")
    ]
    missing = [(d.name, link) for d, link in links if not (d.parent / link).exists()]
    assert links
    assert missing == []


def test_every_make_target_named_exists() -> None:
    named = named_in_docs("make ([a-z]+)")
    assert named
    assert {(where, target) for where, target in named if target not in TARGETS} == set()


def test_every_storeside_command_named_exists() -> None:
    named, there = named_in_docs("storeside ([a-z]+)"), {entry.name for entry in ENTRIES}
    assert named
    assert {(where, command) for where, command in named if command not in there} == set()


def test_every_decision_record_has_its_four_parts_on_one_page() -> None:
    texts = {document.name: text_of(document) for document in DECISIONS}
    assert [
        name
        for name, text in texts.items()
        if not re.match(r"# \d{4} ", text)
        or "**Status:**" not in text
        or len(text.splitlines()) > 60
    ] == []


def test_the_records_of_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(d.name[:4]) for d in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_messages_of_the_tour_are_to_the_contract() -> None:
    blocks = re.findall(
        r"```json (\w+)\n(.*?)```", text_of(ROOT / "docs" / "tour.md"), re.DOTALL
    )
    assert {kind for kind, _ in blocks} >= {"event", "receipt", "show", "answer"}
    for kind, block in blocks:
        _check_message(kind, json.dumps(json.loads(block)))


def _check_message(kind: str, text: str) -> None:
    readers = {
        "receipt": Receipt.model_validate_json,
        "show": Show.model_validate_json,
        "answer": Show.model_validate_json,
        "state": DeviceState.model_validate_json,
        "about": About.model_validate_json,
    }
    if kind in {"event", "ask"}:
        (found,) = parse_http_event(text.encode())
        assert not isinstance(found, Exception)
    elif kind in readers:
        readers[kind](text)


def test_the_change_log_tells_of_the_present_version() -> None:
    version = re.search(r'^version = "(.+)"', text_of(ROOT / "pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"## [{version[1]}]" in text_of(ROOT / "CHANGELOG.md")
