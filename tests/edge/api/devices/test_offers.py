"""Offers over HTTP: one question, its first answer, and no other body under its key."""

from __future__ import annotations

import aiohttp
import pytest

from tests.edge.api.conftest import TILL
from tests.edge.api.fakes import PASSWORD, Store

ASK = {"verb": "redeem", "basket_id": "b-1", "code": "MILK20"}
PATH = "/v1/pos/offers"


def keyed(key: str) -> dict[str, str]:
    return TILL | {"Idempotency-Key": key}


async def test_a_till_asks_in_its_own_name(client: aiohttp.ClientSession, store: Store) -> None:
    async with client.post(PATH, json=ASK, headers=keyed("q-1")) as answer:
        assert (answer.status, await answer.json()) == (200, {"granted": True})
    (asked,) = store.offers.asked
    assert (asked.source, asked.device) == ("storeside/1/store-1/pos/till-1", "till-1")
    assert asked.ask.code == "MILK20"


async def test_another_body_under_the_same_key_is_a_conflict(
    client: aiohttp.ClientSession, store: Store
) -> None:
    for body, status in ((ASK, 200), (ASK | {"verb": "reverse"}, 409)):
        async with client.post(PATH, json=body, headers=keyed("q-1")) as answer:
            assert answer.status == status
    assert len(store.offers.asked) == 1


async def test_without_a_key_each_question_is_a_new_one(
    client: aiohttp.ClientSession, store: Store
) -> None:
    for _ in range(2):
        async with client.post(PATH, json=ASK, headers=TILL) as answer:
            assert answer.status == 200
    one, other = store.offers.asked
    assert one.key != other.key


async def test_a_key_of_a_sale_is_no_key_of_an_offer(client: aiohttp.ClientSession) -> None:
    sale = {"basket_id": "b-1", "lines": [{"sku": "1", "quantity": 1, "price_cents": 1}]}
    for path, body in (("/v1/pos/transactions", sale), (PATH, ASK)):
        async with client.post(path, json=body, headers=keyed("same")) as answer:
            assert answer.status in {200, 202}


async def test_only_tills_ask(client: aiohttp.ClientSession) -> None:
    kiosk = {"Authorization": aiohttp.encode_basic_auth("kiosk-1", PASSWORD)}
    async with client.post(PATH, json=ASK, headers=kiosk) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"verb": "redeem", "basket_id": "b-1"}, ASK | {"verb": "give"}, ASK | {"more": 1}],
)
async def test_what_is_no_question_is_refused(
    client: aiohttp.ClientSession, store: Store, body: dict[str, object]
) -> None:
    async with client.post(PATH, json=body, headers=keyed("q-1")) as answer:
        assert answer.status == 400
    assert store.offers.asked == []
