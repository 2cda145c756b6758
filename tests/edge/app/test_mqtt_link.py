from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from devices.broker import BrokerChild
from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.fleet import Fleet
from devices.line import BrokerLogin, Inbound
from edge.app.mqtt_link import service_bus
from edge.app.settings import MqttSettings
from edge.domain.clock import Clock, ReplayClock, SystemClock
from edge.pipeline.decision_requests import InboundMessage
from tests.patience import until

STORE = "s1"
DAY = datetime(2017, 12, 1, 9, tzinfo=UTC)


@asynccontextmanager
async def on_air(
    folder: Path, clock: Clock
) -> AsyncIterator[tuple[Bus, list[InboundMessage], list[Inbound]]]:
    """A till and the player of a demo; what the service heard, and what the till heard of it."""
    fleet = Fleet(folder / "fleet", STORE)
    fleet.service()
    player = fleet.add("player", DeviceClass.REPLAY)
    heard, told, introduced = list[InboundMessage](), list[Inbound](), list[str]()
    async with BrokerChild(folder / "fleet") as broker:
        settings = MqttSettings(port=broker.port)
        access = BrokerLogin(
            host="127.0.0.1", port=broker.port, username="player", password=player.password
        )
        topic = f"storeside/1/{STORE}/context"
        async with (
            Bus(access, on_message=told.append, subscriptions=[topic]) as device,
            service_bus(
                settings, STORE, fleet, clock, heard.append, lambda: introduced.append("here")
            ) as service,
        ):
            await until(lambda: service.connected and device.connected)
            assert introduced == ["here"]
            yield device, heard, told


async def test_what_devices_say_is_handed_on_as_it_came(tmp_path: Path) -> None:
    async with on_air(tmp_path, SystemClock()) as (device, heard, _):
        own = f"storeside/1/{STORE}/replay/player/event"
        device.publish(own, b"{}", correlation=b"c-1", user={"specversion": "1.0"})
        await until(lambda: len(heard) == 1)
        message = heard[0]
        assert (message.topic, message.payload, message.correlation) == (own, b"{}", b"c-1")
        assert dict(message.user) == {"specversion": "1.0"}


async def test_a_demo_is_told_the_time_and_what_it_cannot_mean_is_left_alone(
    tmp_path: Path,
) -> None:
    clock = ReplayClock(DAY)
    async with on_air(tmp_path, clock) as (device, heard, _):
        topic = f"storeside/1/{STORE}/service/clock"
        for said in (
            b"",
            b"nonsense",
            b'{"at":"2030-01-01","speed":1}',
            b'{"at":"2017-12-01T09:00:00Z","speed":-1}',
        ):
            device.publish(topic, said)
        device.publish(topic, json.dumps({"at": "2017-12-01T10:00:00Z", "speed": 30}).encode())
        await until(lambda: clock.speed == 30)
        assert clock.business(DAY) == DAY.replace(hour=10)
        assert heard == []
