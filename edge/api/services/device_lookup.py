"""The fleet as routes and screens ask for it: by name, without waiting for the disk each time.

The guard of the routes, the device registry and the jobs call it; a changed file is seen within a tenth of a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import structlog

from devices.accounts import Device
from devices.errors import FleetError
from devices.fleet import Fleet
from devices.tills.webhooks import secret_of
from edge.api.http.auth import Caller
from edge.domain.ids import DeviceId
from edge.storage.database import Database
from edge.storage.people import used_claims
from edge.storage.people.used_claims import UsedClaim

# A screen's zone is asked for many times a signal; the file is looked at this often at most.
_LOOK_S = 0.1

_log = structlog.get_logger(__name__)

_Mark = tuple[int, int, int]


class FleetRoster:
    """Who is provisioned. A changed file is read again, a damaged one changes nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._mark: _Mark | None = None
        self._looked = float("-inf")
        self._devices: Mapping[str, Device] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every provisioned device, by name."""
        self._look()
        return tuple(self._devices.values())

    def names(self) -> frozenset[str]:
        """The names of all provisioned devices."""
        return frozenset(device.name for device in self.devices)

    def zone(self, device: str) -> str | None:
        """Where ``device`` was provisioned to stand; at most a tenth of a second old."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self._look()
        known = self._devices.get(device)
        return None if known is None else known.zone

    async def find(self, device: str) -> Caller | None:
        """The device as it is provisioned now, or None."""
        # At every request, unlike `zone`: a device that was revoked is out at once.
        self._look()
        known = self._devices.get(device)
        if known is None:
            return None
        return _caller(known)

    def _look(self) -> None:
        """Read the file again if it is another than before."""
        self._looked = time.monotonic()
        mark = self._marked()
        if mark == self._mark:
            return
        # Taken before reading: a change in between is read next time. A damaged file is tried once, not at each look.
        self._mark = mark
        try:
            self._devices = {device.name: device for device in self._fleet.list()}
        except FleetError:
            _log.error("fleet file cannot be read; the devices known before stay")

    def _marked(self) -> _Mark | None:
        """What tells one edition of the file from the next: each is a file of its own."""
        try:
            found = os.stat(self._fleet.folder / "fleet.json")  # noqa: PTH116 - a third of the time of Path.stat
        except FileNotFoundError:
            return None
        # The inode too: two editions may come within one tick of the file system's clock.
        return found.st_mtime_ns, found.st_ino, found.st_size


def _caller(device: Device) -> Caller:
    return Caller(
        device=DeviceId(device.name), device_class=device.device_class, zone=device.zone
    )


class WebhookSigners:
    """Tills that sign what they send; their secrets follow from the store's own ``key`` and are kept nowhere."""

    def __init__(self, roster: FleetRoster, key: bytes) -> None:
        self._roster = roster
        self._key = key

    def secrets(self) -> tuple[tuple[Caller, str], ...]:
        """Each till that has a signing secret, with it; a revoked one is out at once."""
        return tuple(
            (_caller(one), secret_of(self._key, one.name, one.webhook))
            for one in self._roster.devices
            if one.webhook is not None
        )


class SpentTickets:
    """Tickets that were used, on disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, ticket: str, expires_at: datetime) -> bool:
        """Use ``ticket`` up; False where that was done before, also before a restart."""
        claim = UsedClaim(jti=ticket, expires_at=expires_at)
        return await self._database.write(partial(used_claims.take, claim=claim))
