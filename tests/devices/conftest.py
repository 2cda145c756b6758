"""One real store's line for the tests: broker, accounts, and connections to it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.broker import BrokerChild
from devices.bus import BrokerLogin, Bus, Inbound, LinkLimits, Will
from devices.device_classes import DeviceClass
from devices.fleet import Credential, Fleet
from tests.patience import until

STORE = "s1"
NOW = datetime(2026, 1, 2, 10, 0, tzinfo=UTC)
QUICK = LinkLimits(backoff_first_s=0.01, backoff_cap_s=0.05)


@dataclass(kw_only=True)
class Line:
    """A connection and what it has heard."""

    bus: Bus
    heard: list[Inbound] = field(default_factory=list[Inbound])

    async def hears(self, count: int = 1) -> list[Inbound]:
        await until(lambda: len(self.heard) >= count)
        return self.heard


@dataclass(kw_only=True)
class Store:
    """The broker, the accounts, and the service's own credential."""

    broker: BrokerChild
    fleet: Fleet
    service: Credential

    def access(self, credential: Credential) -> BrokerLogin:
        return BrokerLogin(
            host="127.0.0.1",
            port=self.broker.port,
            username=credential.username,
            password=credential.password,
        )

    def line(
        self,
        credential: Credential,
        *filters: str,
        will: Callable[[int], Will] | None = None,
        on_connected: Callable[[int], None] | None = None,
    ) -> Line:
        heard = list[Inbound]()
        bus = Bus(
            self.access(credential),
            on_message=heard.append,
            subscriptions=filters,
            will=will,
            on_connected=on_connected,
            limits=QUICK,
        )
        return Line(bus=bus, heard=heard)

    def add(self, name: str, device_class: DeviceClass = DeviceClass.POS) -> Credential:
        return self.fleet.add(name, device_class)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    fleet = Fleet(tmp_path, STORE)
    service = fleet.service()
    async with BrokerChild(tmp_path) as broker:
        yield Store(broker=broker, fleet=fleet, service=service)


@pytest.fixture
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving does not wait for a broker that will not answer."""
    monkeypatch.setattr("devices.connection.FLUSH_S", 0.01)
