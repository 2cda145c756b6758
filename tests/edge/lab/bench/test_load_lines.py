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
from edge.lab.bench.child_protocol import Block, Kind, Setup
from edge.lab.bench.equipment import ECHO, admit_echo, equipment, poster
from edge.lab.bench.load import Load
from edge.lab.bench.processes import LOOPBACK, Program
from edge.lab.bench.test_store import STORE


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
async def setup(tmp_path: Path) -> AsyncGenerator[Setup]:
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
        yield Setup(host=LOOPBACK, port=broker.port, passwords=passwords, skus=("1", "2"))


@pytest.mark.parametrize("kind", ["hop", "ask", "show", "receipt"])
async def test_every_signal_of_a_block_is_sent_and_timed(setup: Setup, kind: Kind) -> None:
    load = Load(setup)
    await load.open()
    seen = await load.play(Block(kind=kind, rate=100, seconds=0.2))
    await load.close()
    assert seen.sent == len(seen.delays_us) == 20
    assert seen.personal == (20 if kind == "ask" else 0)


async def test_tills_scan_and_ask_within_their_deadline(setup: Setup) -> None:
    load = Load(setup)
    await load.open()
    seen = await load.play(Block(kind="lanes", rate=10, seconds=0.2))
    await load.close()
    assert seen.sent == seen.kept == 20


async def test_what_nobody_answers_is_missing_and_not_waited_for(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.lab.bench.load._GRACE_S", 0.2)
    load = Load(setup)
    await load.open()
    seen = await load.play(Block(kind="echo", rate=50, seconds=0.1))
    await load.close()
    assert (seen.sent, seen.delays_us) == (5, [])


async def test_the_peer_echoes_what_the_load_sends(setup: Setup, tmp_path: Path) -> None:
    peer = Program(["-m", "edge.lab.bench.peer"], log=tmp_path / "peer.log", spoken_to=True)
    load = Load(setup)
    async with peer:
        await asyncio.gather(peer.ask(setup.model_dump()), load.open())
        seen = await load.play(Block(kind="echo", rate=50, seconds=0.1))
        await load.close()
    assert len(seen.delays_us) == 5
