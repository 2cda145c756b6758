"""Events over HTTP."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

import edge.api.devices.events
from devices.errors import Refusal
from edge.domain.errors import StorageFailed
from tests.edge.api.conftest import JSON, TILL
from tests.edge.api.fakes import Store


def event(event_id: str = "e-1", **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "storeside/1/store-1/pos/till-1",
        "type": "storeside.basket.v1",
        "time": "2026-11-22T12:00:00Z",
        "data": {"basket_id": "b-1", "action": "open"},
        **more,
    }


async def test_one_event_is_answered_by_one_receipt(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/events", json=event(), headers=TILL) as answer:
        assert answer.status == 202
        assert await answer.json() == {"results": [{"id": "e-1", "accepted": True}]}
    assert [taken.id for taken in store.events.taken] == ["e-1"]


async def test_a_batch_is_answered_in_its_own_order(
    client: aiohttp.ClientSession, store: Store
) -> None:
    batch = [event("e-1"), event("e-2", type="storeside.unheard.v1"), event("e-3")]
    async with client.post("/v1/events", json=batch, headers=TILL) as answer:
        results = (await answer.json())["results"]
    assert [one["accepted"] for one in results] == [True, False, True]
    assert results[1] == {
        "id": "e-2",
        "accepted": False,
        "reason": "unknown-type",
        "field": "type",
    }
    assert store.events.refusals == [Refusal.UNKNOWN_TYPE]


async def test_a_device_speaks_only_for_itself(
    client: aiohttp.ClientSession, store: Store
) -> None:
    foreign = event(source="storeside/1/store-1/pos/till-2")
    async with client.post("/v1/events", json=foreign, headers=TILL) as answer:
        assert (await answer.json())["results"][0]["reason"] == "wrong-source"
    assert store.events.taken == []


async def test_a_question_is_no_event(client: aiohttp.ClientSession, store: Store) -> None:
    question = event(type="storeside.decide.v1", data={"placement": "till-addon"})
    async with client.post("/v1/events", json=question, headers=TILL) as answer:
        assert (await answer.json())["results"][0]["reason"] == "unknown-type"
    assert store.events.taken == []


async def test_a_body_that_is_no_event_at_all_is_a_problem(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.post("/v1/events", data=b"[1,", headers=TILL | JSON) as answer:
        assert answer.status == 400
        assert answer.content_type == "application/problem+json"
    assert store.events.refusals == [Refusal.NOT_JSON]


async def test_more_than_a_batch_may_hold_is_too_large(
    client: aiohttp.ClientSession, store: Store
) -> None:
    batch = json.dumps([event(f"e-{n}") for n in range(201)])
    async with client.post("/v1/events", data=batch, headers=TILL | JSON) as answer:
        assert answer.status == 413
    assert store.events.taken == []


async def test_a_failing_disk_is_not_acknowledged(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.events.fails = StorageFailed("the disk is gone")
    async with client.post("/v1/events", json=event(), headers=TILL) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert "disk" not in await answer.text()


async def test_without_a_receipt_in_time_nothing_is_promised(
    client: aiohttp.ClientSession, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge.api.devices.events, "RECEIPT_S", 0.02)
    store.events.hangs = True
    async with client.post("/v1/events", json=event(), headers=TILL) as answer:
        assert answer.status == 504
        assert (await answer.json())["type"] == "urn:storeside:problem:no-receipt"
