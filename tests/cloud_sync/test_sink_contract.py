"""One contract for every receiver, and one for the uplink on every kind of line.

The same suite runs on the fake sink of the other tests, on the HTTP sink with a real hub
behind it, and through a proxy that can fail.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from cloud_sync import outbox
from cloud_sync.delivery import Sink
from cloud_sync.hub.server import open_hub
from cloud_sync.retry_delay import RetryDelay
from cloud_sync.sinks.http import HttpSink
from cloud_sync.uplink import Uplink, UplinkTiming
from tests.cloud_sync.builders import NOW, make_records
from tests.cloud_sync.fakes import InlineDatabase, RecordingSink, fixed_clock
from tests.cloud_sync.running import (
    STORE_KEY,
    Fault,
    FaultProxy,
    Forward,
    answer,
    break_off,
    drip,
    hang,
    hub_settings,
    lose_reply,
    make_line,
    running,
)
from tests.patience import patient

PACE = UplinkTiming(
    batch_events=8, poll_s=0.02, patience=RetryDelay(first_s=0.001, longest_s=0.01)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    sink: Sink
    ids: Callable[[], Awaitable[list[str]]]


async def hub_ids(port: int) -> list[str]:
    headers = {"Authorization": f"Bearer {STORE_KEY}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"http://127.0.0.1:{port}/v1/events/ids") as reply,
    ):
        ids: list[str] = (await reply.json())["ids"]
        return ids


@pytest.fixture(params=["fake", "hub", "hub-behind-a-proxy"])
async def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Receiver]:
    if request.param == "fake":
        fake = RecordingSink()
        yield Receiver(sink=fake, ids=lambda: asyncio.sleep(0, fake.kept))
        return
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(open_hub(hub_settings(tmp_path)))
        port = hub
        if request.param == "hub-behind-a-proxy":
            port = (await stack.enter_async_context(FaultProxy(hub))).port
        line = await stack.enter_async_context(make_line(port))
        yield Receiver(sink=HttpSink(line), ids=lambda: hub_ids(hub))


async def test_a_new_event_is_accepted_and_a_known_one_is_a_duplicate(
    receiver: Receiver,
) -> None:
    first = await receiver.sink.send(make_records(2), NOW)
    again = await receiver.sink.send(make_records(3), NOW)
    assert [outcome.verdict for outcome in first] == ["accepted", "accepted"]
    assert [outcome.verdict for outcome in again] == ["duplicate", "duplicate", "accepted"]
    assert await receiver.ids() == ["e-1", "e-2", "e-3"]


async def test_there_is_one_outcome_for_every_event(receiver: Receiver) -> None:
    outcomes = await receiver.sink.send(make_records(20), NOW)
    assert {outcome.id for outcome in outcomes} == {f"e-{n}" for n in range(1, 21)}


async def test_a_queue_arrives_complete_in_order_and_once(receiver: Receiver) -> None:
    database = InlineDatabase()
    outbox.append(database.conn, make_records(50))
    uplink = Uplink(database, receiver.sink, clock=fixed_clock, pace=PACE)
    async with running(uplink.run()), asyncio.timeout(patient(20)):
        await uplink.wait_empty()
    assert await receiver.ids() == [f"e-{n}" for n in range(1, 51)]
    assert outbox.counts(database.conn, NOW).sent == 50
    database.conn.close()


async def half_applied(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The receiver keeps the first half and says so; it is silent about the rest."""
    events: list[Any] = (await request.json())["batch"]
    half = web.json_response({"batch": events[: len(events) // 2]}).body
    assert isinstance(half, bytes)
    return await forward(half)


FAULTS: dict[str, list[Fault]] = {
    "server-errors": [answer(500), answer(503), answer(500)],
    "too-many-requests": [answer(429), answer(429, Retry_After="0")],
    "retry-after-a-date": [answer(503, Retry_After="Mon, 02 Mar 2026 10:00:00 GMT")],
    "retry-after-garbage": [answer(429, Retry_After="soon"), answer(429, Retry_After="-7")],
    "key-not-known-yet": [answer(401), answer(403)],
    "wrong-address": [answer(404), answer(302, Location="/login")],
    "too-large": [answer(413), answer(413), answer(413)],
    "half-applied": [half_applied, half_applied],
    "lost-replies": [lose_reply, lose_reply, lose_reply],
    "broken-lines": [break_off, break_off],
    "timeouts": [hang, drip],
    "no-answer-in-the-answer": [answer(200, "<html>hotel Wi-Fi, please sign in</html>")],
    "verdicts-on-strangers": [answer(200, '{"results":[{"id":"x","status":"accepted"}]}')],
}


@pytest.mark.parametrize("name", FAULTS)
async def test_the_centre_has_each_event_once_whatever_the_line_does(
    name: str, tmp_path: Path
) -> None:
    database = InlineDatabase()
    outbox.append(database.conn, make_records(40))
    async with open_hub(hub_settings(tmp_path)) as hub, FaultProxy(hub) as proxy:
        proxy.faults = list(FAULTS[name])
        async with make_line(proxy.port, timeout_s=0.3) as line:
            uplink = Uplink(database, HttpSink(line), clock=fixed_clock, pace=PACE)
            async with running(uplink.run()), asyncio.timeout(patient(20)):
                await uplink.wait_empty()
        assert proxy.faults == []
        ids = await hub_ids(hub)
    assert sorted(ids) == sorted(f"e-{n}" for n in range(1, 41))
    counts = outbox.counts(database.conn, NOW)
    assert (counts.sent, counts.parked) == (40, 0)
    database.conn.close()


async def test_a_poisoned_event_is_parked_and_the_others_arrive(tmp_path: Path) -> None:
    async def choosy(request: web.Request, forward: Forward) -> web.StreamResponse:
        proxy.faults.append(choosy)
        body = await request.read()
        return web.Response(status=400) if b'"id":"e-7"' in body else await forward(body)

    database = InlineDatabase()
    outbox.append(database.conn, make_records(20))
    async with open_hub(hub_settings(tmp_path)) as hub, FaultProxy(hub) as proxy:
        proxy.faults = [choosy]
        async with make_line(proxy.port) as line:
            uplink = Uplink(database, HttpSink(line), clock=fixed_clock, pace=PACE)
            async with running(uplink.run()), asyncio.timeout(patient(20)):
                await uplink.wait_empty()
        assert await hub_ids(hub) == [f"e-{n}" for n in range(1, 21) if n != 7]
    parked = database.conn.execute(
        "SELECT id, parked FROM outbox WHERE parked <> ''"
    ).fetchall()
    assert parked == [("e-7", "400 malformed")]
    database.conn.close()
