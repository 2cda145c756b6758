"""Decisions over HTTP: always an answer, always in time."""

from __future__ import annotations

import aiohttp
import pytest

from edge.domain.errors import SignalRefused, StorageFailed
from tests.edge.api.conftest import TILL
from tests.edge.api.fakes import Store
from tests.patience import until

ASK = {"placement": "till-addon", "limit": 3, "deadline_ms": 5000}


async def test_an_answer_in_time_is_what_the_store_decided(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/decisions", json=ASK, headers=TILL) as answer:
        body = await answer.json()
    assert (answer.status, body["kind"], body["decision_id"]) == (200, "context", "d-1")
    who, ask = store.decisions.asked[0]
    assert (who.device, ask.placement, ask.limit) == ("till-1", "till-addon", 3)


async def test_past_the_deadline_the_answer_is_empty_and_says_so(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.decisions.takes_s = 0.1
    async with client.post(
        "/v1/decisions", json=ASK | {"deadline_ms": 10}, headers=TILL
    ) as answer:
        body = await answer.json()
    assert (answer.status, body["kind"], body["late"]) == (200, "fallback", True)
    assert body["items"] == []
    assert body["template"] == "strip"


async def test_a_late_decision_is_finished_all_the_same(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.decisions.takes_s = 0.05
    async with client.post("/v1/decisions", json=ASK | {"deadline_ms": 1}, headers=TILL):
        pass
    await until(lambda: store.decisions.finished == 1)


@pytest.mark.parametrize("error", [SignalRefused("unknown-basket"), StorageFailed("gone")])
async def test_a_till_never_fails_because_of_us(
    client: aiohttp.ClientSession, store: Store, error: Exception
) -> None:
    store.decisions.fails = error
    async with client.post("/v1/decisions", json=ASK, headers=TILL) as answer:
        body = await answer.json()
    assert (answer.status, body["kind"], "late" in body) == (200, "fallback", False)


async def test_a_placement_that_is_unknown_here_can_still_be_answered(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.decisions.fails = SignalRefused("malformed")
    async with client.post(
        "/v1/decisions", json={"placement": "ceiling"}, headers=TILL
    ) as answer:
        assert (await answer.json())["template"] == "none"
