"""The store's own prices for the page of a till."""

from __future__ import annotations

import aiohttp

from tests.edge.api.devices.test_page_gateway import opened
from tests.edge.api.fakes import Store
from tests.edge.builders import catalogue

PATH = "/v1/pages/till-1/prices"


async def test_a_tills_page_reads_the_catalogues_prices_by_any_form_of_a_code(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.catalogue.in_force = catalogue()
    await opened(client, "till-1")
    async with client.get(f"{PATH}?sku=2&sku=unknown&sku=1") as answer:
        told = (await answer.json())["items"]
    assert [(one["asked"], one["name"], one["price_cents"]) for one in told] == [
        ("2", "Product 2", 102),
        ("1", "Product 1", 101),
    ]


async def test_no_other_page_and_no_stranger_reads_them(client: aiohttp.ClientSession) -> None:
    async with client.get(PATH) as answer:
        assert answer.status == 401
    await opened(client, "kiosk-1")
    async with client.get("/v1/pages/kiosk-1/prices?sku=1") as answer:
        assert answer.status == 403


async def test_what_is_no_code_and_more_than_a_shelf_is_refused(
    client: aiohttp.ClientSession,
) -> None:
    await opened(client, "till-1")
    for query in ("sku=" + "x" * 300, "&".join(f"sku={n}" for n in range(101))):
        async with client.get(f"{PATH}?{query}") as answer:
            assert answer.status == 400
