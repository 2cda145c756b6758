"""What helps to write a campaign: products by their words, and the tower's word before anything is kept."""

from __future__ import annotations

import aiohttp
import pytest

from tests.edge.api.fake_portfolio import CLASH
from tests.edge.api.fakes import PASSWORD, Store
from tests.edge.campaigns.authoring.bodies import a_campaign, an_offer

KEY = {"Authorization": f"Bearer {PASSWORD}"}
WHOLE = {"campaigns": [a_campaign()], "offers": [an_offer()]}


async def test_products_are_asked_for_by_words_and_numbers(
    client: aiohttp.ClientSession, store: Store
) -> None:
    path = "/v1/products?q=rye%20bread&sku=110&sku=111"
    async with client.get(path, headers=KEY) as answer:
        assert (answer.status, await answer.json()) == (200, [])
    assert store.drafting.steps == [("products rye bread 110 111", "")]


async def test_the_tower_is_asked_without_a_step_being_taken(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.drafting.finds = (CLASH,)
    async with client.post("/v1/portfolio/check", json=WHOLE, headers=KEY) as answer:
        told = await answer.json()
    assert (answer.status, told["published"], told["version"]) == (200, False, None)
    assert [one["code"] for one in told["findings"]] == ["collision"]
    assert store.drafting.steps == [("check 1", "")]


async def test_a_body_that_is_no_portfolio_is_refused_with_the_place(
    client: aiohttp.ClientSession,
) -> None:
    body = {"campaigns": [a_campaign()], "offers": [an_offer(headline="")]}
    async with client.post("/v1/portfolio/check", json=body, headers=KEY) as answer:
        told = await answer.json()
    assert answer.status == 400
    assert told["detail"].startswith("offers.0.headline: ")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/products"), ("POST", "/v1/portfolio/check")])  # fmt: skip
async def test_nobody_but_the_console_is_answered(
    client: aiohttp.ClientSession, method: str, path: str
) -> None:
    async with client.request(method, path, json={}) as answer:
        assert answer.status == 401
