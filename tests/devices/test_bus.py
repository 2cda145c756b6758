"""The bus on the real broker."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devices.broker import BrokerChild
from devices.bus import Bus, Inbound, Will
from devices.device_classes import DeviceClass
from devices.errors import BusUnavailable
from devices.fleet import Fleet
from devices.topics import Leaf, every
from tests.devices import raw
from tests.devices.conftest import QUICK, Line, Store
from tests.patience import until

EVENTS = every("s1", Leaf.EVENT)


@asynccontextmanager
async def _pair(store: Store) -> AsyncIterator[tuple[Line, Bus, dict[str, str]]]:
    """The service listening to events, and a till."""
    till = store.add("till-1")
    service = store.line(store.service, EVENTS)
    speaker = store.line(till)
    async with service.bus, speaker.bus:
        await service.bus.wait_connected()
        await speaker.bus.wait_connected()
        yield service, speaker.bus, till.topics


async def test_a_message_arrives_with_all_it_carries(store: Store) -> None:
    async with _pair(store) as (service, till, topics):
        till.publish(
            topics["event"],
            b"\x00\xff",
            correlation=b"c-1",
            user={"type": "x"},
            content_type="text/plain",
            expiry_s=30,
        )
        assert await service.hears() == [
            Inbound(topics["event"], b"\x00\xff", 1, False, b"c-1", {"type": "x"}, "text/plain")
        ]


async def test_two_thousand_messages_arrive_once_each_in_order(store: Store) -> None:
    async with _pair(store) as (service, till, topics):
        for number in range(2000):
            till.publish(topics["event"], b"%d" % number)
        await till.flush()
        heard = await service.hears(2000)
        assert [int(one.payload) for one in heard] == list(range(2000))
        assert till.counts.acknowledged == 2000
        assert till.counts.dropped == till.backlog == 0


async def test_the_socket_sends_without_waiting_for_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = list[socket.socket]()
    add_reader = asyncio.get_running_loop().add_reader

    def watch(_number: int, callback: object, sock: socket.socket) -> None:
        watched.append(sock)
        add_reader(_number, callback, sock)  # type: ignore[arg-type] # passed through as it came

    monkeypatch.setattr(asyncio.get_running_loop(), "add_reader", watch)
    line = store.line(store.service)
    async with line.bus:
        await line.bus.wait_connected()
        assert watched
        assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in watched)


async def test_a_forbidden_message_is_counted_as_refused(store: Store) -> None:
    async with _pair(store) as (_, till, _topics):
        till.publish("storeside/1/s1/pos/till-2/event", b"x")
        await till.flush()
        assert till.counts.refused == till.counts.dropped == 1


async def test_it_comes_back_after_the_broker_was_killed_and_loses_nothing(
    tmp_path: Path,
) -> None:
    fleet = Fleet(tmp_path, "s1")
    service, till = fleet.service(), fleet.add("till-1", DeviceClass.POS)
    async with BrokerChild(tmp_path) as first:
        store = Store(broker=first, fleet=fleet, service=service)
        listener, speaker = store.line(service, EVENTS), store.line(till)
        async with listener.bus, speaker.bus:
            await listener.bus.wait_connected()
            await speaker.bus.wait_connected()
            session = speaker.bus.session
            await first.__aexit__(None, None, None)
            await until(lambda: not (listener.bus.connected or speaker.bus.connected))
            speaker.bus.publish(till.topics["event"], b"while away")
            async with BrokerChild(tmp_path, first.port):
                await listener.bus.wait_connected()
                await speaker.bus.flush()
                speaker.bus.publish(till.topics["event"], b"after")
                assert (await listener.hears())[-1].topic == till.topics["event"]
                assert speaker.bus.session > session
                assert speaker.bus.counts.connections == 2


async def test_a_wrong_password_is_told_and_tried_again(store: Store) -> None:
    right = store.add("till-1")
    wrong = replace(store.access(right), password=right.password[::-1])
    async with Bus(wrong, on_message=lambda _: None, limits=QUICK) as bus:
        with pytest.raises(BusUnavailable, match="Not authorized"):
            await bus.wait_connected(timeout_s=0.2)
        assert right.password not in repr(bus.access)


async def test_the_will_speaks_when_the_line_breaks_and_not_after_a_goodbye(
    store: Store,
) -> None:
    till = store.add("till-1")
    state = till.topics["state"]
    service = store.line(store.service, every("s1", Leaf.STATE))
    async with service.bus:
        await service.bus.wait_connected()
        polite = store.line(till, will=lambda session: Will(state, b"lost %d" % session))
        async with polite.bus:
            await polite.bus.wait_connected()
        async with raw.wire(store.broker.port) as (reader, writer):
            writer.write(raw.connect("x", "till-1", till.password, (state, b"lost")))
            assert raw.let_in(await raw.answer(reader))
        heard = await service.hears()
        assert [one.payload for one in heard] == [b"lost"]


async def test_a_mistake_in_a_handler_does_not_harm_the_line(store: Store) -> None:
    till, mistakes, heard = store.add("till-1"), list[object](), list[bytes]()

    def clumsy(message: Inbound) -> None:
        heard.append(message.payload)
        raise ValueError

    asyncio.get_running_loop().set_exception_handler(lambda _, what: mistakes.append(what))
    async with Bus(
        store.access(store.service), on_message=clumsy, subscriptions=[EVENTS]
    ) as bus:
        await bus.wait_connected()
        speaker = store.line(till)
        async with speaker.bus:
            for text in (b"1", b"2"):
                speaker.bus.publish(till.topics["event"], text)
            await until(lambda: heard == [b"1", b"2"])
    assert len(mistakes) == 2


async def test_a_later_subscription_is_heard(store: Store) -> None:
    till = store.add("till-1")
    async with _pair_of(store.line(store.service), store.line(till)) as (service, speaker):
        await service.bus.subscribe(EVENTS)
        speaker.bus.publish(till.topics["event"], b"x", qos=0)
        assert (await service.hears())[0].qos == 0


async def test_a_large_message_does_not_block_the_loop(store: Store) -> None:
    async with _pair(store) as (service, till, topics):
        for _ in range(200):
            till.publish(topics["event"], b"x" * 60_000)
        await till.flush()
        assert sum(len(one.payload) for one in await service.hears(200)) == 200 * 60_000


async def test_a_packet_beyond_the_limit_ends_that_connection_alone(store: Store) -> None:
    async with _pair(store) as (service, till, topics):
        other = store.add("till-2")
        async with raw.wire(store.broker.port) as (reader, writer):
            writer.write(raw.connect("x", "till-2", other.password))
            assert raw.let_in(await raw.answer(reader))
            writer.write(raw.publish(other.topics["event"], b"x" * 1_000_000))
            assert (await raw.answer(reader))[:1] in {b"\xe0", b""}
        till.publish(topics["event"], b"still here")
        assert [one.payload for one in await service.hears()] == [b"still here"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00" * 64,
        b"GET / HTTP/1.1\r\n\r\n",
        raw.packet(0x10, b"\xff" * 40),
        raw.packet(0x30, raw.text("storeside/1/s1/pos/till-1/event") + b"\x00x"),
        b"\x10\xff\xff\xff\xff\xff",
    ],
)
async def test_garbage_gets_nowhere_and_harms_nobody(store: Store, junk: bytes) -> None:
    async with _pair(store) as (service, till, topics):
        async with raw.wire(store.broker.port) as (reader, writer):
            writer.write(junk)
            assert not raw.let_in(await raw.answer(reader) or b"\x00" * 4)
        till.publish(topics["event"], b"still here")
        assert [one.payload for one in await service.hears()] == [b"still here"]


@asynccontextmanager
async def _pair_of(*lines: Line) -> AsyncIterator[tuple[Line, ...]]:
    first, second = lines
    async with first.bus, second.bus:
        await first.bus.wait_connected()
        await second.bus.wait_connected()
        yield lines
