"""Small trips and floors, and a line that answers like the service but sits in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from devices.errors import Refusal
from devices.messages import Ask, Command, Data, Receipt, Show, ShowItem
from devices.simulator.badges import Badges
from devices.simulator.floor import SimulatedFloor, Spot, usual_floor
from devices.simulator.store_time import StoreTime
from devices.simulator.trip import CarriedIdentifiers, ShopperMethod, Trip, TripLine, ZoneStep

NOON = datetime(2017, 12, 1, 12, tzinfo=UTC)
ZONES = ("entrance", "fresh", "checkout")
BADGES = Badges(store="store-7", notice_id="us-1")


def carried(number: int = 1) -> CarriedIdentifiers:
    return CarriedIdentifiers(
        loyalty=f"41{number:08d}",
        email=f"p{number}@example.org",
        phone=f"+1555{number:07d}",
        beacon_key=bytes([number % 251] * 32),
        claim_key=bytes([(number + 1) % 251] * 32),
    )


def trip(
    method: ShopperMethod = ShopperMethod.BEACON, *, number: int = 1, **changes: Any
) -> Trip:
    plain: dict[str, Any] = {
        "household": str(number),
        "arrives_at": NOON,
        "method": method,
        "opted_in": True,
        "identifiers": carried(number),
        "lines": tuple(
            TripLine(sku=f"10{n}", quantity=n, price_cents=100 * n, at_offset_s=200 + 10 * n)
            for n in (1, 2, 3)
        ),
        "zones": (
            ZoneStep(zone="entrance", offset_s=0),
            ZoneStep(zone="fresh", offset_s=60),
            ZoneStep(zone="checkout", offset_s=180),
        ),
        "duration_s": 320,
    }
    return Trip(**{**plain, **changes})


def floor() -> SimulatedFloor:
    return usual_floor("store-7", ZONES)


def show(kind: str = "context", *items: str, **changes: Any) -> Show:
    plain: dict[str, Any] = {
        "decision_id": "d-1",
        "placement": "display-zone",
        "kind": kind,
        "template": "board",
        "items": tuple(ShowItem(item_id=sku, headline=sku, reason="because") for sku in items),
        "expires_at": NOON,
        "config": "c",
    }
    return Show(**{**plain, **changes})


async def nobody_listens(_at: datetime, _speed: float) -> None:
    """A store time that is told to no one."""


def store_time(speed: float = 100_000.0) -> StoreTime:
    return StoreTime(NOON, speed, nobody_listens)


class MemoryStore:
    """Lines without a broker: every event is receipted at once, some things are shown in reply."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Data]] = []
        self.screens: dict[str, Callable[[Show], None]] = {}
        self.orders: dict[str, Callable[[Command], None]] = {}
        self.on_event: Callable[[str, Data], None] = lambda _device, _data: None
        self.answer: Show | None = None
        self.refuse: Refusal | None = None
        self.delay_s = 0.0

    @asynccontextmanager
    async def __call__(
        self, spot: Spot, on_show: Callable[[Show], None], on_command: Callable[[Command], None]
    ) -> AsyncIterator[_MemoryLine]:
        self.screens[spot.name], self.orders[spot.name] = on_show, on_command
        yield _MemoryLine(self, spot.name)


class _MemoryLine:
    def __init__(self, store: MemoryStore, device: str) -> None:
        self._store, self._device = store, device

    async def send(self, data: Data, *, event_id: str) -> Receipt:
        self._store.heard.append((self._device, data))
        self._store.on_event(self._device, data)
        await asyncio.sleep(self._store.delay_s)
        reason = self._store.refuse
        return Receipt(id=event_id, accepted=reason is None, reason=reason)

    async def ask(self, ask: Ask) -> Show | None:
        self._store.heard.append((self._device, ask))
        return self._store.answer
