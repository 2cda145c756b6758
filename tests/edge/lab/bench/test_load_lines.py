from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from devices.broker import BrokerChild
from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.fleet import Fleet
from devices.line import BrokerLogin, Inbound
from devices.topics import Leaf, build, every, parse
from edge.lab.bench.bench_store import STORE
from edge.lab.bench.child_protocol import BrokerSetup, Kind, LoadBlock
from edge.lab.bench.equipment import ECHO, admit_echo, equipment, poster
from edge.lab.bench.load import LoadGenerator
from edge.lab.bench.signals import DEADLINE_MS
from edge.lab.processes import LOOPBACK, Program
from tests.patience import patient


class FakeService:
    """Answers at once: a receipt for every event, content for every sighting and question."""

    def __init__(self, access: BrokerLogin) -> None:
        self.bus = Bus(
            access,
            on_message=self._heard,
            subscriptions=[every(STORE, leaf) for leaf in (Leaf.EVENT, Leaf.ASK)],
        )

    def _heard(self, message: Inbound) -> None:
        topic, event = parse(message.topic), json.loads(message.payload)
        if topic.leaf is Leaf.ASK:
            answer = str(topic.at(Leaf.ANSWER))
            self.bus.publish(answer, b'{"kind":"personal"}', correlation=message.correlation)
            return
        receipt = json.dumps({"id": event["id"], "accepted": True}).encode()
        self.bus.publish(str(topic.at(Leaf.RECEIPT)), receipt)
        if event["type"] == "storeside.sighting.v1":
            number = int(event["data"]["zone"].removeprefix("zone-"))
            show = build(STORE, DeviceClass.DISPLAY, poster(number), Leaf.SHOW)
            self.bus.publish(show, b'{"kind":"context"}')


@pytest.fixture
async def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[BrokerSetup]:
    monkeypatch.setattr("edge.lab.bench.load._GRACE_S", patient(2.0))
    fleet = Fleet(tmp_path, STORE)
    passwords = {one.username: one.password for one in fleet.enrol(equipment())}
    secret = fleet.service()
    passwords[ECHO] = admit_echo(tmp_path)
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(BrokerChild(tmp_path))
        service = FakeService(
            BrokerLogin(
                host=LOOPBACK,
                port=broker.port,
                username=secret.username,
                password=secret.password,
            )
        )
        await stack.enter_async_context(service.bus)
        await service.bus.wait_connected()
        yield BrokerSetup(host=LOOPBACK, port=broker.port, passwords=passwords, skus=("1", "2"))


@pytest.mark.parametrize("kind", ["hop", "ask", "show", "receipt"])
async def test_every_signal_of_a_block_is_sent_and_timed(
    setup: BrokerSetup, kind: Kind
) -> None:
    load = LoadGenerator(setup)
    await load.open()
    seen = await load.play(LoadBlock(kind=kind, rate=100, seconds=0.2))
    await load.close()
    assert seen.sent == len(seen.delays_us) == 20
    assert seen.personal == (20 if kind == "ask" else 0)


async def test_tills_scan_and_ask_and_the_deadlines_kept_are_counted(
    setup: BrokerSetup,
) -> None:
    load = LoadGenerator(setup)
    await load.open()
    seen = await load.play(LoadBlock(kind="lanes", rate=10, seconds=0.2))
    await load.close()
    assert seen.sent == len(seen.delays_us) == 20
    assert seen.kept == sum(delay <= DEADLINE_MS * 1_000 for delay in seen.delays_us)


async def test_what_nobody_answers_is_missing_and_not_waited_for(
    setup: BrokerSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.bench.load._GRACE_S", 0.2)
    load = LoadGenerator(setup)
    await load.open()
    seen = await load.play(LoadBlock(kind="echo", rate=50, seconds=0.1))
    await load.close()
    assert (seen.sent, seen.delays_us) == (5, [])


async def test_the_peer_echoes_what_the_load_sends(setup: BrokerSetup, tmp_path: Path) -> None:
    peer = Program(["-m", "edge.lab.bench.peer"], log=tmp_path / "peer.log", spoken_to=True)
    load = LoadGenerator(setup)
    async with peer:
        await asyncio.gather(peer.ask(setup.model_dump()), load.open())
        seen = await load.play(LoadBlock(kind="echo", rate=50, seconds=0.1))
        await load.close()
    assert len(seen.delays_us) == 5
