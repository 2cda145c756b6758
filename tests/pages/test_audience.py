"""Sentences about people: written as conditions that compile, and read back as they were."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from edge.decision.conditions import Expression
from edge.domain.audience import SOMEBODY
from tests.pages.conftest import Visitor
from tests.pages.desk_steps import begin, opened
from tests.pages.test_modules import page, run

__all__ = ["page"]

EVERY: list[dict[str, Any]] = [
    {"kind": "identified", "blanks": []},
    {"kind": "segment", "blanks": ['the "regulars" \\ && (others']},
    {"kind": "trips", "blanks": [3]},
    {"kind": "away", "blanks": [14]},
    {"kind": "bought", "blanks": ["pâté"]},
    {"kind": "never", "blanks": ["wine"]},
    {"kind": "risk", "blanks": [50]},
    {"kind": "often", "blanks": [2]},
    {"kind": "worth", "blanks": [10000]},
    {"kind": "hours", "blanks": [17, 20]},
    {"kind": "weekend", "blanks": []},
    {"kind": "daypart", "blanks": ["evening"]},
    {"kind": "zone", "blanks": ["entrance"]},
    {"kind": "pieces", "blanks": [5]},
    {"kind": "spend", "blanks": [2000]},
    {"kind": "holds", "blanks": ["milk || eggs"]},
]
WRITE = 'return (await import("/web/audience.js")).written(given);'
READ = 'return (await import("/web/audience.js")).read(given);'


async def test_every_sentence_is_there(page: Page) -> None:
    kinds = await run(page, 'return Object.keys((await import("/web/audience.js")).SENTENCES);')
    assert kinds == [one["kind"] for one in EVERY]


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part["kind"])
async def test_a_sentence_is_a_condition_that_compiles(
    page: Page, part: dict[str, Any]
) -> None:
    condition = await run(page, WRITE, {"join": "all", "parts": [part]})
    assert Expression(condition).reads <= SOMEBODY.keys()


@pytest.mark.parametrize("join", ["all", "any"])
async def test_sentences_are_read_back_as_they_were_written(page: Page, join: str) -> None:
    said = {"join": join, "parts": EVERY}
    assert await run(page, READ, await run(page, WRITE, said)) == said


@pytest.mark.parametrize(
    "condition",
    [
        "trips > 3",
        "trips >= 3 && hour >= 5 || identified",
        "'a' in segments",
        '"\\q" in segments',
    ],
)
async def test_what_sentences_cannot_say_is_left_to_the_hand(
    page: Page, condition: str
) -> None:
    assert await run(page, READ, condition) is None


async def test_two_sentences_in_the_form_are_one_condition(at_desk: Visitor) -> None:
    form = await opened(at_desk)
    await begin(form)
    await form.get_by_label("Add a sentence").select_option("spend")
    await form.get_by_label("Add a sentence").select_option("daypart")
    await form.get_by_label("are here in the").select_option("morning")
    await expect(form.locator(".audience code")).to_have_text(
        'basket_cents >= 2000 && daypart == "morning"'
    )
    await form.get_by_label("How the sentences belong").select_option("any")
    await form.get_by_role("button", name="Take this sentence away").last.click()
    await expect(form.locator(".audience code")).to_have_text("basket_cents >= 2000")


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-06-01T09:00", "America/New_York", "2026-06-01T13:00:00Z"),
        ("2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00:00Z"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("2026-06-01T00:00", "UTC", "2026-06-01T00:00:00Z"),
    ],
)
async def test_a_date_of_the_form_is_an_instant_on_the_stores_clock(
    page: Page, text: str, zone: str, instant: str
) -> None:
    body = 'return (await import("/web/store-time.js")).instantOf(given[0], given[1]);'
    assert await run(page, body, [text, zone]) == instant
    back = 'return (await import("/web/store-time.js")).onTheWall(given[0], given[1]);'
    if text != "2026-03-29T02:30":  # an hour that no clock there shows
        assert await run(page, back, [instant, zone]) == text
