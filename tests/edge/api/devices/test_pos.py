"""Whole baskets in one request."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from devices.messages import Basket
from tests.edge.api.conftest import TILL
from tests.edge.api.fakes import PASSWORD, Store

SALE = {
    "basket_id": "b-1",
    "lines": [{"sku": "1029743", "quantity": 2, "price_cents": 249}],
    "loyalty": "4711",
}


def keyed(key: str) -> dict[str, str]:
    return TILL | {"Idempotency-Key": key}


def steps(store: Store) -> list[str]:
    return [e.data.action for e in store.events.taken if isinstance(e.data, Basket)]


async def test_a_sale_becomes_the_steps_of_a_scanned_basket(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/pos/transactions", json=SALE, headers=keyed("s-1")) as answer:
        body = await answer.json()
    assert (answer.status, body["accepted"], len(body["results"])) == (202, True, 3)
    assert steps(store) == ["open", "identify", "complete"]
    assert {e.source for e in store.events.taken} == {"storeside/1/store-1/pos/till-1"}


async def test_a_sale_without_a_card_identifies_nobody(
    client: aiohttp.ClientSession, store: Store
) -> None:
    sale = {k: v for k, v in SALE.items() if k != "loyalty"}
    async with client.post("/v1/pos/transactions", json=sale, headers=keyed("s-1")):
        pass
    assert steps(store) == ["open", "complete"]


async def test_the_same_key_gets_the_first_answer_and_tells_nothing_twice(
    client: aiohttp.ClientSession, store: Store
) -> None:
    answers = []
    for _ in range(2):
        async with client.post(
            "/v1/pos/transactions", json=SALE, headers=keyed("s-1")
        ) as answer:
            answers.append((answer.status, await answer.json()))
    assert answers[0] == answers[1]
    ids = [event.id for event in store.events.taken]
    assert ids == ["s-1:open", "s-1:identify", "s-1:complete"]


async def test_the_same_key_for_another_sale_is_a_conflict(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/pos/transactions", json=SALE, headers=keyed("s-1")):
        pass
    other = SALE | {"basket_id": "b-2"}
    async with client.post("/v1/pos/transactions", json=other, headers=keyed("s-1")) as answer:
        assert answer.status == 409
    assert len(store.events.taken) == 3


@pytest.mark.parametrize("key", ["", "a b", "x" * 65])
async def test_a_sale_needs_a_plain_key(client: aiohttp.ClientSession, key: str) -> None:
    async with client.post("/v1/pos/transactions", json=SALE, headers=keyed(key)) as answer:
        assert answer.status == 400
        assert "Idempotency-Key" in (await answer.json())["detail"]


async def test_only_tills_sell(client: aiohttp.ClientSession) -> None:
    kiosk = {
        "Authorization": aiohttp.encode_basic_auth("kiosk-1", PASSWORD),
        "Idempotency-Key": "k",
    }
    async with client.post("/v1/pos/transactions", json=SALE, headers=kiosk) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"basket_id": "4111-1111-1111-1111"},
        {"basket_id": "two words"},
        {"pan": "x"},
    ],
)
async def test_a_sale_that_is_none_is_refused_whole(
    client: aiohttp.ClientSession, store: Store, change: dict[str, Any]
) -> None:
    async with client.post(
        "/v1/pos/transactions", json=SALE | change, headers=keyed("s-1")
    ) as answer:
        assert answer.status == 400
        assert "4111" not in await answer.text()
    assert store.events.taken == []
