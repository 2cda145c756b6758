from __future__ import annotations

from playwright.async_api import expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.kiosk_steps import SECRETS, assert_clear, opened, own, signed_in, typed_in
from tests.pages.traces import left_in


async def test_done_clears_everything_and_signs_out(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    await page.get_by_role("button", name="I'm done").click()
    await assert_clear(page)
    await visitor.until(lambda: gateway.of_type("sign-out") == [{"reason": "person"}])


async def test_clear_from_the_store_blanks_within_two_seconds_also_behind_the_back_button(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    gateway.tell("kiosk-1", "cmd", {"command": "clear"})
    await assert_clear(page)
    await page.go_back()
    assert [s for s in SECRETS if s in await page.content()] == []
    await page.go_forward()
    await assert_clear(page)
    await page.reload()
    await assert_clear(page)


async def test_leaving_the_page_in_the_middle_leaves_nothing_to_come_back_to(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    await page.goto("about:blank")
    await page.go_back()
    await assert_clear(page)


async def test_an_idle_session_is_warned_at_twenty_seconds_and_over_at_thirty(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway, clock=True)
    await signed_in(page, gateway)
    await page.clock.run_for(19_500)
    await expect(page.locator("#warning")).not_to_be_visible()
    await page.clock.run_for(1_000)
    await expect(page.locator("#warning")).to_contain_text("still there?")
    await page.clock.run_for(10_000)
    await assert_clear(page)
    await visitor.until(lambda: gateway.of_type("sign-out") == [{"reason": "idle"}])


async def test_a_touch_puts_the_idle_end_off(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway, clock=True)
    await signed_in(page, gateway)
    await page.clock.run_for(21_000)
    await page.get_by_role("button", name="I'm still here").click()
    await expect(page.locator("#warning")).not_to_be_visible()
    await page.clock.run_for(18_000)
    await expect(page.get_by_text("Quiet Otter")).to_be_visible()


async def test_no_session_lasts_longer_than_five_minutes(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: own()
    page = await opened(visitor, gateway, clock=True)
    await signed_in(page, gateway)
    for _ in range(20):
        await page.clock.run_for(15_000)
        await page.keyboard.press("Shift")
    await assert_clear(page)


async def test_personal_tiles_are_renewed_or_go_when_their_time_is_over(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway, clock=True)
    await signed_in(page, gateway)
    for _ in range(5):
        await page.clock.run_for(13_000)
        await page.keyboard.press("Shift")
    await expect(page.get_by_role("heading", name="For everybody today")).to_be_visible()
    assert "Ground coffee" not in await left_in(page)


async def test_a_show_that_comes_after_the_end_is_not_shown(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    gateway.receipt = lambda _event: None
    await page.get_by_role("button", name="I'm done").click()
    gateway.tell("kiosk-1", "show", own())
    gateway.tell("kiosk-1", "show", store.show("context", [store.ICE]))
    await expect(page.get_by_text("Vanilla ice cream")).to_be_visible()
    await assert_clear(page)


async def test_what_was_not_yet_sent_is_forgotten_at_the_end(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway)
    gateway.receipt = lambda _event: None
    await typed_in(page)
    await page.get_by_role("button", name="chose before").click()
    await page.get_by_role("button", name="I'm done").click()
    gateway.receipt = lambda event: {"id": event["id"], "accepted": True}
    await visitor.until(lambda: gateway.of_type("sign-out") != [])
    assert "4001234567" not in await left_in(page)


async def test_consent_can_be_taken_back_here(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, gateway)
    await signed_in(page, gateway)
    await page.get_by_role("button", name="Stop using my data").click()
    await assert_clear(page)
    await visitor.until(lambda: gateway.of_type("sign-out") != [])
    told = gateway.of_type("consent")[0]
    assert told["action"] == "withdraw"
    assert "recognise" in told["purposes"]


async def test_somebody_signed_in_elsewhere_at_this_kiosk_is_not_signed_out_by_the_page(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, gateway, clock=True)
    gateway.tell("kiosk-1", "show", own())
    await expect(page.get_by_text("Quiet Otter")).to_be_visible()
    await page.clock.run_for(31_000)
    await assert_clear(page)
    assert gateway.of_type("sign-out") == []
