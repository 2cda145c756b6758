"""One browser for all page tests; every test has its own gateway, profile and list of wrongs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    async_playwright,
    expect,
)

from tests.pages import marketer
from tests.pages.gateway import PASSWORD, Gateway, opened
from tests.pages.marketer import Desk
from tests.patience import patient, until

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here drives a browser, on the loop that the browser lives on."""
    for item in items:
        if item.path.parent.name == "pages":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Served(Protocol):
    """Where pages come from; ``listening``: how many of a device's hear their stream."""

    @property
    def url(self) -> str: ...

    def listening(self, device: str) -> int: ...


@dataclass(kw_only=True)
class Visitor:
    """A browser window on one gateway, and everything that went wrong in it."""

    context: BrowserContext
    gateway: Served
    wrongs: list[str] = field(default_factory=list)

    async def open(
        self,
        path: str,
        *,
        key: str | None = PASSWORD,
        wait: str | None = None,
        clock: bool = False,
    ) -> Page:
        """Open a page with its key; ``wait`` is the device whose stream must be heard before it is given.

        With ``clock`` the test can put the page's clock forward.
        """
        page = await self.context.new_page()
        self._watch(page)
        if clock:
            await page.clock.install()
        await page.goto(self.gateway.url + path + ("" if key is None else f"#key={key}"))
        if wait is not None:
            await self.heard(wait)
        return page

    async def heard(self, device: str) -> None:
        """Wait until a page hears the stream of ``device``."""
        await self.until(lambda: self.gateway.listening(device) > 0)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that a page brings about."""
        await until(holds)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.wrongs.append(f"dialog: {dialog.message}"))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        cut = "Failed to load resource" in message.text
        if message.type in {"error", "warning"} and not cut:
            self.wrongs.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.gateway.url, "data:", "blob:")):
            self.wrongs.append(f"outside: {request.url}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless chromium, started once."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(_FLAGS)
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway of one test."""
    async with opened() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, gateway: Gateway) -> AsyncIterator[Visitor]:
    """A fresh profile; fails the test on any error, dialog or request to elsewhere."""
    async with _window(browser, gateway) as here:
        yield here
    assert here.wrongs + gateway.wrongs == []


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A marketer's desk of one test."""
    async with marketer.opened(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def at_desk(browser: Browser, desk: Desk) -> AsyncIterator[Visitor]:
    """The same before a marketer's desk."""
    async with _window(browser, desk) as here:
        yield here
    assert here.wrongs == []


@asynccontextmanager
async def _window(browser: Browser, served: Served) -> AsyncIterator[Visitor]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(patient(5_000))
    expect.set_options(timeout=patient(5_000))
    yield Visitor(context=context, gateway=served)
    await context.close()
