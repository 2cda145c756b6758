from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.kiosk_steps import opened, own, signed_in, typed_in


async def test_a_person_signs_in_with_the_keyboard_alone(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await page.get_by_role("button", name="Type it in").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("4001234567")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="these choices").focus()
    await page.keyboard.press("Enter")
    await visitor.until(lambda: gateway.of_type("sign-in") != [])
    gateway.tell("kiosk-1", "show", own())
    await expect(page.get_by_text("Ground coffee")).to_be_visible()


async def test_a_sign_in_says_method_value_purposes_notice_and_language(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    assert gateway.of_type("sign-in") == [
        {
            "method": "loyalty",
            "value": "4001234567",
            "purposes": ["recognise"],
            "notice_id": "notice-us-1",
            "locale": "en-US",
        }
    ]


@pytest.mark.parametrize(
    ("tab", "keys", "method"),
    [
        ("Phone", "5550101", "phone"),
        ("E-mail", "a_b@example.com", "email"),
        ("Card number", "40012", "loyalty"),
    ],
)
async def test_number_phone_and_email_can_be_typed_on_the_glass(
    visitor: Visitor, gateway: Gateway, tab: str, keys: str, method: str
) -> None:
    page = await opened(visitor, gateway)
    await page.get_by_role("button", name="Type it in").click()
    await page.get_by_role("button", name=tab, exact=True).click()
    for key in keys.removesuffix(".com"):
        await page.get_by_role("button", name=key, exact=True).click()
    if keys.endswith(".com"):
        await page.get_by_role("button", name=".com", exact=True).click()
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="chose before").click()
    await visitor.until(lambda: gateway.of_type("sign-in") != [])
    told = gateway.of_type("sign-in")[0]
    assert (told["method"], told["value"], told["purposes"]) == (method, keys, [])


@pytest.mark.parametrize(
    ("way", "scan", "method"),
    [
        ("Scan my card", "4001234567", "loyalty"),
        ("Code on my phone", "eyJ0.app.code", "qr"),
        ("Code on my phone", "4001234567", "loyalty"),
    ],
)
async def test_a_reader_types_into_the_page_and_ends_with_enter(
    visitor: Visitor, gateway: Gateway, way: str, scan: str, method: str
) -> None:
    page = await opened(visitor, gateway)
    await page.get_by_role("button", name=way).click()
    await page.keyboard.type(scan)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="chose before").click()
    await visitor.until(lambda: gateway.of_type("sign-in") != [])
    assert gateway.of_type("sign-in")[0]["method"] == method


async def test_nothing_is_ticked_and_the_others_wait_for_the_first(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await typed_in(page)
    switches = page.get_by_role("switch")
    await expect(switches).to_have_count(5)
    await expect(page.get_by_text("Fit the big screens to me")).to_have_count(0)
    assert [await s.is_checked() for s in await switches.all()] == [False] * 5
    assert [await s.is_enabled() for s in await switches.all()] == [True] + [False] * 4
    await switches.first.check()
    await switches.nth(1).check()
    await switches.first.uncheck()
    await expect(switches.nth(1)).not_to_be_checked()


async def test_every_purpose_tells_its_benefit_before_its_use(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await typed_in(page)
    words = await page.locator(".purpose").nth(1).inner_text()
    assert words.index("running low") < words.index("what you bought")


async def test_all_ways_on_are_equally_big(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway)
    sizes = {
        (round(b["width"]), round(b["height"]))
        for w in await page.locator(".way").all()
        if (b := await w.bounding_box())
    }
    assert len(sizes) == 1
    await typed_in(page)
    sizes = {
        (round(b["width"]), round(b["height"]))
        for w in await page.locator(".choices .button").all()
        if (b := await w.bounding_box())
    }
    assert len(sizes) == 1


async def too_small(page: Page) -> list[str]:
    boxes = [
        (await b.inner_text(), await b.bounding_box())
        for b in await page.locator("button:visible").all()
    ]
    return [text for text, box in boxes if box is None or min(box["width"], box["height"]) < 72]


async def test_every_target_is_at_least_72_pixels(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway)
    assert await too_small(page) == []
    await page.get_by_role("button", name="Type it in").click()
    await page.get_by_role("button", name="E-mail", exact=True).click()
    assert await too_small(page) == []
    await page.get_by_role("button", name="Back").click()
    await signed_in(page, gateway)
    assert await too_small(page) == []
    await page.get_by_text("Ground coffee").click()
    assert await too_small(page) == []


@pytest.mark.parametrize("reason", ["no-consent", "too-many-tries", "malformed"])
async def test_a_refused_sign_in_says_the_same_whatever_the_reason(
    visitor: Visitor, gateway: Gateway, reason: str
) -> None:
    gateway.receipt = lambda event: {"id": event["id"], "accepted": False, "reason": reason}
    page = await opened(visitor, gateway)
    await typed_in(page)
    await page.get_by_role("button", name="chose before").click()
    await expect(page.get_by_role("alert")).to_contain_text("not work")
    assert reason not in await page.content()


async def test_a_store_that_cannot_be_reached_is_said_and_left_open(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway, clock=True)
    await typed_in(page)
    gateway.cut()
    await page.get_by_role("button", name="chose before").click()
    await expect(page.get_by_role("heading", name="One moment")).to_be_visible()
    await page.clock.run_for(6_100)
    await expect(page.get_by_role("alert")).to_contain_text("cannot reach")
    await page.get_by_role("button", name="Continue without").click()
    await expect(page.get_by_text("White bread")).to_be_visible()


async def test_going_on_without_signing_in_shows_what_is_for_everybody(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: store.show("context", [store.ICE])
    page = await opened(visitor, gateway)
    await page.get_by_role("button", name="Continue without").click()
    await expect(page.get_by_text("Vanilla ice cream")).to_be_visible()
    assert gateway.of_type("sign-in") == []
    await expect(page.get_by_role("button", name="I'm done")).to_be_visible()


async def test_an_accepted_sign_in_without_a_show_asks_for_one(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: own()
    page = await opened(visitor, gateway, clock=True)
    await typed_in(page)
    await page.get_by_role("button", name="chose before").click()
    await visitor.until(lambda: gateway.of_type("sign-in") != [])
    await page.clock.run_for(3_000)
    await expect(page.get_by_text("Ground coffee")).to_be_visible()
    assert gateway.asks[0][1] == {"placement": "kiosk-home", "limit": 6, "deadline_ms": 800}


async def test_the_answers_to_a_tile_are_told_to_the_store(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    await page.get_by_text("Ground coffee").click()
    await page.get_by_role("button", name="Not for me").click()
    await expect(page.get_by_text("Ground coffee")).to_have_count(0)
    await visitor.until(lambda: len(gateway.of_type("feedback")) == 3)
    assert [f["action"] for f in gateway.of_type("feedback")] == ["view", "touch", "not-for-me"]


async def test_the_code_leads_to_the_own_page_with_the_ticket(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    picture = Image.open(io.BytesIO(await page.locator(".qr").screenshot()))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [
        f"{gateway.url}/me#t=one.use.ticket"
    ]


async def test_the_language_switch_changes_every_word_and_comes_first(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="English")).to_be_focused()
    await page.get_by_role("button", name="Español").click()
    await expect(page.get_by_role("heading", name="Buenas tardes.")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "es"
    await page.get_by_role("button", name="Escribirlo").click()
    await page.get_by_role("button", name="He terminado").click()
    await expect(page.get_by_role("heading", name="Good evening.")).to_be_visible()


async def test_both_languages_have_the_same_words(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway)
    keys = await page.evaluate(
        """async () => { const { LANGUAGES, ASKED } = await import("/web/words.js");
        const said = (v) => typeof v === "string" || Array.isArray(v);
        const names = (words) => Object.entries(words).flatMap(([k, v]) => said(v) ? [k] : names(v));
        const all = (words) => names(words).sort().join();
        return [all(LANGUAGES.en), all(LANGUAGES.es), ASKED.every((p) => p in LANGUAGES.en.purposes)]; }"""
    )
    assert keys[0] == keys[1]
    assert keys[2] is True


async def test_the_attract_loop_turns_and_can_be_paused(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway, clock=True)
    await page.clock.run_for(6_100)
    await expect(page.locator(".slide")).to_contain_text("Boneless chicken breast")
    await page.get_by_role("button", name="Pause the pictures").click()
    await page.clock.run_for(20_000)
    await expect(page.locator(".slide")).to_contain_text("Boneless chicken breast")


async def test_a_kiosk_that_was_told_nothing_asks_for_something_to_show(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: store.show("context", [store.ICE])
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1")
    await expect(page.locator(".slide")).to_contain_text("Vanilla ice cream")
