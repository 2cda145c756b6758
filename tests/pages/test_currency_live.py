"""Case F18: prices on every screen of a real store in the store's own currency, with the digits that it has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from devices.broker import BrokerChild
from edge.storage.catalogue import products
from edge.storage.connection import open_connection
from tests.contract.store import Store, goods
from tests.patience import patient, until


@dataclass(frozen=True, slots=True)
class Money:
    """A currency, a price in its smallest units, and how people there read it."""

    code: str
    locale: str
    cents: int
    shown: str

    @property
    def digits(self) -> str:
        """The price without its sign."""
        return self.shown.strip("\uffe5₩€KWD")


# What the store's one offer takes off, in smallest units.
OFF = 40
YEN = Money("JPY", "ja-JP", 98, "\uffe598")
DINAR = Money("KWD", "en-US", 1234, "KWD1.234")
EURO = Money("EUR", "de-DE", 399, "3,99€")
WON = Money("KRW", "ko-KR", 12000, "₩12,000")


@dataclass(frozen=True, slots=True)
class Shop:
    """A running store where everything costs the same, with the passwords of its screens."""

    store: Store
    money: Money
    keys: dict[str, str]

    def address(self, path: str, device: str) -> str:
        """A page with its key."""
        return f"http://127.0.0.1:{self.store.http_port}{path}#key={self.keys[device]}"


@pytest_asyncio.fixture(
    scope="module", loop_scope="session", params=[YEN, DINAR, EURO, WON], ids=lambda m: m.code
)
async def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """Made with the command line alone, as its owner would."""
    money: Money = request.param
    lines = f'currency = "{money.code}"\nlocale = "{money.locale}"\n'
    store = Store(tmp_path_factory.mktemp(f"shop-{money.code}"), 1883, store_lines=lines)
    store.write_settings()
    store.command("init")
    async with BrokerChild(store.data / "fleet") as broker:
        store.broker_port = broker.port
        store.write_settings()
        # With an offer, or a store without a past has nothing to show.
        store.stock()
        with closing(open_connection(store.data / "storeside.db")) as conn:
            products.upsert(conn, [{**one, "price_cents": money.cents} for one in goods()])
        accounts = {
            name: store.add_device(name, kind, "fresh")
            for name, kind in (("wall", "display"), ("kiosk", "kiosk"), ("till", "pos"))
        }
        store.start()
        try:
            yield Shop(store, money, {n: str(one["password"]) for n, one in accounts.items()})
        finally:
            status = store.stop()
    assert status == 0


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A window of one test, which nothing may go wrong in."""
    wrongs = list[str]()
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(patient(10_000))
    expect.set_options(timeout=patient(10_000))
    opened = await context.new_page()
    opened.on("pageerror", lambda error: wrongs.append(str(error)))
    yield opened
    await context.close()
    assert wrongs == []


def plain(text: str) -> str:
    """Without the spaces that a price tag leaves out."""
    return text.replace("\xa0", "").replace(" ", "")


async def prices(page: Page, where: str) -> set[str]:
    """All prices that are to be seen there, when the first is; one that is crossed out is one by itself."""
    await page.locator(where).first.wait_for()
    now = await page.locator(where).evaluate_all(
        "all => all.flatMap(tag => [tag.querySelector('.was')?.textContent ?? '',"
        " [...tag.children].filter(part => !part.matches('.was')).map(part => part.textContent).join('')])"
    )
    return {plain(one) for one in now if one}


async def test_a_display_shows_prices_in_the_stores_currency(page: Page, shop: Shop) -> None:
    await page.goto(shop.address("/display/wall", "wall"))
    assert shop.money.shown in await prices(page, "price-tag")


async def test_a_kiosk_shows_prices_in_the_stores_currency(page: Page, shop: Shop) -> None:
    await page.goto(shop.address("/kiosk/kiosk", "kiosk"))
    await page.locator("button").last.click()  # without signing in, whatever the language
    assert shop.money.shown in await prices(page, "price-tag")


async def test_a_till_shows_and_adds_in_the_stores_currency(page: Page, shop: Shop) -> None:
    await page.goto(shop.address("/till/till", "till"))
    # What the store suggests beside the basket, and the sum when it is taken.
    await _scan_until_suggested(page)
    assert shop.money.shown in await prices(page, ".addon price-tag")
    before = await _sum(page)
    await page.locator(".addon").filter(has_text=shop.money.digits).first.click()
    # The article, and the line of what the offer takes off.
    await expect(page.locator("#lines li")).not_to_have_count(1)
    # With its offer, if that is what was suggested.
    assert await _sum(page) - before in {shop.money.cents, shop.money.cents - OFF}


async def _scan(page: Page) -> None:
    await page.get_by_label("Article number").fill(str(goods()[0]["sku"]))
    await page.get_by_role("button", name="Add").click()


async def _scan_until_suggested(page: Page) -> None:
    """One piece more until an answer came in time: on a busy machine a till may go on without one."""
    for _ in range(30):
        await _scan(page)
        try:
            await page.locator(".addon").first.wait_for(timeout=1_000)
        except PlaywrightTimeout:
            continue
        return


async def _sum(page: Page) -> int:
    """The total in smallest units: its digits, whatever stands between them."""
    told = await page.locator("#total").text_content()
    return int("".join(c for c in told or "" if c.isdigit()))


async def test_the_centre_is_told_the_currency_of_an_order(page: Page, shop: Shop) -> None:
    await page.goto(shop.address("/till/till", "till"))
    await _scan(page)
    await page.get_by_role("button", name="Pay").click()
    await until(lambda: f'"currency":"{shop.money.code}"' in _orders(shop.store))


def _orders(store: Store) -> str:
    """Every order as it waits for the centre."""
    with closing(open_connection(store.data / "storeside.db")) as conn:
        found = conn.execute(
            "SELECT body FROM outbox WHERE type = 'storeside.order-completed.v1'"
        ).fetchall()
    return b"".join(bytes(one) for (one,) in found).decode().replace(" ", "")
