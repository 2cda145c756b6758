"""The pages' modules by themselves, run where they will run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.pages.gateway import WEB, opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """One page for all: modules keep nothing that a test could see."""
    async with opened() as gateway:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{gateway.url}/me")
        yield page
        await context.close()


async def run(page: Page, body: str, argument: object = None) -> Any:
    return await page.evaluate(f"async (given) => {{ {body} }}", argument)


@pytest.mark.parametrize("cut", [1, 2, 7, 1000])
async def test_events_are_whole_however_the_line_cuts_them(page: Page, cut: int) -> None:
    text = (
        'event: show\r\ndata: {"a":1}\r\n\r\n: heartbeat\n\ndata: {"b":\ndata: "x"}\n\n'
        'event: bad\ndata: {\n\nevent: cmd\ndata: {"c":3}\n\nevent: rest\ndata: {}'
    )
    found = await run(
        page,
        """const { EventReader } = await import("/web/stream.js");
        const reader = new EventReader();
        return given.flatMap((part) => reader.feed(part));""",
        [text[at : at + cut] for at in range(0, len(text), cut)],
    )
    assert found == [
        {"event": "show", "data": {"a": 1}},
        {"event": "message", "data": {"b": "x"}},
        {"event": "cmd", "data": {"c": 3}},
    ]


MONIES = [
    (("USD", 2, "en-US"), 399, "$3.99"),
    (("USD", 2, "en-US"), 5, "$0.05"),
    (("USD", 2, "en-US"), -1005, "-$10.05"),
    (("EUR", 2, "de-DE"), 123456, "1.234,56\xa0€"),
    (("JPY", 0, "ja-JP"), 98, "\uffe598"),
    (("JPY", 0, "ja-JP"), 1980, "\uffe51,980"),
    (("KRW", 0, "ko-KR"), 12000, "₩12,000"),
    (("KWD", 3, "en-US"), 1234, "KWD\xa01.234"),
    (("BHD", 3, "en-US"), 5, "BHD\xa00.005"),
    (("CLF", 4, "en-US"), 12345, "CLF\xa01.2345"),
    # The store says how many digits there are; the browser's own table is not asked.
    (("ISK", 2, "en-US"), 100, "ISK\xa01.00"),
    (("nonsense", 2, "xx-"), 100, "$1.00"),
]


def store_of(money: tuple[str, int, str]) -> dict[str, object]:
    return dict(zip(("currency", "currency_exponent", "locale"), money, strict=True))


@pytest.mark.parametrize(("money", "cents", "words"), MONIES)
async def test_money_is_written_as_people_there_write_it(
    page: Page, money: tuple[str, int, str], cents: int, words: str
) -> None:
    body = """const m = await import("/web/money.js");
        m.useMoney(given[0]);
        m.useMoney(given[1]);
        return m.money(given[2]);"""
    told = await run(page, body, [store_of(("USD", 2, "en-US")), store_of(money), cents])
    assert told == words


async def test_a_price_tag_reads_as_one_price(page: Page) -> None:
    body = """const { priceTag, useMoney } = await import("/web/money.js");
        return given.map(([money, cents]) => {
          useMoney(money);
          return priceTag(cents)?.textContent ?? null;
        });"""
    dollars, euros = store_of(("USD", 2, "en-US")), store_of(("EUR", 2, "de-DE"))
    yen, dinars = store_of(("JPY", 0, "ja-JP")), store_of(("KWD", 3, "en-US"))
    asked = [[dollars, 1099], [dollars, None], [euros, 123456], [yen, 98], [dinars, 1234]]
    assert await run(page, body, asked) == [
        "$10.99", None, "1.234,56€", "\uffe598", "KWD1.234",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("money", "cents", "typed", "step"),
    [
        (("USD", 2, "en-US"), 399, "3.99", "0.01"),
        (("EUR", 2, "de-DE"), 5, "0.05", "0.01"),
        (("JPY", 0, "ja-JP"), 98, "98", "1"),
        (("KWD", 3, "en-US"), 1234, "1.234", "0.001"),
    ],
)
async def test_an_amount_is_typed_with_the_currencys_own_digits(
    page: Page, money: tuple[str, int, str], cents: int, typed: str, step: str
) -> None:
    body = """const m = await import("/web/money.js");
        m.useMoney(given[0]);
        return [m.typed(given[1]), m.amountOf(given[2]), m.step(), m.amountOf("")];"""
    assert await run(page, body, [store_of(money), cents, typed]) == [typed, cents, step, 0]


@pytest.mark.parametrize(
    ("headline", "aisle"),
    [
        ("Fluid milk, white, store brand, 1 gal", "dairy"),
        ("Hamburger buns, store brand, 12 oz", "bakery"),
        ("Hot dog buns, 11 oz", "bakery"),
        ("Chocolate milk", "dairy"),
        ("Dog food, dry", "pet"),
        ("Head lettuce, 24 ct", "produce"),
        ("Frozen corn on the cob", "frozen"),
        ("Eggs, x-large, 1 dozen", "eggs"),
        ("Chicken breast boneless", "poultry"),
        ("Something new", "basket"),
    ],
)
async def test_a_headline_finds_its_department(page: Page, headline: str, aisle: str) -> None:
    assert (
        await run(
            page,
            'const { aisleOf } = await import("/web/aisle.js"); return aisleOf(given);',
            headline,
        )
        == aisle
    )


@pytest.mark.parametrize(
    ("headline", "parts"),
    [
        ("Eggs, x-large, store brand, 1 dozen", ["Eggs, x-large", "store brand, 1 dozen"]),
        ("Bananas", ["Bananas", ""]),
        ("Soft drink 2 liter bottle, 2 l", ["Soft drink 2 liter bottle", "2 l"]),
        ("Tomatoes grape, pint", ["Tomatoes grape", "pint"]),
        ("12 oz", ["12 oz", ""]),
    ],
)
async def test_a_headline_is_name_and_size(page: Page, headline: str, parts: list[str]) -> None:
    assert (
        await run(
            page,
            'const { nameAndSize } = await import("/web/aisle.js"); return nameAndSize(given);',
            headline,
        )
        == parts
    )


async def test_every_department_has_its_picture_and_its_colour(page: Page) -> None:
    body = """
      const source = await (await fetch("/web/aisle.js")).text();
      const aisles = [...source.matchAll(/^  ([a-z]+): "/gm)].map((found) => found[1]).concat("basket");
      const pictures = await (await fetch("/web/icons/aisles.svg")).text();
      const style = await (await fetch("/web/style.css")).text();
      return aisles.filter((aisle) => !pictures.includes(`id="${aisle}"`) || !style.includes(`.aisle-${aisle} `));
    """
    assert await run(page, body) == []


async def test_every_icon_that_is_used_is_drawn(page: Page) -> None:
    body = """
      const icons = await (await fetch("/web/icons/ui.svg")).text();
      const found = new Set();
      for (const file of given) {
        const source = await (await fetch(`/web/${file}`)).text();
        for (const [, name] of source.matchAll(/icon\\("([a-z]+)"/g)) found.add(name);
      }
      return [...found].filter((name) => !icons.includes(`id="${name}"`));
    """
    files = sorted(file.name for file in WEB.rglob("*.js"))
    assert await run(page, body, files) == []


async def test_waits_grow_and_differ_but_never_beyond_eight_seconds(page: Page) -> None:
    waits = await run(
        page,
        'const { waitMs } = await import("/web/line.js"); return Array.from({ length: 40 }, (_, n) => waitMs(n));',
    )
    assert max(waits) <= 8_000
    assert len(set(waits)) > 30


async def test_ids_are_random_version_4_uuids(page: Page) -> None:
    ids = await run(
        page,
        'const { uuid } = await import("/web/outbox.js"); return Array.from({ length: 50 }, uuid);',
    )
    assert len(set(ids)) == 50
    assert all(len(i) == 36 and i[14] == "4" and i[19] in "89ab" for i in ids)


async def test_the_outbox_keeps_order_and_its_limit_over_lives(page: Page) -> None:
    body = """
      const { Outbox } = await import("/web/outbox.js");
      const first = new Outbox("test", ({ type }) => type === "play");
      await first.open();
      for (let n = 0; n < 30; n += 1) first.add({ id: `${n}`, type: n % 3 ? "play" : "sign-in", data: {} }, () => {});
      first.remove(first.head);
      await new Promise((done) => { setTimeout(done, 50); });
      const second = new Outbox("test", ({ type }) => type === "play");
      await second.open();
      const ids = [];
      while (second.head) { ids.push(second.head.event.id); second.remove(second.head); }
      first.forget();
      return [ids, first.length];
    """
    ids, left = await run(page, body)
    assert ids == [str(n) for n in range(30) if n % 3]
    assert left == 20


async def test_colours_leave_words_readable_on_every_department(page: Page) -> None:
    body = """
      const linear = (part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
      const parts = (rgb) => rgb.match(/[\\d.]+/g).map(Number).map(linear);
      const light = (rgb) => parts(rgb).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
      const source = await (await fetch("/web/style.css")).text();
      return [...source.matchAll(/\\.(aisle-[a-z]+) /g)].map(([, name]) => {
        const tile = document.createElement("div");
        tile.className = `aisle ${name}`;
        document.body.append(tile);
        return [name, 1.05 / (light(getComputedStyle(tile).backgroundColor) + 0.05)];
      }).filter(([, contrast]) => contrast < 4.5);
    """
    assert await run(page, body) == []
