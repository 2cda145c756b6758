"""The bus against brokers that do not behave."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devices.bus import BrokerLogin, Bus, LinkLimits
from devices.errors import BusUnavailable
from tests.devices import raw
from tests.devices.certificates import certificates
from tests.devices.conftest import QUICK
from tests.patience import until

CONNACK = raw.packet(0x20, b"\x00\x00\x00")
ONE_AT_A_TIME = raw.packet(0x20, b"\x00\x00\x03\x21\x00\x01")
SUBACK = raw.packet(0x90, b"\x00\x01\x00\x01")
NO_SUBACK = raw.packet(0x90, b"\x00\x01\x00\x87")


@asynccontextmanager
async def _acting_broker(
    *answers: bytes, holds: bool = False, tls: Path | None = None
) -> AsyncIterator[BrokerLogin]:
    """Answers each of our writes with the next of ``answers``; then hangs up, or holds the line mutely."""
    done = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(4096)
            writer.write(answer)
        if holds:
            await done.wait()
        writer.close()

    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls / "server.crt", tls / "server.key")
    server = await asyncio.start_server(act, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        ca = None if tls is None else tls / "ca.crt"
        yield BrokerLogin(host="127.0.0.1", port=port, username="a", password="", ca=ca)
        done.set()
        await asyncio.sleep(0.01)


async def test_a_refused_subscription_is_told() -> None:
    async with _acting_broker(CONNACK, NO_SUBACK) as access:
        bus = Bus(access, on_message=lambda _: None, subscriptions=["a"], limits=QUICK)
        async with bus:
            with pytest.raises(BusUnavailable, match="Not authorized"):
                await bus.wait_connected(timeout_s=0.1)


async def test_a_line_lost_while_subscribing_is_tried_again() -> None:
    async with _acting_broker(CONNACK) as access:
        bus = Bus(access, on_message=lambda _: None, subscriptions=["a"], limits=QUICK)
        async with bus:
            with pytest.raises(BusUnavailable):
                await bus.wait_connected(timeout_s=0.1)
            assert bus.counts.connections == 0


@pytest.mark.usefixtures("short_goodbye")
async def test_the_brokers_own_window_is_kept() -> None:
    async with (
        _acting_broker(ONE_AT_A_TIME, holds=True) as access,
        Bus(access, on_message=lambda _: None, limits=QUICK) as bus,
    ):
        await bus.wait_connected()
        bus.publish("a", b"1")
        bus.publish("a", b"2")
        assert bus.counts.published == 1


async def test_packets_that_share_one_encrypted_record_are_all_read(tmp_path: Path) -> None:
    heard = list[bytes]()
    packets = b"".join(raw.packet(0x30, raw.text("a") + b"\x00%d" % n) for n in range(5))
    async with (
        _acting_broker(CONNACK + packets, holds=True, tls=certificates(tmp_path)) as access,
        Bus(access, on_message=lambda one: heard.append(one.payload), limits=QUICK) as bus,
    ):
        await bus.wait_connected()
        await until(lambda: heard == [b"%d" % n for n in range(5)])


@pytest.mark.usefixtures("short_goodbye")
async def test_a_line_that_takes_no_more_bytes_bounds_the_queue_and_can_be_left() -> None:
    async with _acting_broker(CONNACK, holds=True) as access:
        async with Bus(access, on_message=lambda _: None, limits=LinkLimits(queue=5)) as bus:
            await bus.wait_connected()
            while not bus.counts.dropped_full:
                bus.publish("a", b"x" * 65_000, qos=0)
                await asyncio.sleep(0)
            assert bus.backlog == 5
        assert not bus.connected


async def test_a_connection_that_closes_at_once_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("paho.mqtt.client.Client.connect", lambda *_: None)
    access = BrokerLogin(host="127.0.0.1", port=1, username="a", password="")
    async with Bus(access, on_message=lambda _: None, limits=QUICK) as bus:
        with pytest.raises(BusUnavailable, match="closed at once"):
            await bus.wait_connected(timeout_s=0.05)


async def test_a_line_gone_while_subscribing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paho.mqtt.client.Client.subscribe", lambda *_: (4, None))
    async with _acting_broker(CONNACK, holds=True) as access:
        bus = Bus(access, on_message=lambda _: None, subscriptions=["a"], limits=QUICK)
        async with bus:
            with pytest.raises(BusUnavailable, match="while subscribing"):
                await bus.wait_connected(timeout_s=0.05)


async def test_a_line_that_does_not_take_the_goodbye_is_closed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _acting_broker(CONNACK, holds=True) as access:
        async with Bus(access, on_message=lambda _: None, limits=QUICK) as bus:
            await bus.wait_connected()
            monkeypatch.setattr("paho.mqtt.client.Client.loop_write", lambda _: None)
        assert not bus.connected


async def test_a_broker_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("devices.bus.ANSWER_WITHIN_S", 0.05)
    async with (
        _acting_broker(holds=True) as access,
        Bus(access, on_message=lambda _: None, limits=QUICK) as bus,
    ):
        with pytest.raises(BusUnavailable, match="TimeoutError"):
            await bus.wait_connected(timeout_s=0.15)


async def test_leaving_while_connecting_leaves_nothing_behind() -> None:
    async with _acting_broker(holds=True) as access:
        async with Bus(access, on_message=lambda _: None, limits=QUICK) as bus:
            await asyncio.sleep(0)
        assert not bus.connected
