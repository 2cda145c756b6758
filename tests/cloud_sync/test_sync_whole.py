"""Store and hub together: up and down, over outages and restarts."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from cloud_sync import outbox
from cloud_sync.downlink import Downlink, DownlinkTiming, StreamChange
from cloud_sync.hub.server import open_hub
from cloud_sync.retry_delay import RetryDelay
from cloud_sync.sinks.http import HttpSink
from cloud_sync.sources.http import HttpSource
from cloud_sync.uplink import Uplink, UplinkTiming
from tests.cloud_sync.builders import NOW, make_record, make_records
from tests.cloud_sync.fakes import InlineDatabase, fixed_clock
from tests.cloud_sync.running import (
    CENTRAL_KEY,
    hub_settings,
    make_line,
    running,
    until_accepted,
)
from tests.cloud_sync.test_sink_contract import PACE, hub_ids
from tests.patience import patient, until

PATIENCE = RetryDelay(first_s=0.005, longest_s=0.05)


async def publish(port: int, *lines: str) -> None:
    headers = {"Authorization": f"Bearer {CENTRAL_KEY}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"http://127.0.0.1:{port}/v1/changes", data="\n".join(lines)) as reply,
    ):
        assert reply.status == 200, await reply.text()


async def test_a_hub_that_was_down_for_the_whole_day_gets_everything_once(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    database = InlineDatabase()
    settings = hub_settings(tmp_path, port=unused_tcp_port)
    pace = UplinkTiming(batch_events=50, poll_s=0.02, patience=PATIENCE)
    async with make_line(unused_tcp_port) as line:
        uplink = Uplink(database, HttpSink(line), clock=fixed_clock, pace=pace)
        async with running(uplink.run()), asyncio.timeout(patient(20)):
            for first in range(1, 301, 100):
                outbox.append(database.conn, make_records(100, first=first))
                uplink.nudge()
                await until(lambda: uplink.state.trouble is not None)
            outbox.append(database.conn, [make_record(999, stream="consents")])
            async with open_hub(settings):
                await uplink.wait_empty()
                ids = await hub_ids(unused_tcp_port)
    assert ids == ["e-999", *(f"e-{n}" for n in range(1, 301))]
    database.conn.close()


async def test_a_hub_that_restarts_again_and_again_has_each_event_once(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    database = InlineDatabase()
    settings = hub_settings(tmp_path, port=unused_tcp_port)
    async with make_line(unused_tcp_port) as line:
        uplink = Uplink(database, HttpSink(line), clock=fixed_clock, pace=PACE)
        async with running(uplink.run()), asyncio.timeout(patient(20)):
            for number in range(4):
                outbox.append(database.conn, make_records(100, first=number * 100))
                uplink.nudge()
                async with open_hub(settings):
                    await until_accepted(uplink, uplink.state.accepted + 1)
            async with open_hub(settings):
                await uplink.wait_empty()
                ids = await hub_ids(unused_tcp_port)
    assert ids == [f"e-{n}" for n in range(400)]
    database.conn.close()


async def test_a_change_at_the_centre_is_on_disk_in_the_store_at_once(tmp_path: Path) -> None:
    database = InlineDatabase()
    database.conn.execute("CREATE TABLE offers (key, price_cents)")
    applied: list[tuple[str, list[str]]] = []

    def take(conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        rows = [(change.key, change.body["price_cents"]) for change in changes]
        conn.executemany("INSERT INTO offers VALUES (?, ?)", rows)

    async with open_hub(hub_settings(tmp_path)) as port, make_line(port) as line:
        downlink = Downlink(
            database,
            HttpSource(line),
            {"offers": take},
            clock=fixed_clock,
            on_applied=lambda stream, keys: applied.append((stream, list(keys))),
            rhythm=DownlinkTiming(wait_s=5.0, interval_s=0.0, patience=PATIENCE),
        )
        async with running(downlink.run()), asyncio.timeout(patient(10)):
            await downlink.ready.wait()
            await publish(port, '{"stream":"offers","key":"o-1","body":{"price_cents":199}}')
            await until(lambda: bool(applied), within_s=4.0)
    assert applied == [("offers", ["o-1"])]
    assert database.conn.execute("SELECT * FROM offers").fetchall() == [("o-1", 199)]
    database.conn.close()


async def test_an_erasure_comes_down_before_the_profile_that_it_ends(tmp_path: Path) -> None:
    order: list[tuple[str, str, str]] = []

    def note(_conn: sqlite3.Connection, changes: Sequence[StreamChange]) -> None:
        order.extend((change.stream, change.key, change.op) for change in changes)

    database = InlineDatabase()
    async with open_hub(hub_settings(tmp_path)) as port, make_line(port) as line:
        await publish(
            port,
            '{"stream":"customers","key":"c-gone","body":{"segments":["a"]}}',
            '{"stream":"customers","key":"c-stays","body":{"segments":["b"]}}',
            '{"stream":"erasures","key":"c-gone"}',
            '{"stream":"consents","key":"consent-1","body":{"state":"withdrawn"}}',
        )
        handlers = dict.fromkeys(["customers", "erasures", "consents"], note)
        downlink = Downlink(database, HttpSource(line), handlers, clock=fixed_clock)
        async with running(downlink.run()), asyncio.timeout(patient(10)):
            await downlink.ready.wait()
    assert order == [
        ("consents", "consent-1", "upsert"),
        ("erasures", "c-gone", "upsert"),
        ("customers", "c-stays", "upsert"),
    ]
    assert outbox.counts(database.conn, NOW).total == 0
    database.conn.close()
