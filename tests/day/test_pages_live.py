"""All pages on a real store: real broker, hub, service and devices, and people before the screens."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PageTimeout

from edge.lab.demo.options import DemoOptions
from edge.lab.demo.shoppers import identifiers
from tests.day.live import (
    CONSOLE,
    DISPLAY,
    KIOSK,
    TABLET,
    TILL,
    Live,
    code_on,
    open_day,
    sign_in,
)
from tests.edge.lab.demo.tiny_year import write_year
from tests.patience import patient, until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# People of the tiny year who are not in the store by themselves in its first replayed days.
ONE, TWO, THREE = 104, 102, 103
CLEAR_MS = 2_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """One store for all: it is busy, its pages are used, and at its end everything must add up."""
    options = DemoOptions(
        source=str(write_year(tmp_path_factory.mktemp("year"))),
        folder=tmp_path_factory.mktemp("pages") / "demo",
        port=0,
        speed=5.0,
        headless=True,
    )
    async with open_day(options) as store:
        yield store
    assert store.wrongs == []
    assert "part failed" not in (store.folder.path / "service.log").read_text()
    sums = {key: store.found[key] for key in ("lost", "duplicates", "errors")}
    assert sums == dict.fromkeys(sums, 0)
    assert store.found["consent_violations"] == 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wall(live: Live) -> Page:
    """The display at the shelves, on from morning to night."""
    page = await live.page(DISPLAY, 1920, 1080)
    await page.locator(".offer.lead").wait_for()
    return page


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def closed_pages(live: Live, wall: Page) -> AsyncIterator[None]:
    """Each test has all other screens for itself."""
    yield
    await live.close_pages(but=wall)


async def tablet_of(live: Live) -> Page:
    """The associate's tablet, once it hears the store."""
    page = await live.page(TABLET)
    await page.get_by_text("Connected", exact=True).wait_for()
    return page


async def test_the_console_sees_the_day_and_explains_it(live: Live) -> None:
    page, kiosk = await live.page(CONSOLE), await live.page(KIOSK)
    await sign_in(kiosk, THREE)
    await expect(page.locator("#clock")).not_to_contain_text("UTC")
    await expect(page.locator("#health")).to_contain_text("Running")
    await page.locator(".guest").first.wait_for()
    await page.locator("#decisions button").first.click()
    await expect(page.get_by_role("heading", name="Why this")).to_be_visible()
    await expect(page.get_by_role("heading", name="Why not that")).to_be_visible()


async def test_pause_holds_for_everything_personal_until_it_is_lifted(live: Live) -> None:
    console, kiosk = await live.page(CONSOLE), await live.page(KIOSK)
    await sign_in(kiosk, THREE)
    await console.get_by_role("button", name="Pause all").click()
    await expect(console.get_by_role("alert")).to_be_visible()
    await expect(kiosk.locator(".personal")).to_have_count(0, timeout=patient(CLEAR_MS))
    await console.get_by_role("button", name="Go on").click()
    await expect(console.get_by_role("button", name="Pause all")).to_be_visible()


async def test_a_shopper_signs_in_and_takes_consent_back_on_the_phone(live: Live) -> None:
    kiosk, tablet = await live.page(KIOSK), await tablet_of(live)
    await sign_in(kiosk, ONE)
    alias = (await kiosk.locator(".hello").inner_text()).removeprefix("Hello, ")
    await expect(tablet.get_by_text(alias)).to_be_visible()
    phone = await live.phone(await code_on(kiosk))
    await expect(phone.get_by_role("heading", name=alias)).to_be_visible()
    await expect(phone.locator(".why li").first).to_contain_text("as you allowed")
    recognise = phone.get_by_role("switch").first
    await expect(recognise).to_be_checked()
    await recognise.click()
    began = time.monotonic()
    await expect(kiosk.get_by_role("button", name="Scan my card")).to_be_visible(
        timeout=patient(CLEAR_MS)
    )
    await expect(tablet.get_by_text(alias)).to_have_count(0, timeout=patient(CLEAR_MS))
    assert time.monotonic() - began < patient(CLEAR_MS) / 1000
    assert alias not in await kiosk.content()


async def test_an_associate_says_what_came_of_a_tip(live: Live) -> None:
    kiosk, tablet = await live.page(KIOSK), await tablet_of(live)
    await sign_in(kiosk, TWO)
    alias = (await kiosk.locator(".hello").inner_text()).removeprefix("Hello, ")
    card = tablet.locator(".person").filter(has_text=alias)
    await card.get_by_role("button", name="Said it").first.click()
    await card.get_by_role("button", name="Declined").last.click()
    await until(lambda: live.told("associate-tip-used", "tablet-1") == 1)
    await until(lambda: live.told("recommendation-declined", "tablet-1") == 1)
    await expect(tablet.locator("#unsent")).to_be_hidden()
    await kiosk.get_by_role("button", name="I'm done").click()
    await expect(card).to_have_count(0, timeout=patient(CLEAR_MS))


async def test_the_till_sells_with_and_without_suggestions(live: Live) -> None:
    till = await live.page(TILL)
    await till.get_by_label("Loyalty number").fill(identifiers(THREE).loyalty)
    await till.get_by_role("button", name="Identify").click()
    for sku in range(1020, 1030):
        await till.get_by_label("Article number").fill(str(sku))
        await till.get_by_role("button", name="Add").click()
        # A late answer shows nothing, and the next line asks anew.
        with suppress(PageTimeout):
            await till.locator(".addon").first.wait_for(timeout=patient(1_500))
            break
    await till.locator(".addon").first.click()
    await till.get_by_role("button", name="Pay").click()
    await expect(till.locator("#told")).to_have_text(re.compile(r"Paid \$[\d.]+\. Thank you\."))
    await expect(till.locator("#unsent")).to_have_text("All on the store's disk")
    await until(lambda: live.told("order-completed", "till-1") == 1)


async def test_the_display_proves_what_it_played(live: Live, wall: Page) -> None:
    await until(lambda: live.told("play-completed", "display-1") > 0, within_s=30)
    await expect(wall.locator(".offer.lead")).to_be_visible()
