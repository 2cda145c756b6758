"""The line to the centre: events up, changes down, and how long ago each stream was last confirmed.

`Bootstrap` opens it; what comes down is applied by `CentralChanges` and followed in memory by `CommandJobs`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cloud_sync.downlink import Downlink
from cloud_sync.line import CentralLine
from cloud_sync.sinks.http import HttpSink
from cloud_sync.sources.http import HttpSource
from cloud_sync.uplink import Uplink
from edge.app.settings import HubLinkSettings
from edge.domain.clock import Clock
from edge.domain.errors import NotProvisioned
from edge.domain.ids import Token
from edge.pipeline.central_changes import CentralChanges
from edge.state.catalogue import Ages
from edge.storage.database import Database

T = TypeVar("T")

# Streams that are inputs of decisions, by the name under which a decision states their age.
INPUTS: Mapping[str, str] = {
    "products": "prices",
    "offers": "offers",
    "stock": "stock",
    "promotions": "promotions",
}
_CONTACT_S = 5.0
# A new store's offers and prices stand still until the centre first answers: that is noticed sooner.
_FIRST_CONTACT_S = 0.2


class Followers(Protocol):
    """Who must know that a person was changed or erased by the centre."""

    def changed(self, token: Token) -> None:
        """Consents, habits or keys are different now."""
        ...

    def erased(self, token: Token) -> None:
        """The person is gone."""
        ...


class EssentialLane:
    """The database as the sync uses it: what it writes makes room or protects somebody, so it goes through."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One synced transaction, on a nearly full disk too."""
        return await self._database.write(work, essential=True)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One quick read."""
        return self._database.read(work)


@dataclass(slots=True, kw_only=True)
class CentralSync:
    """Both directions, absent without a hub. ``catalogue_changed`` is set when one of the ``INPUTS`` came down."""

    incoming: CentralChanges
    clock: Clock
    ages: Ages
    catalogue_changed: asyncio.Event
    followers: Followers | None = None
    uplink: Uplink | None = None
    downlink: Downlink | None = None

    async def open(
        self, stack: AsyncExitStack, hub: HubLinkSettings, database: Database
    ) -> None:
        """Open the line; it closes with ``stack``.

        Raises:
            NotProvisioned: there is a hub but no key for it.
        """
        if hub.url is None:
            return
        if hub.key_file is None:
            raise NotProvisioned(
                "hub.key_file is not set", hint="put this store's key into a file"
            )
        key = hub.key_file.read_text(encoding="utf-8").strip()
        lane = EssentialLane(database)
        line = await stack.enter_async_context(CentralLine(hub.url, key, clock=self.clock.now))
        self.uplink = Uplink(lane, HttpSink(line), clock=self.clock.now)
        self.downlink = Downlink(
            lane,
            HttpSource(line),
            self.incoming.handlers(),
            clock=self.clock.now,
            on_applied=self.applied,
        )

    def applied(self, stream: str, _keys: Sequence[str]) -> None:
        """Changes are on disk: memory follows. Before the store is open there is nothing in memory yet."""
        if stream in INPUTS:
            self.ages.heard(INPUTS[stream], self.clock.business(self.clock.now()))
        # Campaigns are in the catalogue too, but no decision states their age.
        if stream in INPUTS or stream == "campaigns":
            self.catalogue_changed.set()
        if self.followers is None:
            return
        # Who is gone goes first: what is theirs leaves the screens before anybody is read anew.
        while self.incoming.erased:
            self.followers.erased(self.incoming.erased.popleft())
        while self.incoming.touched:
            self.followers.changed(self.incoming.touched.popleft())

    async def note_contact(self) -> None:
        """Keep the age of what the centre told: since its last answer, or none where there is no centre."""
        while True:
            heard = self._all_heard()
            await asyncio.sleep(_CONTACT_S if heard else _FIRST_CONTACT_S)

    def _all_heard(self) -> bool:
        """Carry the ages over; whether the centre has spoken of every input by now."""
        now = self.clock.now()
        at = self.clock.business(now)
        if self.downlink is None:
            for name in INPUTS.values():
                self.ages.heard(name, at)
            return True
        told = {
            fresh.stream: fresh.contacted_at
            for fresh in self.downlink.freshness()
            if fresh.stream in INPUTS and fresh.contacted_at is not None
        }
        for stream, contacted_at in told.items():
            # Contact is in real time, ages are in business time: only the distance is carried over.
            self.ages.heard(INPUTS[stream], at - (now - contacted_at))
        return len(told) == len(INPUTS)
