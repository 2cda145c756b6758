"""Takes the pictures of the demo's own pages, of real people's baskets: ``python -m tests.day.pictures``."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Locator, Page
from playwright.async_api import TimeoutError as TooLong

from edge.lab.demo.options import DemoOptions
from edge.lab.demo.shop import open_shop
from edge.lab.demo.shoppers import identifiers
from models.sources.journey import read_journey
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
    willing,
)
from tests.pages.pictures import PICTURES, lighten
from tests.patience import patient

SOURCE = "completejourney"
# So many people between the shelves make a busy moment; after this long whoever is there will do.
_BUSY, _PATIENCE_S = 4, 90
# Slower than usual: people stay long enough to be looked at.
_SPEED = 250.0


async def _taken(page: Page, name: str) -> None:
    await page.wait_for_timeout(800)
    file = PICTURES / f"{name}.png"
    await page.screenshot(path=file)
    lighten(file)


async def _console(live: Live) -> None:
    page = await live.page(CONSOLE, reduced_motion="reduce")
    # The first people of the replay pass before there is anything to compare.
    await page.locator("#rate .ratio").first.wait_for()
    await page.wait_for_timeout(30_000)
    await _at_least(page.locator(".guest:not(.ended)"), _BUSY)
    await _taken(page, "console")
    await page.locator(".decision.personal").first.click()
    await page.get_by_role("heading", name="Why not that").wait_for()
    await _taken(page, "console-why")


async def _desk(live: Live) -> None:
    """The marketer's pages: the list, a campaign with its screens, and the tests."""
    console = live.links[CONSOLE]
    page = await live.window(
        console.replace("/#", "/campaigns#"), 1440, 900, reduced_motion="reduce"
    )
    await page.locator("[data-campaign]").first.wait_for()
    await _taken(page, "campaigns")
    await page.locator("[data-campaign] button.link").first.click()
    await page.frame_locator(".fake-screen iframe").first.locator("h2, strong").first.wait_for()
    await page.locator("#tower").wait_for()
    await _taken(page, "campaign")
    tests = await live.window(
        console.replace("/#", "/experiments#"), 1440, 900, reduced_motion="reduce"
    )
    await tests.locator(".test").first.wait_for()
    await _taken(tests, "tests")


async def _people(live: Live, households: list[int]) -> None:
    kiosk = await live.page(KIOSK, reduced_motion="reduce")
    tablet = await live.page(TABLET, 1024, 768, reduced_motion="reduce")
    till = await live.page(TILL)
    one, other, *_ = willing(households)
    await till.get_by_label("Loyalty number").fill(identifiers(other).loyalty)
    await till.get_by_role("button", name="Identify").click()
    await sign_in(kiosk, one)
    await _taken(kiosk, "kiosk-personal")
    phone = await live.phone(await code_on(kiosk), reduced_motion="reduce")
    await phone.locator(".purposes").wait_for()
    await _taken(phone, "me")
    await _at_least(tablet.locator(".person"), 2)
    await tablet.get_by_role("button", name="Said it").first.click()
    await _taken(tablet, "tablet")


async def _at_least(found: Locator, number: int) -> None:
    with contextlib.suppress(TooLong):
        await found.nth(number - 1).wait_for(timeout=patient(_PATIENCE_S * 1_000))


async def take() -> None:
    """Open the demo, wait for a busy moment, and photograph it."""
    households = await asyncio.to_thread(
        lambda: open_shop(read_journey(SOURCE), None).households()
    )
    with TemporaryDirectory() as folder:
        options = DemoOptions(folder=Path(folder) / "demo", port=0, headless=True, speed=_SPEED)
        async with open_day(options) as live:
            display = await live.page(DISPLAY, 1920, 1080, reduced_motion="reduce")
            await display.locator(".offer.lead").wait_for()
            await _taken(display, "display")
            await _people(live, households)
            await _console(live)
            await _desk(live)


if __name__ == "__main__":
    asyncio.run(take())
