"""What docs/architecture.md and docs/old-names.md say of places in the code is true."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests import rooms_text

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OLD_NAMES = (ROOT / "docs" / "old-names.md").read_text(encoding="utf-8")
PLACES = re.findall(r"`([\w/-]+\.py):([\w.]+)`", PAGE)
FILES = re.findall(r"`((?:edge|devices|models|cloud_sync|tests|deploy)/[\w./-]+)`", PAGE)

QUESTIONS = (
    "a basket line changes a screen",
    "a cap is checked",
    "consent is asked",
    "an offer's dates are judged",
    "something gets into the outbox",
    "a new device class",
    "a new trigger signal",
    "a new strategy",
    "a new table",
    "a new HTTP route",
)


@cache
def defined(file: str) -> frozenset[str]:
    """Functions, classes, methods as ``Class.method``, and module constants."""
    found = set[str]()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name, body=body):
                found |= {name, *(f"{name}.{inner}" for inner in _methods(body))}
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                found.add(name)
            case _:
                pass
    return frozenset(found)


def _methods(body: list[ast.stmt]) -> list[str]:
    return [one.name for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_place_named_is_in_the_code() -> None:
    assert len(PLACES) > 30
    missing = [f"{file}:{name}" for file, name in PLACES if name not in defined(file)]
    assert missing == []


def test_every_file_named_is_there() -> None:
    assert [file for file in FILES if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_of_a_newcomer_is_answered_with_a_place(question: str) -> None:
    (row,) = (line for line in PAGE.splitlines() if f"**{question}**" in line)
    assert re.search(r"`[\w/-]+\.py(:[\w.]+)?`", row)


def test_the_picture_of_the_rooms_is_drawn_from_the_code() -> None:
    assert rooms_text.PICTURE.read_text(encoding="utf-8") == rooms_text.as_svg()


def test_the_table_of_the_rooms_is_made_from_the_code() -> None:
    assert rooms_text.with_table(PAGE) == PAGE


def test_a_room_imports_only_rooms_below_it() -> None:
    order = {room: number for number, room in enumerate(rooms_text.rooms())}
    upward = [
        (one, other)
        for one, other in rooms_text.arrows()
        if one in order and other in order and order[one] > order[other]
    ]
    assert upward == []


def test_edge_holds_its_rooms_and_nothing_else() -> None:
    # Folders of an older layout may be left with nothing but compiled files in them.
    inside = {
        file.relative_to(ROOT / "edge").parts[0] for file in (ROOT / "edge").rglob("*.py")
    }
    assert inside == {*rooms_text.rooms(), "__init__.py", "__main__.py"}


def test_what_became_of_an_old_name_is_still_there() -> None:
    now = re.findall(r"^\| `[^`]+` \| `([\w/.-]+\.py)`", OLD_NAMES, re.MULTILINE)
    assert len(now) > 200
    assert [file for file in now if not (ROOT / file).exists()] == []
