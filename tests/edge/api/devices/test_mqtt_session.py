"""Pages and credentials over the real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.broker import BrokerChild
from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.fleet import Fleet
from devices.line import BrokerLogin, Inbound
from devices.messages import Ask, Command, Context, Play, Receipt, Show, SignOut, encode
from devices.topics import Leaf, every, parse
from edge.api.devices.credentials import BrokerCredentials
from edge.api.devices.mqtt_session import BrokerAddress, BrokerLine, BrokerLines
from edge.api.devices.page_connections import PageBrokerLink
from edge.api.http.auth import Caller
from edge.api.http.errors import Closing, NoReceipt, NotProven
from edge.domain.ids import DeviceId
from tests.edge.api.fakes import NOW, FixedClock, caller, show
from tests.patience import patient, until

KIOSK = caller("kiosk-1", "kiosk")
PLAY = Play(
    decision_id="d-1", creative_id="c", started_at=NOW, duration_ms=1, completed=True
)  # the clock of the device does not matter here


class Service:
    """The other end: confirms every event and answers every question, unless told to be silent."""

    def __init__(self, access: BrokerLogin) -> None:
        self.silent = False
        self.states: list[str] = []
        self.events: list[str] = []
        self.bus = Bus(
            access,
            on_message=self._hear,
            subscriptions=[every("s1", leaf) for leaf in (Leaf.EVENT, Leaf.ASK, Leaf.STATE)],
        )

    def _hear(self, message: Inbound) -> None:
        topic = parse(message.topic)
        body = json.loads(message.payload)
        if topic.leaf is Leaf.STATE:
            self.states.append(body["state"])
        elif self.silent:
            return
        elif topic.leaf is Leaf.ASK:
            answer = str(topic.at(Leaf.ANSWER))
            self.bus.publish(answer, encode(show()), correlation=message.correlation)
        else:
            self.events.append(body["id"])
            receipt = Receipt(id=body["id"], accepted=True)
            self.bus.publish(str(topic.at(Leaf.RECEIPT)), encode(receipt))


@dataclass(kw_only=True)
class Place:
    """A real broker with one kiosk, and the service on it."""

    broker: BrokerChild
    fleet: Fleet
    service: Service
    password: str

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress(host="127.0.0.1", port=self.broker.port)

    @asynccontextmanager
    async def line(
        self, password: str | None = None
    ) -> AsyncGenerator[tuple[BrokerLine, list[Show | Command | Context | PageBrokerLink]]]:
        heard: list[Show | Command | Context | PageBrokerLink] = []
        lines = BrokerLines(self.address, "s1", FixedClock())
        async with lines(KIOSK, password or self.password, heard.append) as line:
            yield line, heard

    async def find(self, device: str) -> Caller | None:
        return KIOSK if device == "kiosk-1" else None


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Place]:
    fleet = Fleet(folder, "s1")
    service = fleet.service()
    kiosk = fleet.add("kiosk-1", DeviceClass.KIOSK)
    async with BrokerChild(folder) as broker:
        access = BrokerLogin(
            host="127.0.0.1",
            port=broker.port,
            username=service.username,
            password=service.password,
        )
        other = Service(access)
        async with other.bus:
            await other.bus.wait_connected()
            yield Place(broker=broker, fleet=fleet, service=other, password=kiosk.password)


async def test_what_a_page_says_gets_its_receipt_and_its_question_an_answer(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as place, place.line() as (line, _):
        assert await line.send("e-1", PLAY) == Receipt(id="e-1", accepted=True)
        answer = await line.ask(Ask(placement="kiosk-home", deadline_ms=2000))
    assert answer is not None
    assert answer.decision_id == "d-1"


async def test_a_page_hears_its_device_and_is_seen_as_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as place:
        async with place.line() as (_, heard):
            topic = f"storeside/1/s1/kiosk/kiosk-1/{Leaf.SHOW}"
            place.service.bus.publish(topic, encode(show()))
            await until(lambda: len(heard) == 2)
        assert heard == [PageBrokerLink.UP, show()]
        await until(lambda: place.service.states == ["ready", "disconnected"])


async def test_without_a_receipt_nothing_is_promised_and_the_id_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.api.devices.mqtt_session.RECEIPT_S", 0.05)
    async with opened(tmp_path) as place, place.line() as (line, _):
        place.service.silent = True
        with pytest.raises(NoReceipt):
            await line.send("e-1", PLAY)
        assert await line.ask(Ask(placement="kiosk-home", deadline_ms=50)) is None
        monkeypatch.setattr("edge.api.devices.mqtt_session.RECEIPT_S", 5.0)
        place.service.silent = False
        assert (await line.send("e-1", PLAY)).accepted


async def test_the_same_id_twice_at_a_time_is_said_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as place, place.line() as (line, _):
        receipts = await asyncio.gather(*(line.send("e-1", PLAY) for _ in range(5)))
    assert len(receipts) == 5
    assert place.service.events == ["e-1"]


async def test_a_page_that_says_too_much_at_once_is_told_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.api.devices.mqtt_session.RECEIPT_S", 0.2)
    async with opened(tmp_path) as place, place.line() as (line, _):
        place.service.silent = True
        said = SignOut(reason="idle")
        sends = (line.send(f"e-{n}", said) for n in range(65))
        found = await asyncio.gather(*sends, return_exceptions=True)
    assert isinstance(found[-1], Closing)
    assert all(isinstance(one, NoReceipt) for one in found[:-1])


async def test_a_wrong_password_is_refused_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as place:
        with pytest.raises(NotProven):
            async with place.line("wrong"):
                pass
    assert place.service.states == []


async def test_a_revoked_page_is_told_by_the_broker(tmp_path: Path) -> None:
    async with opened(tmp_path) as place, place.line() as (line, heard):
        gone = asyncio.ensure_future(line.refused())
        await asyncio.to_thread(place.fleet.revoke, "kiosk-1")
        async with asyncio.timeout(patient(5)):
            await gone
        assert heard[-1] is PageBrokerLink.DOWN


async def test_a_broker_that_is_away_is_no_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.api.devices.mqtt_session._CONNECT_S", 0.2)
    async with opened(tmp_path) as place:
        address = place.address
    lines = BrokerLines(address, "s1", FixedClock())
    with pytest.raises(Closing):
        async with lines(KIOSK, "x", lambda _word: None):
            pass


async def test_the_link_is_told_when_the_broker_goes_and_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as place, place.line() as (line, heard):
        watching = asyncio.ensure_future(line.refused())
        port = place.broker.port
        await place.broker.__aexit__(None, None, None)
        await until(lambda: heard[-1] is PageBrokerLink.DOWN)
        async with BrokerChild(tmp_path, port):
            await until(lambda: heard[-1] is PageBrokerLink.UP)
        assert not watching.done()
        watching.cancel()


async def test_credentials_are_judged_by_the_broker_without_a_word_as_the_device(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as place:
        judge = BrokerCredentials(place.address, place)
        assert await judge.check("kiosk-1", place.password) == KIOSK
        assert await judge.check("kiosk-1", "wrong") is None
        assert await judge.check("kiosk-2", place.password) is None
        assert await judge.check("+/#", place.password) is None
        assert place.service.states == []


async def test_a_yes_is_remembered_for_seconds_only(tmp_path: Path) -> None:
    now = [0.0]
    async with opened(tmp_path) as place:
        judge = BrokerCredentials(place.address, place, now=lambda: now[0])
        assert await judge.check("kiosk-1", place.password) is not None
        await asyncio.to_thread(place.fleet.revoke, "kiosk-1")
        assert await judge.check("kiosk-1", place.password) is not None
        now[0] = 4.0
        assert await judge.check("kiosk-1", place.password) is None


async def test_the_service_itself_is_no_device(tmp_path: Path) -> None:
    async with opened(tmp_path) as place:
        password = (await asyncio.to_thread(place.fleet.service)).password
        judge = BrokerCredentials(place.address, place)
        assert await judge.check(DeviceId("service"), password) is None
