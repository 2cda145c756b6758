"""Whatever a catalogue, a campaign or a name holds: it is shown as words and does nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.pages import floor, records, store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway

VECTORS = (
    "<script>window.hit=1;alert(1)</script>",
    "<img src=x onerror='window.hit=1;alert(1)'>",
    "<svg/onload=alert(1)>",
    '"><iframe src=https://else.example/></iframe>',
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</style><style>@import 'https://else.example/x.css'</style>",
    "<base href=https://else.example/>",
    "<meta http-equiv=refresh content='0;url=https://else.example/'>",
    "<a href=javascript:alert(1)>x</a><form action=//else.example><button>",
    "\u202etxet &lt;b&gt; &#x3c;script&#x3e; ${alert(1)} `${alert(1)}`",
)


def hostile(words: str, count: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "item_id": f"{n}",
            "headline": words,
            "reason": words,
            "badge": words,
            "price_cents": 100 + n,
            "offer_id": words,
        }
        for n in range(count)
    ]


def _always(shown: store.Json, _device: str, _data: store.Json) -> store.Json:
    return shown


async def assert_only_words(page: Page, words: str, *, at_least: int) -> None:
    often = "([words, times]) => document.body.textContent.split(words).length - 1 >= times"
    await page.wait_for_function(often, arg=[words, at_least])
    assert await page.evaluate(
        "window.hit === undefined && document.baseURI.startsWith(location.origin)"
    )
    assert (
        await page.locator(
            "iframe, base, body script, body style, form[action*=else], img:not(.qr)"
        ).count()
        == 0
    )


@pytest.mark.parametrize("path", ["/display/display-1", "/kiosk/kiosk-1"])
async def test_a_public_board_and_the_attract_loop_show_words_only(
    visitor: Visitor, gateway: Gateway, path: str
) -> None:
    device = path.rsplit("/", 1)[1]
    page = await visitor.open(path, wait=device)
    for number, words in enumerate(VECTORS):
        shown = store.show(
            "context", hostile(words), title=words, subtitle=words, greeting=words
        )
        gateway.tell(
            device,
            "context",
            {**store.CONTEXT, "daypart": words, "weather": {"value": words, "age_s": 1}},
        )
        gateway.tell(device, "show", {**shown, "decision_id": f"d-{number}"})
        await assert_only_words(page, words, at_least=2)


async def test_a_house_board_shows_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/display/display-1", wait="display-1")
    for words in VECTORS:
        gateway.tell(
            "display-1",
            "context",
            {"daypart": words, "trending": [{"item_id": "1", "headline": words}] * 3},
        )
        await assert_only_words(page, words, at_least=3)


async def test_personal_tiles_show_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1")
    for number, words in enumerate(VECTORS):
        shown = store.show(
            "personal", hostile(words), title=words, greeting=words, ticket=words
        )
        gateway.tell("kiosk-1", "show", {**shown, "decision_id": f"d-{number}"})
        await assert_only_words(page, words, at_least=11)
    await page.locator(".tile").first.click()
    await expect(page.locator("#detail h2")).to_have_text(VECTORS[-1])


async def test_a_tablet_card_shows_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/tablet?device=tablet-1", wait="tablet-1")
    for number, words in enumerate(VECTORS):
        card = store.card(
            f"v{number}",
            words,
            hostile(words),
            zone=words,
            method=words,
            talking_point=words,
            avoid=words,
        )
        gateway.tell("tablet-1", "show", card)
        await assert_only_words(page, words, at_least=12)


async def test_till_suggestions_show_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/till/till-1", wait="till-1")
    for words in VECTORS:
        shown = store.show("personal", hostile(words), title=words)
        gateway.answer = partial(_always, shown)
        await page.locator(".article").first.click()
        await assert_only_words(page, words, at_least=7)


async def test_the_own_page_shows_words_only(visitor: Visitor, gateway: Gateway) -> None:
    first = records.ME["receipts"][0]
    receipts = [{**first, "purpose": w, "state": w, "channel": w} for w in VECTORS]
    me = {**records.ME, "alias": VECTORS[0], "why": list(VECTORS), "receipts": receipts}
    gateway.records["/v1/me"] = me
    page = await visitor.open("/me", key=None)
    for words in VECTORS:
        await assert_only_words(page, words, at_least=4)


async def test_the_console_shows_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/", wait="console")
    for number, words in enumerate(VECTORS):
        told = floor.decision(number, f"v{number}", words, "arrival", items=hostile(words))
        gateway.tell("console", "overview", _overview(words))
        gateway.tell("console", "visit", floor.arrival(f"v{number}", words, words, words))
        gateway.tell("console", "decision", {**told, "kind": words, "losers": {words: 1}})
        await assert_only_words(page, words, at_least=13)


async def test_an_explanation_shows_words_only(visitor: Visitor, gateway: Gateway) -> None:
    inputs = {"zone": VECTORS[0], "ages_s": dict.fromkeys(VECTORS, 1)}
    said = {**records.DECISION, "words": "\n".join(VECTORS), "inputs": inputs}
    gateway.records["/v1/decisions/d-1"] = said
    page = await visitor.open("/", wait="console")
    gateway.tell("console", "decision", floor.decision(1, "v1", VECTORS[0], "arrival"))
    await page.locator("#decisions button").click()
    for words in VECTORS:
        await assert_only_words(page, words, at_least=1)


def _overview(words: str) -> dict[str, Any]:
    whole = store.overview(
        consents={words: 1},
        refusals={words: 1},
        rungs={words: words},
        pages=[{"title": words, "url": "/kiosk/kiosk-1"}],
        model={"label": words, "digest": words, "fallback": False},
    )
    device = {
        **whole["devices"][0],
        "name": words,
        "class": words,
        "zone": words,
        "state": words,
    }
    return {
        **whole,
        "devices": [device],
        "store": {**whole["store"], "name": words, "market": words},
    }
