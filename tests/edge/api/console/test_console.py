"""The console's addresses."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.edge.api.fakes import PASSWORD, Store

KEY = {"Authorization": f"Bearer {PASSWORD}"}


async def got(client: aiohttp.ClientSession, path: str) -> Any:
    async with client.get(path, headers=KEY) as answer:
        assert answer.status == 200
        return await answer.json()


async def test_the_overview_has_every_part_of_the_contract(
    client: aiohttp.ClientSession,
) -> None:
    body = await got(client, "/v1/overview")
    assert list(body) == [
        "store", "counts", "latency_ms", "hit_rate_at_10", "complement_rate", "devices", "outbox",
        "hub", "model", "consents", "pages", "refusals", "line_refusals", "rungs",
    ]  # fmt: skip
    assert body["store"]["clock"] == "2026-11-22T12:00:00Z"


async def test_devices_are_told_with_their_class(client: aiohttp.ClientSession) -> None:
    assert (await got(client, "/v1/devices"))[0]["class"] == "pos"


@pytest.mark.parametrize("path", ["/v1/visits", "/v1/offers", "/v1/models"])
async def test_lists_are_arrays(client: aiohttp.ClientSession, path: str) -> None:
    assert len(await got(client, path)) == 1


async def test_a_decision_is_told_in_words(client: aiohttp.ClientSession) -> None:
    assert (await got(client, "/v1/decisions/d-1"))["words"] == "Because."


async def test_a_decision_that_was_never_made_is_not_here(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/v1/decisions/d-2", headers=KEY) as answer:
        assert answer.status == 404
        assert "d-2" not in await answer.text()


async def test_the_brake_is_pulled_and_let_go(
    client: aiohttp.ClientSession, store: Store
) -> None:
    for paused in (True, False):
        async with client.post("/v1/pause", json={"paused": paused}, headers=KEY) as answer:
            assert await answer.json() == {"paused": paused}
        assert store.pause.paused is paused


async def test_a_device_is_not_the_console(client: aiohttp.ClientSession) -> None:
    basic = {"Authorization": aiohttp.encode_basic_auth("till-1", PASSWORD)}
    async with client.get("/v1/overview", headers=basic) as answer:
        assert answer.status == 401


async def test_the_stream_begins_with_the_overview_and_tells_what_happens(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.get("/v1/stream", headers=KEY) as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"event: overview\n"
        overview = json.loads((await answer.content.readline()).removeprefix(b"data: "))
        store.feed.tell("visit", {"phase": "arrived"})
        await answer.content.readline()
        assert await answer.content.readline() == b"event: visit\n"
        assert await answer.content.readline() == b'data: {"phase":"arrived"}\n'
    assert overview["store"]["id"] == "store-1"


async def test_a_console_that_leaves_is_forgotten(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.get("/v1/stream", headers=KEY) as answer:
        await answer.content.readline()
        assert store.feed.listeners == 1
    for _ in range(100):
        store.feed.tell("visit", {})
        await asyncio.sleep(0.01)
        if not store.feed.listeners:
            break
    assert store.feed.listeners == 0
