"""A demo's store with its pages open in a real browser, and the steps of people before them."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import Any

import zxingcpp
from PIL import Image
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    async_playwright,
    expect,
)
from rich.console import Console

from edge.domain.consent import Purpose
from edge.lab.console_output import DemoOutput
from edge.lab.demo.data_folder import DemoFolder
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.run import run_demo
from edge.lab.demo.shoppers import identifiers, purposes_of
from tests.patience import patient

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
CONSOLE, DISPLAY, KIOSK = "Console", "Display at the shelves", "Kiosk"
TABLET, TILL = "Associate's tablet", "Till"
_BAD = 400
_WANTED = frozenset(
    {
        Purpose.RECOGNISE,
        Purpose.PERSONALISE_PRIVATE,
        Purpose.ASSOCIATE_ASSIST,
        Purpose.CHECKOUT_OFFER,
    }
)


class Overheard(DemoOutput):
    """A voice that remembers the addresses of the pages."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.links: dict[str, str] = {}
        self.is_open = asyncio.Event()

    def open(self, name: str, links: Any) -> None:
        super().open(name, links)
        self.links = dict(links)

    def begin(self, visits: int) -> None:
        super().begin(visits)
        self.is_open.set()


@dataclass(kw_only=True)
class Live:
    """An open store; ``wrongs`` is all that any of its pages complained of."""

    links: dict[str, str]
    folder: DemoFolder
    browser: Browser
    wrongs: list[str] = field(default_factory=list[str])
    found: dict[str, Any] = field(default_factory=dict[str, Any])

    async def page(self, title: str, width: int = 1280, height: int = 800, **more: Any) -> Page:
        """One of the store's pages in a window of its own."""
        return await self.window(self.links[title], width, height, **more)

    async def phone(self, address: str, **more: Any) -> Page:
        """An address on a shopper's phone."""
        return await self.window(address, 390, 844, is_mobile=True, has_touch=True, **more)

    async def window(self, address: str, width: int, height: int, **more: Any) -> Page:
        """A new profile with one page."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, **more
        )
        context.set_default_timeout(patient(10_000))
        expect.set_options(timeout=patient(5_000))
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.wrongs.append(f"dialog: {dialog.message}"))
        page.on("console", self._heard)
        page.on("response", self._answered)
        await page.goto(address)
        return page

    async def close_pages(self, *, but: Page) -> None:
        """All pages but one are left: one more of a device would hear what the next one is told."""
        for context in self.browser.contexts:
            if context is not but.context:
                await context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrongs.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= _BAD:
            self.wrongs.append(f"{response.status}: {response.url}")

    def told(self, name: str, device: str) -> int:
        """How many facts called ``name`` of what ``device`` said are on disk for the centre."""
        with closing(sqlite3.connect(self.folder.database)) as conn:
            (found,) = conn.execute(
                "SELECT count(*) FROM outbox WHERE type = ? AND source LIKE ?",
                (f"storeside.{name}.v1", f"%/{device}"),
            ).fetchone()
        return int(found)


@asynccontextmanager
async def open_day(options: DemoOptions) -> AsyncGenerator[Live]:
    """Open a demo and a browser; at the end the store is closed in order and ``found`` is its count."""
    output = Overheard()
    running = asyncio.ensure_future(run_demo(options, output))
    waiting = asyncio.ensure_future(output.is_open.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        waiting.cancel()
        running.result()
    assert options.folder is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        live = Live(links=output.links, folder=DemoFolder(path=options.folder), browser=browser)
        try:
            yield live
        finally:
            await browser.close()
            os.kill(os.getpid(), signal.SIGINT)
            live.found.update(await running)


def willing(households: list[int]) -> list[int]:
    """Those who agreed to be recognised, helped and shown things, the most willing first."""
    found = [h for h in households if purposes_of(h) >= _WANTED]
    return sorted(found, key=lambda h: (-len(purposes_of(h)), h))


async def sign_in(kiosk: Page, household: int) -> None:
    """Type the card's number on the glass, go on as chosen before, and wait for the own tiles."""
    await kiosk.get_by_role("button", name="Type it in").click()
    for digit in identifiers(household).loyalty:
        await kiosk.get_by_role("button", name=digit, exact=True).click()
    await kiosk.get_by_role("button", name="Next").click()
    await kiosk.get_by_role("button", name="Go on as I chose before").click()
    await kiosk.locator(".personal").wait_for()


async def code_on(kiosk: Page) -> str:
    """What a phone's camera reads off the kiosk's screen."""
    code = kiosk.locator(".qr")
    await code.evaluate("(image) => image.decode()")
    picture = Image.open(io.BytesIO(await code.screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    return str(found.text)
