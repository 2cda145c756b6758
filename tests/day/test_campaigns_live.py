"""A marketer's whole way on a real store: from an idea to a real display, without code, in minutes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from edge.lab.demo.options import DemoOptions
from tests.day.live import CONSOLE, DISPLAY, KIOSK, Live, open_day
from tests.edge.lab.demo.tiny_year import write_year
from tests.patience import patient

# Half a minute goes by until the display looks again. In small: pages/test_campaigns.py, services/test_portfolio.py.
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

BADGE = "Only this week!"
# From idea to live by a person who types; and from the last press to the first screen.
WALK_S, LIVE_S = 5 * 60, 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """One store that is busy meanwhile."""
    options = DemoOptions(
        source=str(write_year(tmp_path_factory.mktemp("year"))),
        folder=tmp_path_factory.mktemp("campaigns") / "demo",
        port=0,
        speed=5.0,
        headless=True,
    )
    async with open_day(options) as store:
        yield store
    assert store.wrongs == []
    assert (store.found["lost"], store.found["errors"]) == (0, 0)


class Walk:
    """What a person does at the page, one press or one field at a time, counted."""

    def __init__(self) -> None:
        self.steps = 0

    async def press(self, what: Locator) -> None:
        await what.click()
        self.steps += 1

    async def type(self, field: Locator, words: str) -> None:
        await field.fill(words)
        self.steps += 1


async def test_from_an_idea_to_a_real_display_within_a_minute_of_publishing(live: Live) -> None:
    wall = await live.page(DISPLAY, 1920, 1080)
    await wall.locator(".offer.lead").wait_for()
    sku = await wall.locator(".offer.lead").get_attribute("data-item") or ""
    address = live.links[CONSOLE].replace("/#", "/campaigns#")
    desk = await live.window(address, 1440, 900)
    began = time.monotonic()
    walk = await _written(desk, sku)
    await _published(desk, walk)
    published = time.monotonic()
    await expect(wall.get_by_text(BADGE)).to_be_visible(timeout=patient(LIVE_S * 1000))
    seen = time.monotonic()
    kiosk = await live.page(KIOSK)
    await kiosk.get_by_role("button", name="Continue without").click()
    await expect(kiosk.get_by_text(BADGE)).to_be_visible(timeout=patient(LIVE_S * 1000))
    assert published - began < patient(WALK_S)
    assert seen - published < patient(LIVE_S)
    assert walk.steps <= 20


async def _written(desk: Page, sku: str) -> Walk:
    walk = Walk()
    # Every product of the tiny year is in one campaign of coupons; two offers on one product are refused.
    await walk.press(desk.get_by_role("button", name="Pause").first)
    await expect(desk.locator("#told")).to_contain_text("Paused")
    await walk.press(desk.get_by_role("link", name="New campaign"))
    await walk.type(desk.get_by_label("Name of the campaign"), "This week only")
    await walk.type(desk.get_by_label("Products: find them"), sku)
    await walk.press(desk.locator(".pick-one").first)
    await walk.type(desk.get_by_label("Off the price"), "0.10")
    await walk.type(desk.get_by_label("The offer in one line"), "10 cents off, this week only")
    await walk.type(desk.get_by_label("Headline"), "10 cents off")
    await walk.type(desk.get_by_label("Badge"), BADGE)
    await walk.press(desk.get_by_text("Public displays", exact=True))
    await walk.press(desk.get_by_text("Kiosk", exact=True))
    preview = desk.frame_locator('iframe[src$="surface=display"]')
    await expect(preview.get_by_text(BADGE)).to_be_visible()
    return walk


async def _published(desk: Page, walk: Walk) -> None:
    said = desk.locator("#said")
    for name, words in (
        ("Save draft", "Saved"),
        ("Approve", "Approved"),
        ("Publish", "Published"),
    ):
        await walk.press(desk.locator("#steps").get_by_role("button", name=name))
        await expect(said).to_contain_text(words)
