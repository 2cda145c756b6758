"""The till page is held to the code: every reason has its meaning and mend, every picture is drawn from its steps."""

from __future__ import annotations

import re

import pytest
from defusedxml import ElementTree

from devices.errors import Refusal
from devices.messages import BasketAction, Line, LineRefusal
from tests.devices.tills_text import DOCS, PAGE, PICTURES, REASONS, as_svg, with_refusals


def test_every_reason_has_a_meaning_and_a_mend() -> None:
    assert set(REASONS) == set(Refusal)
    assert all(means and mend for means, mend in REASONS.values())


def test_the_table_is_as_the_code_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_refusals(page) == page


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_from_its_steps_and_shown(name: str) -> None:
    title, steps = PICTURES[name]
    svg = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    assert svg == as_svg(title, steps)
    words = {text.text for text in ElementTree.fromstring(svg).iter() if text.text}
    assert {step.says for step in steps} <= words
    assert f"pictures/{name}.svg" in PAGE.read_text(encoding="utf-8")


def test_the_actions_named_are_those_of_the_contract() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index("| action |") : page.index("The lines of `complete`")]
    named = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    assert {word for row in named for word in re.findall(r"`([a-z-]+)`", row)} == set(
        BasketAction
    )


def test_every_line_and_receipt_on_the_page_is_to_the_contract() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)
    assert lines
    for line in lines:
        Line.model_validate_json(line)
    (refused,) = re.findall(r'`"lines":\[(.*?)\]`', page)
    LineRefusal.model_validate_json(refused)
