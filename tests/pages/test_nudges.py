"""What stands beside the products on a shopper's own screens: messages that fell due, and bonus challenges."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.test_hostile_words import VECTORS, assert_only_words, hostile
from tests.pages.traces import left_in

ITEMS = [store.MILK, store.COFFEE]
SLOTS = {"challenges": [store.CHALLENGE], "message": store.MESSAGE}


def full(*, given: bool) -> store.Json:
    items = [{**one, "done": True} for one in store.CHALLENGE["items"]]
    return {
        **store.CHALLENGE,
        "items": items,
        "left": 0,
        "nudge": None,
        "earned": True,
        "given": given,
    }


async def on_the(screen: str, visitor: Visitor, gateway: Gateway, **slots: object) -> Page:
    """The page of one screen with a personal show that carries ``slots``."""
    shown = store.show("personal", ITEMS, **slots)
    if screen == "till":
        gateway.answer = lambda _device, _data: shown
        page = await visitor.open("/till/till-1", wait="till-1")
        await page.locator(".article").first.click()
        return page
    path = {"kiosk": "/kiosk/kiosk-1", "tablet": "/tablet?device=tablet-1"}[screen]
    page = await visitor.open(path, wait=f"{screen}-1")
    card = store.card("v1", "Quiet Otter", ITEMS, **slots)
    gateway.show(f"{screen}-1", card if screen == "tablet" else shown)
    return page


@pytest.mark.parametrize("screen", ["kiosk", "tablet", "till"])
async def test_progress_and_what_is_missing_stand_on_the_own_screen(
    visitor: Visitor, gateway: Gateway, screen: str
) -> None:
    page = await on_the(screen, visitor, gateway, **SLOTS)
    challenge = page.locator(".challenge")
    for words in ("Three of the week", "2 of 3", "One item left: Mild salsa", "$1.50 off"):
        await expect(challenge).to_contain_text(words)
    assert await challenge.get_by_role("progressbar").get_attribute("value") == "2"
    await expect(page.locator(".notice")).to_contain_text("strawberries")


@pytest.mark.parametrize(
    ("given", "words"), [(False, "It is yours when you pay."), (True, "Done. It is yours.")]
)
async def test_a_full_card_says_what_becomes_of_it(
    visitor: Visitor,
    gateway: Gateway,
    given: bool,  # noqa: FBT001 - one of two states of one card
    words: str,
) -> None:
    page = await on_the("till", visitor, gateway, challenges=[full(given=given)])
    await expect(page.locator(".challenge.earned")).to_contain_text(words)


async def test_a_card_at_the_till_needs_no_suggestion_beside_it(
    visitor: Visitor, gateway: Gateway
) -> None:
    shown = store.show("personal", [], challenges=[store.CHALLENGE])
    gateway.answer = lambda _device, _data: shown
    page = await visitor.open("/till/till-1", wait="till-1")
    await page.locator(".article").first.click()
    await expect(page.locator("#addons .challenge")).to_be_visible()
    await expect(page.locator(".addon")).to_have_count(0)


async def test_the_kiosk_tells_it_in_the_language_that_is_spoken(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1")
    await page.get_by_role("button", name="Español").click()
    gateway.show("kiosk-1", store.show("personal", ITEMS, **SLOTS))
    await expect(page.locator(".challenge")).to_contain_text("2 de 3")
    await expect(page.locator(".challenge")).to_contain_text("Falta uno")


@pytest.mark.parametrize("kind", ["personal", "context"])
async def test_a_public_screen_tells_nobodys_progress(
    visitor: Visitor, gateway: Gateway, kind: str
) -> None:
    page = await visitor.open("/display/display-1", wait="display-1")
    gateway.show("display-1", store.show(kind, ITEMS, **SLOTS))
    await expect(page.locator(".offer.lead")).to_be_visible()
    assert "of the week" not in await left_in(page)
    assert "strawberries are left" not in await left_in(page)


async def test_a_kiosk_for_everybody_tells_nobodys_progress(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.show("kiosk-1", store.show("context", ITEMS, **SLOTS))
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1")
    await page.get_by_role("button", name="Continue without").click()
    await expect(page.locator(".tile").first).to_be_visible()
    assert "of the week" not in await left_in(page)


async def test_done_leaves_nothing_of_a_challenge_behind(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await on_the("kiosk", visitor, gateway, **SLOTS)
    await page.get_by_role("button", name="I'm done").click()
    await expect(page.get_by_role("button", name="Scan my card")).to_be_visible()
    assert "of the week" not in await left_in(page)


async def test_the_tablet_says_what_is_old_and_what_was_left_out(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await visitor.open("/tablet?device=tablet-1", wait="tablet-1")
    rungs = {"profile": "use", "stock": "degrade", "weather": "drop"}
    gateway.show("tablet-1", {**store.card("v1", "Quiet Otter", ITEMS), "freshness": rungs})
    await expect(page.locator(".aged")).to_have_text(
        "stock: old, used with care · weather: too old, left out"
    )


async def test_fresh_inputs_take_no_room_on_the_card(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await visitor.open("/tablet?device=tablet-1", wait="tablet-1")
    fresh = {**store.card("v1", "Quiet Otter", ITEMS), "freshness": {"profile": "use"}}
    gateway.show("tablet-1", fresh)
    await expect(page.locator(".person")).to_be_visible()
    await expect(page.locator(".aged")).to_have_count(0)


async def test_nudges_show_words_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1")
    for number, words in enumerate(VECTORS):
        goal = {"sku": words, "name": words, "new": True, "done": False}
        card = {**store.CHALLENGE, "headline": words, "items": [goal], "left": 1}
        message = {"headline": words, "text": words, "reason": words}
        shown = store.show("personal", hostile(words), challenges=[card], message=message)
        gateway.tell("kiosk-1", "show", {**shown, "decision_id": f"d-{number}"})
        await assert_only_words(page, words, at_least=12)
