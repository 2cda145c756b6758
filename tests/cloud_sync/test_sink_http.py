"""The HTTP receiver, in both shapes, and what its answers mean."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import pytest
from aiohttp import web

from cloud_sync.delivery import DeliveryVerdict
from cloud_sync.envelope import BATCH_LIMIT_BYTES
from cloud_sync.errors import BatchRefused, CentralFailed
from cloud_sync.sinks.http import HttpSink
from tests.cloud_sync.builders import NOW, cloud_event, make_record, make_records
from tests.cloud_sync.running import FaultProxy, answer, make_line

Shape = Literal["cloudevents", "segment"]


@pytest.fixture
async def proxy() -> AsyncGenerator[FaultProxy]:
    async with FaultProxy(hub_port=0) as proxy:
        yield proxy


async def send(proxy: FaultProxy, shape: Shape = "cloudevents") -> Sequence[DeliveryVerdict]:
    async with make_line(proxy.port) as line:
        return await HttpSink(line, shape=shape).send(make_records(2), NOW)


@pytest.mark.parametrize("shape", ["cloudevents", "segment"])
async def test_a_batch_goes_out_in_the_shape_of_the_receiver(
    proxy: FaultProxy, shape: Shape
) -> None:
    seen: list[dict[str, object]] = []

    async def look(request: web.Request, _forward: object) -> web.StreamResponse:
        assert request.path == "/v1/batch"
        assert request.headers["Content-Encoding"] == "gzip"
        seen.append(await request.json())
        return web.json_response({"success": True})

    proxy.faults = [look]
    outcomes = await send(proxy, shape)
    events = [cloud_event(record) for record in make_records(2)]
    batch = [event["data"] for event in events] if shape == "segment" else events
    assert seen == [{"batch": batch, "sentAt": "2026-03-02T10:00:00Z"}]
    assert [outcome.verdict for outcome in outcomes] == ["accepted", "accepted"]


async def test_each_event_has_its_own_verdict(proxy: FaultProxy) -> None:
    results = [
        {"id": "e-1", "status": "duplicate", "since": "a newer hub"},
        {"id": "e-2", "status": "refused", "reason": "time: missing"},
        {"id": None, "status": "refused"},
    ]
    proxy.faults = [answer(200, json.dumps({"results": results}))]
    assert await send(proxy) == [
        DeliveryVerdict(id="e-1", verdict="duplicate"),
        DeliveryVerdict(id="e-2", verdict="refused", reason="time: missing"),
    ]


async def test_an_empty_answer_takes_all(proxy: FaultProxy) -> None:
    proxy.faults = [answer(200)]
    assert [outcome.verdict for outcome in await send(proxy)] == ["accepted", "accepted"]


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_blamed_batch_is_refused(proxy: FaultProxy, status: int) -> None:
    proxy.faults = [answer(status)]
    with pytest.raises(BatchRefused) as caught:
        await send(proxy)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, ""), (507, ""), (200, "<html>"), (200, '{"results":[{"id":"e-1"}]}'), (200, "[]")],
)
async def test_an_answer_that_says_nothing_is_a_choke(
    proxy: FaultProxy, status: int, body: str
) -> None:
    proxy.faults = [answer(status, body)]
    with pytest.raises(CentralFailed):
        await send(proxy)


async def test_a_full_batch_stays_under_the_published_size(proxy: FaultProxy) -> None:
    sizes: list[int] = []

    async def weigh(request: web.Request, _forward: object) -> web.StreamResponse:
        sizes.append(len(await request.read()))
        return web.Response()

    proxy.faults = [weigh]
    records = [make_record(n, pad=30_000) for n in range(1, 17)]
    async with make_line(proxy.port) as line:
        await HttpSink(line).send(records, NOW)
    assert sizes[0] <= BATCH_LIMIT_BYTES
