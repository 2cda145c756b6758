"""Killed without warning: what was committed is there, what was received is there once."""

import asyncio
import json
import random
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp

from cloud_sync import outbox
from cloud_sync.retry_delay import RetryDelay
from cloud_sync.sinks.http import HttpSink
from cloud_sync.uplink import Uplink, UplinkTiming
from tests.cloud_sync.builders import NOW, make_records, open_database, pending_ids
from tests.cloud_sync.fakes import InlineDatabase, fixed_clock
from tests.cloud_sync.running import CENTRAL_KEY, STORE_KEY, make_line, running, until_accepted
from tests.cloud_sync.test_sink_contract import hub_ids
from tests.patience import patient

ROOT = Path(__file__).parents[2]
WRITER = [sys.executable, "-m", "tests.cloud_sync.writer"]
HUB = [sys.executable, "-m", "cloud_sync.hub", "--config"]


def write_until_killed(file: Path, first: int, lines: int) -> list[str]:
    """Start the writer, read some of its receipts, kill it, and read what it still said."""
    command = [*WRITER, str(file), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:  # noqa: S603 - our own program
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        said += writer.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


def test_a_writer_killed_again_and_again_loses_nothing_it_committed(tmp_path: Path) -> None:
    file = tmp_path / "outbox.db"
    receipts: list[str] = []
    for number in range(4):
        receipts += write_until_killed(file, number * 10_000, random.randint(5, 60))  # noqa: S311
    with closing(open_database(file)) as conn:
        kept = set()
        while ids := pending_ids(conn):
            kept |= set(ids)
            outbox.confirm(conn, ids, NOW)
        counts = outbox.counts(conn, NOW)
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(receipts) <= kept
    assert len(kept) <= len(receipts) + 4
    assert (counts.total, counts.damaged, counts.pending) == (len(kept), 0, 0)


@asynccontextmanager
async def hub_process(config: Path) -> AsyncGenerator[tuple[asyncio.subprocess.Process, int]]:
    hub = await asyncio.create_subprocess_exec(
        *HUB, str(config), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert hub.stdout is not None
    try:
        yield hub, json.loads(await hub.stdout.readline())["port"]
    finally:
        if hub.returncode is None:
            hub.kill()
        await hub.wait()


def write_config(folder: Path, port: int) -> Path:
    config = folder / "hub.toml"
    config.write_text(
        f'port = {port}\ndata_dir = "{folder}/hub"\ncentral_key = "{CENTRAL_KEY}"\n'
        f'[store_keys]\ns-1 = "{STORE_KEY}"\n',
        encoding="utf-8",
    )
    return config


async def test_a_hub_killed_in_mid_drain_has_each_event_once(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    config = write_config(tmp_path, unused_tcp_port)
    database = InlineDatabase()
    outbox.append(database.conn, make_records(2_000))
    pace = UplinkTiming(
        batch_events=20, poll_s=0.02, patience=RetryDelay(first_s=0.005, longest_s=0.05)
    )
    async with make_line(unused_tcp_port) as line:
        uplink = Uplink(database, HttpSink(line), clock=fixed_clock, pace=pace)
        async with running(uplink.run()), asyncio.timeout(patient(60)):
            for share in (200, 900):
                async with hub_process(config) as (hub, _):
                    await until_accepted(uplink, share)
                    hub.kill()
            async with hub_process(config) as (_, port):
                await uplink.wait_empty()
                assert await hub_ids(port) == [f"e-{n}" for n in range(1, 2_001)]
    assert outbox.counts(database.conn, NOW).sent == 2_000
    database.conn.close()


async def test_a_hub_told_to_stop_ends_cleanly_with_a_question_open(tmp_path: Path) -> None:
    async with hub_process(write_config(tmp_path, 0)) as (hub, port):
        headers = {"Authorization": f"Bearer {STORE_KEY}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            question = f"http://127.0.0.1:{port}/v1/changes?streams=a&wait=20"
            asked = asyncio.create_task(session.get(question))
            await asyncio.sleep(patient(0.1))  # until the question stands at the hub
            hub.send_signal(signal.SIGTERM)
            async with asyncio.timeout(patient(5)):
                assert await hub.wait() == 0
                (await asked).release()
