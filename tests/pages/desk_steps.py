"""The steps of a marketer at the campaigns page, as they are pressed and typed."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import Page, expect

from tests.edge.api.fakes import PASSWORD
from tests.pages.conftest import Visitor

SCREENS = ("Public displays", "Kiosk")


async def opened(visitor: Visitor) -> Page:
    """The page with its key, once it knows the store."""
    page = await visitor.open("/campaigns", key=PASSWORD)
    await expect(page.locator("#store")).to_have_text("Maple")
    return page


async def begin(page: Page, name: str = "Rolls for the weekend") -> None:
    """A new campaign with a name."""
    await page.get_by_role("link", name="New campaign").click()
    await page.get_by_label("Name of the campaign").fill(name)


async def offer_bread(
    page: Page, *, off: str = "0.20", screens: Sequence[str] = SCREENS
) -> None:
    """Everything that an offer needs: product, price, words, screens."""
    await page.get_by_label("Products: find them").fill("rye")
    await page.get_by_role("button", name="Rye bread").click()
    await page.get_by_label("Off the price").fill(off)
    await page.get_by_label("The offer in one line").fill("20 cents off rye bread")
    await page.get_by_label("Headline").first.fill("Rye bread, 20 cents off")
    for screen in screens:
        await page.get_by_text(screen, exact=True).first.click()


async def step(page: Page, name: str, says: str) -> None:
    """One step of the way to live, and what the page says to it."""
    await page.locator("#steps").get_by_role("button", name=name).click()
    await expect(page.locator("#said")).to_contain_text(says)


async def publish(page: Page) -> None:
    """From draft to live."""
    await step(page, "Save draft", "Saved as version")
    await step(page, "Approve", "Approved")
    await step(page, "Publish", "Published")
