"""Takes those pictures of docs/screens.md that need no store: ``python -m tests.pages.pictures [NAME…]``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Error, async_playwright

from tests.pages import scenes
from tests.pages.gateway import PASSWORD, opened

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


async def _shoot(browser: Browser, scene: scenes.Scene) -> None:
    async with opened(demo=True) as gateway:
        context = await browser.new_context(
            viewport={"width": scene.width, "height": scene.height},
            color_scheme="dark" if scene.dark else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        page.on("pageerror", _complain)
        await scene.prepare(gateway)
        await page.goto(f"{gateway.url}{scene.path}#key={PASSWORD}")
        await scene.play(gateway, page)
        await page.wait_for_timeout(250)
        file = PICTURES / f"{scene.name}.png"
        await page.screenshot(path=file, full_page=scene.whole)
        lighten(file)
        await context.close()


def _complain(error: Error) -> None:
    sys.stderr.write(f"{error}\n")


def lighten(file: Path) -> None:
    """Flat colours need no more than a palette: a third of the bytes, no difference to the eye."""
    with Image.open(file) as picture:
        palette = picture.convert("RGB").quantize(colors=256, dither=Image.Dither.NONE)
    palette.save(file, optimize=True)


async def take(names: list[str]) -> None:
    """Take the pictures of these scenes, or of all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for scene in scenes.SCENES:
            if not names or scene.name in names:
                await _shoot(browser, scene)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1:]))
