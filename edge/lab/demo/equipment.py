"""The demo's devices: those that play the shoppers' part, and those whose pages people may open.

``opening`` gives all of them accounts; ``replaying`` plays the first, and people open the pages of the
others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from devices.accounts import NewDevice
from devices.device_classes import DeviceClass
from devices.fleet import Credential, Fleet
from devices.simulator.floor import SimulatedFloor, usual_floor
from edge.lab.demo.data_folder import DemoFolder
from edge.lab.demo.shelves import CHECKOUT, ENTRANCE, GROCERY, ZONES
from edge.lab.private_files import write_private

REPLAY = "replay"
CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPage:
    """A page that a person may open. Its device is not one of the simulated ones, which play on beside it."""

    title: str
    device: str
    device_class: DeviceClass
    zone: str | None = None

    @property
    def path(self) -> str:
        """Where it is opened, by the record of its class; empty for a class without a page."""
        page = self.device_class.facts.page
        return "" if page is None else page.address.format(device=self.device)


PAGES = (
    DemoPage(title="Console", device=CONSOLE, device_class=DeviceClass.CONSOLE),
    DemoPage(
        title="Display at the shelves",
        device="display-1",
        device_class=DeviceClass.DISPLAY,
        zone=GROCERY,
    ),
    DemoPage(
        title="Kiosk",
        device="kiosk-1",
        device_class=DeviceClass.KIOSK,
        zone=ENTRANCE,
    ),
    DemoPage(
        title="Associate's tablet",
        device="tablet-1",
        device_class=DeviceClass.TABLET,
        zone=ENTRANCE,
    ),
    DemoPage(
        title="Till",
        device="till-1",
        device_class=DeviceClass.POS,
        zone=CHECKOUT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """All devices of a demo with their passwords, by account name."""

    floor: SimulatedFloor
    passwords: Mapping[str, str]

    def addresses(self, port: int) -> dict[str, str]:
        """Each page's address with the key that opens it, by a short name. The key never leaves the browser."""
        return {
            page.device: f"http://127.0.0.1:{port}{page.path}#key={self.passwords[page.device]}"
            for page in PAGES
        }

    def links(self, port: int) -> dict[str, str]:
        """Each page's address with the key that opens it, by title."""
        found = self.addresses(port)
        return {page.title: found[page.device] for page in PAGES}


def provision(folder: DemoFolder, store: str) -> Equipment:
    """Give every device its account, in one go."""
    floor = usual_floor(store, ZONES)
    played = [
        NewDevice(name=spot.name, device_class=spot.device_class, zone=spot.zone)
        for spot in floor.spots
    ]
    opened = [
        NewDevice(name=page.device, device_class=page.device_class, zone=page.zone)
        for page in PAGES
    ]
    # The only account that may tell the business time.
    clock = NewDevice(name=REPLAY, device_class=DeviceClass.REPLAY)
    accounts = Fleet(folder.fleet, store).enrol([*played, *opened, clock])
    return Equipment(floor=floor, passwords={a.username: _password(a) for a in accounts})


def write_links(folder: DemoFolder, links: Mapping[str, str]) -> None:
    """Leave the pages' addresses where the service finds them for its console."""
    listed = [{"title": title, "url": url} for title, url in links.items()]
    write_private(folder.path / "pages.json", json.dumps(listed, indent=1))


def _password(account: Credential) -> str:
    return account.password
