"""The store's devices and who stands where: screens that show what they are told, lanes, cameras that count.

``run`` builds them on the line; ``interactions`` stands people before their screens.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.device_classes import DeviceClass
from edge.lab.simulate.fake_line import SimulatedDevice, SimulatedLine
from edge.lab.simulate.population import ZONES

KIOSKS, TILLS = 2, 3
DISPLAYS = ("entrance", "chilled")

Offered = tuple[str, str]
"""An offer and the headline under which it was said."""


@dataclass(slots=True, kw_only=True)
class SimulatedScreen:
    """One device with a screen. ``shown``: the message that is on it; ``told``: set when another comes.

    ``queue``: people before it, whoever is served included.
    """

    device: SimulatedDevice
    shown: Mapping[str, Any] | None = None
    queue: int = 0
    _free: asyncio.Lock = field(default_factory=asyncio.Lock)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    on_show: Callable[[Mapping[str, Any]], None] = field(default=lambda _body: None)

    def __post_init__(self) -> None:
        """It listens to its line."""
        self.device.told = self._hears

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait in line; inside, the device is one person's."""
        self.queue += 1
        try:
            async with self._free:
                yield
        finally:
            self.queue -= 1

    def _hears(self, leaf: str, body: Any) -> None:  # noqa: ANN401 - JSON of every shape of the contract
        if leaf in {"show", "answer"}:
            self.shown = body
            self.told.set()
            self.on_show(body)
        elif leaf == "restarted" or (leaf == "cmd" and body["command"] == "clear"):
            self.shown = None

    async def next_word(self, wait_s: float) -> Mapping[str, Any] | None:
        """What it shows once it was told something, or is ``wait_s`` later still."""
        try:
            async with asyncio.timeout(wait_s):
                await self.told.wait()
        except TimeoutError:
            pass
        return self.shown


def items_of(shown: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    """The items of a message that may be none."""
    return () if shown is None else shown.get("items", ())


def offers_on(shown: Mapping[str, Any] | None, at: datetime) -> tuple[Offered, ...]:
    """Offers of what a screen shows at ``at``; content that is over is not there any more."""
    if shown is None or datetime.fromisoformat(shown["expires_at"]) <= at:
        return ()
    return tuple(
        (item["offer_id"], item["headline"])
        for item in shown.get("items", ())
        if "offer_id" in item
    )


class SimulatedPremises:
    """Every device of the store, on its line."""

    def __init__(self, line: SimulatedLine) -> None:
        """The devices are there; ``open`` switches them on."""
        self._line = line
        self.gateways = {
            zone: SimulatedDevice(name=f"gw-{zone}", kind=DeviceClass.BEACON_GW, zone=zone)
            for zone in ZONES
        }
        self.cameras = {
            zone: SimulatedDevice(name=f"camera-{zone}", kind=DeviceClass.CAMERA, zone=zone)
            for zone in DISPLAYS
        }
        self.displays = {zone: _screen("display", zone, zone) for zone in DISPLAYS}
        self.kiosks = [_screen("kiosk", str(n + 1), "entrance") for n in range(KIOSKS)]
        self.tills = [_screen("till", str(n + 1), "checkout") for n in range(TILLS)]
        self.tablet = _screen("tablet", "1", None)
        self._people: Counter[str] = Counter()

    @property
    def devices(self) -> tuple[SimulatedDevice, ...]:
        """All devices, in the order in which they are switched on."""
        screens = (*self.displays.values(), *self.kiosks, *self.tills, self.tablet)
        return (
            *self.gateways.values(),
            *self.cameras.values(),
            *(screen.device for screen in screens),
        )

    def open(self) -> None:
        """Switch everything on, in the morning too."""
        for device in self.devices:
            self._line.plug_in(device)

    def close(self) -> None:
        """The displays sleep at night."""
        for display in self.displays.values():
            self._line.sleep(display.device)

    def people_in(self, zone: str) -> int:
        """How many people really are in a zone."""
        return self._people[zone]

    def moves(self, came_from: str | None, into: str | None) -> None:
        """Somebody walks from one zone into another; cameras count heads, and know nobody."""
        for zone, step in ((came_from, -1), (into, 1)):
            if zone is not None:
                self._people[zone] += step
                self.looks(zone)

    def looks(self, zone: str | None) -> None:
        """The zone's camera, if it has one, says how many people it counts."""
        camera = self.cameras.get(zone or "")
        if camera is not None and zone is not None:
            self._line.count(camera, people=self._people[zone])

    def shortest_lane(self) -> SimulatedScreen:
        """The till with the fewest people before it."""
        return min(self.tills, key=lambda till: till.queue)


_KINDS = {
    "display": DeviceClass.DISPLAY,
    "kiosk": DeviceClass.KIOSK,
    "till": DeviceClass.POS,
    "tablet": DeviceClass.TABLET,
}


def _screen(kind: str, name: str, zone: str | None) -> SimulatedScreen:
    return SimulatedScreen(
        device=SimulatedDevice(name=f"{kind}-{name}", kind=_KINDS[kind], zone=zone)
    )
