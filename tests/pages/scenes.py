"""The scenes of the pictures: what each screen is told before it is photographed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

from tests.pages import floor, records, store
from tests.pages.gateway import Gateway


async def _nothing(_gateway: Gateway, _page: Page) -> None:
    """Nothing more to do."""


async def _as_it_is(_gateway: Gateway) -> None:
    """Nothing to prepare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: a page of a size, and what happens before it is taken."""

    name: str
    path: str
    width: int = 1280
    height: int = 800
    dark: bool = False
    whole: bool = False
    prepare: Callable[[Gateway], Awaitable[None]] = _as_it_is
    play: Callable[[Gateway, Page], Awaitable[None]] = _nothing


TICKET = "eyJhbGciOiJIUzI1NiJ9." + "eyJpc3MiOiJzdG9yZS0zNjciLCJhdWQiOiJzdG9yZXNpZGUtbWUifQ" * 4


async def _attract(gateway: Gateway) -> None:
    gateway.show("kiosk-1", store.show("context", [store.BREAD, store.TOMATOES, store.CHICKEN]))


async def _attracted(_gateway: Gateway, page: Page) -> None:
    await page.get_by_text("White bread").wait_for()


async def _pad(gateway: Gateway, page: Page) -> None:
    await _attracted(gateway, page)
    await page.get_by_role("button", name="Type it in").click()
    await page.keyboard.type("40012")


async def _letters(gateway: Gateway, page: Page) -> None:
    await _pad(gateway, page)
    await page.get_by_role("button", name="E-mail", exact=True).click()
    await page.keyboard.type("someone@example.com")


async def _card(gateway: Gateway, page: Page) -> None:
    await _attracted(gateway, page)
    await page.get_by_role("button", name="Scan my card").click()


async def _consent(gateway: Gateway, page: Page) -> None:
    await _pad(gateway, page)
    await page.keyboard.press("Enter")
    await page.get_by_role("switch").first.check()


async def _personal(gateway: Gateway, page: Page) -> None:
    await _consent(gateway, page)
    await page.get_by_role("button", name="Go on with these choices").click()
    items = [store.MILK, store.EGGS, store.COFFEE, store.CHIPS, store.ICE, store.CHEESE]
    gateway.show(
        "kiosk-1", store.show("personal", items, greeting="Quiet Otter", ticket=TICKET)
    )
    await page.get_by_text("Picked for you").wait_for()


async def _tile(gateway: Gateway, page: Page) -> None:
    await _personal(gateway, page)
    await page.get_by_text("Tortilla chips").click()


async def _addons(gateway: Gateway) -> None:
    shown = store.show("personal", [store.SALSA, store.CHEESE], title="Before you pay")
    gateway.answer = lambda _device, _data: shown


async def _sale(_gateway: Gateway, page: Page) -> None:
    for name in ("Bananas", "Fluid milk", "Tortilla nacho chips", "Beef, lean"):
        await page.get_by_role("button", name=name).first.click()
    await page.get_by_role("button", name="Bananas").first.click()
    await page.get_by_text("Mild salsa").wait_for()


async def _day(gateway: Gateway) -> None:
    for key in [d["decision_id"] for d in floor.DECISIONS]:
        gateway.records[f"/v1/decisions/{key}"] = records.DECISION


async def _busy(gateway: Gateway, page: Page) -> None:
    await page.get_by_text("Maple Street").wait_for()
    for name, data in floor.HAPPENINGS:
        gateway.tell("console", name, data)
    await page.get_by_text("Amber Finch").first.wait_for()
    await page.wait_for_timeout(300)


SCENES = (
    Scene(name="console-dark", path="/", prepare=_day, play=_busy, dark=True),
    Scene(name="console-details", path="/", prepare=_day, play=_busy, whole=True),
    Scene(name="till", path="/till/till-1", prepare=_addons, play=_sale),
    Scene(name="kiosk", path="/kiosk/kiosk-1", prepare=_attract, play=_attracted),
    Scene(name="kiosk-card", path="/kiosk/kiosk-1", prepare=_attract, play=_card),
    Scene(name="kiosk-pad", path="/kiosk/kiosk-1", prepare=_attract, play=_pad),
    Scene(name="kiosk-letters", path="/kiosk/kiosk-1", prepare=_attract, play=_letters),
    Scene(name="kiosk-consent", path="/kiosk/kiosk-1", prepare=_attract, play=_consent),
    Scene(name="kiosk-tile", path="/kiosk/kiosk-1", prepare=_attract, play=_tile),
    Scene(name="display-house", path="/display/display-1", width=1920, height=1080),
)
