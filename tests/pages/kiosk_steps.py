"""The steps of a person at the kiosk, as the tests take them."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.traces import left_in
from tests.patience import patient

SECRETS = ("Otter", "Ground coffee", "one.use.ticket", "4001234567")


def own() -> store.Json:
    items = [store.COFFEE, store.MILK]
    return store.show("personal", items, greeting="Quiet Otter", ticket="one.use.ticket")


async def opened(visitor: Visitor, gateway: Gateway, *, clock: bool = False) -> Page:
    gateway.show("kiosk-1", store.show("context", [store.BREAD, store.CHICKEN]))
    page = await visitor.open("/kiosk/kiosk-1", wait="kiosk-1", clock=clock)
    await expect(page.get_by_text("White bread")).to_be_visible()
    return page


async def typed_in(page: Page, number: str = "4001234567") -> None:
    await page.get_by_role("button", name="Type it in").click()
    await page.keyboard.type(number)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="You choose")).to_be_visible()


async def signed_in(page: Page, gateway: Gateway) -> None:
    await typed_in(page)
    await page.get_by_role("switch").first.check()
    await page.get_by_role("button", name="these choices").click()
    gateway.tell("kiosk-1", "show", own())
    await expect(page.get_by_text("Hello, Quiet Otter")).to_be_visible()


async def assert_clear(page: Page) -> None:
    await expect(page.get_by_role("button", name="Scan my card")).to_be_visible(
        timeout=patient(2_000)
    )
    left = await left_in(page)
    assert [secret for secret in SECRETS if secret in left] == []
