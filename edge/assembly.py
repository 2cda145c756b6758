"""Builds the parts of one store from its settings, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from ulid import ULID

import devices
from cloud_sync.downlink import Downlink
from cloud_sync.line import Line
from cloud_sync.sinks.http import HttpSink
from cloud_sync.sources.http import HttpSource
from cloud_sync.uplink import Uplink
from devices.bus import Bus
from devices.fleet import Fleet
from devices.line import Access, Inbound, Will
from devices.messages import DeviceState, encode
from devices.topics import Leaf, clock_topic, every, service_state_topic
from edge.api.credentials import BrokerCredentials
from edge.api.line import BrokerAddress, BrokerLines
from edge.api.pages import StoreFacts
from edge.api.server import Ports
from edge.api.sse import Feed
from edge.api.tickets import Tickets
from edge.assortment import Ages, Stock, catalogue_of
from edge.clock import ReplayClock
from edge.core import Core
from edge.deciding import Decider, prior_of
from edge.desk.overview import Desk
from edge.desk.records import StoredRecords
from edge.desk.rights import Rights
from edge.desk.roster import FleetRoster, SpentTickets
from edge.directory import StoredDirectory, StoredPeople
from edge.domain.catalogue import Tuning
from edge.domain.ids import DecisionId, VisitId
from edge.enact import Enactor, Parts
from edge.errors import NotProvisioned, StorageFailed
from edge.floor import Floor
from edge.incoming import Incoming
from edge.intake import Doors, Intake, Message
from edge.journal import Journal
from edge.learning import Learning
from edge.ledger import Ledger
from edge.people import People
from edge.provisions import clock_of, read_keys, read_policy_of
from edge.reception import Reception
from edge.screens import Screens
from edge.settings import Settings
from edge.storage import baskets, notes, offers, products, snapshots, stock, trend, visits
from edge.storage.database import Database
from edge.storage.snapshots import Snapshot
from edge.supervisor import Supervisor
from edge.tally import Tally
from edge.upkeep import House, Upkeep
from models.bundle import Bundle, open_bundle
from models.errors import BundleRefused, NothingOnShelf
from models.fallback import FrequentFallback
from models.ranker import Ranker
from models.shelf import Shelf
from models.trend import StoreTrend

T = TypeVar("T")
VERSION = version("storeside")
_PAGES = Path(devices.__file__).parent / "web"
# The centre sends an assortment in pages; the catalogue is built once they have come to rest.
_SETTLE_S = 0.3
# Told apart from other ends by the service manager.
_DISK_FAILED = 70

_log = structlog.get_logger(__name__)


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


class ClockTold(BaseModel):
    """The replayed time, as a demo tells it. ``speed``: business seconds a second."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    at: AwareDatetime
    speed: float = Field(ge=0, le=100_000)


class Assembly:
    """Builds the parts of one store from its settings, in the order in which they need each other."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.policy = read_policy_of(settings)
        self.keys = read_keys(settings.secrets)
        self.clock = clock_of(settings)
        self.feed = Feed()
        self.tally = Tally()
        self.ages = Ages()
        self.shelf = Shelf(settings.shelf)
        self.fleet = Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)
        self.incoming = Incoming(zone=ZoneInfo(settings.store.time_zone), now=self.clock.now)
        self._intake: Intake | None = None
        self._upkeep: Upkeep | None = None
        self._core: Core | None = None
        self.shelves_changed = asyncio.Event()

    async def open(self, stack: AsyncExitStack) -> Core:
        """Open the database, the model, the broker's line and the hub's; all close with ``stack``."""
        database = await stack.enter_async_context(
            Database(self.settings.database, on_failure=_end_at_once)
        )
        await database.write(notes.next_boot)
        ranker = await asyncio.to_thread(self._ranker)
        decider = Decider(
            ranker=ranker,
            fallback=FrequentFallback(),
            zone=ZoneInfo(self.settings.store.time_zone),
            ages=self.ages,
            on_fallback=lambda: self.tally.counts.update({"fallback": 1}),
        )
        bus = self._bus()
        uplink, downlink = await self._centre(stack, database)
        core = self._core_of(database, decider, bus, uplink, downlink)
        await self.stock_shelves(core)
        self._intake, self._core = core.intake, core
        await stack.enter_async_context(bus)
        return core

    def upkeep(self, core: Core) -> Upkeep:
        """What runs without a signal."""
        self._upkeep = Upkeep(
            House(
                store=core.store,
                idle=timedelta(minutes=self.settings.limits.idle_minutes),
                retention_days=self.policy.retention_days,
                floor=core.floor,
                people=core.people,
                directory=core.directory,
                decider=core.decider,
                learning=core.learning,
                enactor=core.enactor,
                screens=core.screens,
                bus=core.bus,
                database=core.database,
                clock=core.clock,
                devices=FleetRoster(core.fleet).names,
                reload_shelves=lambda: self.stock_shelves(core),
                reload_model=lambda: self._change_model(core),
            )
        )
        return self._upkeep

    def ports(self, core: Core, feed: Feed, supervisor: Supervisor) -> Ports:
        """What the HTTP doors need."""
        mqtt = self.settings.mqtt
        address = BrokerAddress(host=mqtt.host, port=mqtt.port, ca=mqtt.ca)
        roster = FleetRoster(core.fleet)
        desk = Desk(core, supervisor, self.settings.data_dir / "pages.json")
        return Ports(
            store=StoreFacts(
                id=core.store,
                demo=core.demo,
                currency=self.settings.store.currency,
                locale=self.settings.store.locale,
            ),
            version=VERSION,
            clock=core.clock,
            pages=_PAGES,
            credentials=BrokerCredentials(address, roster),
            roster=roster,
            connect=BrokerLines(address, core.store, core.clock),
            events=core.intake,
            decisions=core.intake,
            overview=desk,
            records=StoredRecords(core),
            brake=desk,
            shoppers=Rights(core),
            tickets=self._tickets(core.database),
            readiness=desk,
            feed=feed,
        )

    async def stock_shelves(self, core: Core) -> None:
        """Read products, offers and stock anew, and keep the catalogue that decisions will name."""
        tuning = self.settings.decision
        catalogue, body = catalogue_of(
            core.database.read(products.every),
            core.database.read(offers.every),
            self.policy.sensitive_categories,
            Tuning(**tuning.model_dump()),
        )
        at = self.clock.business(self.clock.now())
        shot = Snapshot(digest=catalogue.digest, kind="catalogue", body=body)
        await core.database.write(lambda conn: snapshots.keep(conn, shot, at))
        core.decider.catalogue = catalogue
        core.decider.out_of_stock = core.database.read(stock.out)
        core.learning.stock = Stock(core.database.read(stock.every))
        for name in ("prices", "offers", "stock"):
            self.ages.heard(name, at)

    def applied(self, stream: str, _keys: Sequence[str]) -> None:
        """Changes of the centre are on disk: memory follows."""
        if self._core is None or self._upkeep is None:
            return
        while self.incoming.erased:
            self._upkeep.erased(self.incoming.erased.popleft())
        while self.incoming.touched:
            self._upkeep.changed(self.incoming.touched.popleft())
        if stream in {"products", "offers", "stock"}:
            self.shelves_changed.set()

    async def follow_shelves(self, core: Core) -> None:
        """Rebuild the catalogue once the centre's pages have come to rest."""
        while True:
            await self.shelves_changed.wait()
            await asyncio.sleep(_SETTLE_S)
            self.shelves_changed.clear()
            await self.stock_shelves(core)

    async def _change_model(self, core: Core) -> None:
        """Put the newly active bundle to work between two decisions; a broken one changes nothing."""
        try:
            core.decider.use(await asyncio.to_thread(self._active_bundle), core.learning.trend)
        except (BundleRefused, NothingOnShelf) as error:
            _log.error("model refused", reason=str(error))

    def _ranker(self) -> Ranker:
        """The active bundle; the fallback where it is broken, or where the settings allow to have none.

        Raises:
            NotProvisioned: there is no bundle, and the settings want one.
        """
        try:
            return self._active_bundle()
        except NothingOnShelf as error:
            if self.settings.model.fallback:
                return FrequentFallback()
            raise NotProvisioned(
                "no model bundle is active", hint="storeside models activate DIR --config FILE"
            ) from error
        except BundleRefused as error:
            _log.error("model refused", reason=str(error))
            return FrequentFallback()

    def _active_bundle(self) -> Bundle:
        active = self.shelf.active()
        if active is None:
            raise NothingOnShelf(wanted="an active bundle", root=self.settings.shelf)
        return open_bundle(active)

    def _bus(self) -> Bus:
        """The service's own line to the broker, under a password made for this start."""
        settings, store = self.settings.mqtt, self.settings.store.id
        secret = self.fleet.service()
        state = service_state_topic(store)
        leaves = (Leaf.STATE, Leaf.ABOUT, Leaf.EVENT, Leaf.ASK, Leaf.TELEMETRY)
        clock = (clock_topic(store),) if isinstance(self.clock, ReplayClock) else ()
        bus = Bus(
            Access(
                host=settings.host,
                port=settings.port,
                username=secret.username,
                password=secret.password,
                ca=settings.ca,
            ),
            on_message=self._heard,
            subscriptions=[*(every(store, leaf) for leaf in leaves), *clock],
            will=lambda n: Will(state, encode(DeviceState(state="lost", session=n))),
            on_connected=lambda n: bus.publish(
                state,
                encode(DeviceState(state="ready", session=n, since=self.clock.now())),
                retain=True,
            ),
        )
        return bus

    def _heard(self, message: Inbound) -> None:
        """A message of the bus; the replayed time of a demo is set at once, everything else waits its turn."""
        if isinstance(self.clock, ReplayClock) and message.topic == clock_topic(
            self.settings.store.id
        ):
            told = ClockTold.model_validate_json(message.payload)
            self.clock.tell(told.at, told.speed)
            return
        if self._intake is not None:
            received = asyncio.get_running_loop().time()
            self._intake.heard(
                Message(
                    message.topic,
                    message.payload,
                    message.correlation,
                    message.user,
                    message.content_type,
                    received,
                )
            )

    def _tickets(self, database: Database) -> Tickets:
        """One-use tickets by which a signed-in kiosk hands its visit over to the shopper's own phone."""
        return Tickets(
            key=self.keys.ticket,
            store=self.settings.store.id,
            clock=self.clock,
            once=SpentTickets(database),
        )

    async def _centre(
        self, stack: AsyncExitStack, database: Database
    ) -> tuple[Uplink | None, Downlink | None]:
        """Both directions to the hub, over one line; none without a hub."""
        hub = self.settings.hub
        if hub.url is None:
            return None, None
        if hub.key_file is None:
            raise NotProvisioned(
                "hub.key_file is not set", hint="put this store's key into a file"
            )
        key = hub.key_file.read_text(encoding="utf-8").strip()
        lane = EssentialLane(database)
        line = await stack.enter_async_context(Line(hub.url, key, clock=self.clock.now))
        uplink = Uplink(lane, HttpSink(line), clock=self.clock.now)
        downlink = Downlink(
            lane,
            HttpSource(line),
            self.incoming.handlers(),
            clock=self.clock.now,
            on_applied=self.applied,
        )
        return uplink, downlink

    def _core_of(
        self,
        database: Database,
        decider: Decider,
        bus: Bus,
        uplink: Uplink | None,
        downlink: Downlink | None,
    ) -> Core:
        """Everything between the bus and the database."""
        settings = self.settings
        floor = Floor(database.read(visits.open_visits), database.read(baskets.open_baskets))
        people, ledger = People(StoredPeople(database)), Ledger(database)
        directory = StoredDirectory(database, ledger, store=settings.store.id)
        reception = Reception(
            floor=floor,
            people=people,
            directory=directory,
            policy=self.policy,
            key=self.keys.store,
            fresh_visit=lambda: VisitId(f"v-{ULID()}".lower()),
        )
        screens = Screens(
            store=settings.store.id, bus=bus, zone_of=FleetRoster(self.fleet).zone
        )
        stored = database.read(trend.find)
        prior = prior_of(decider.ranker)
        learning = Learning(
            people=people,
            policy=self.policy,
            decider=decider,
            trend=StoreTrend(prior) if stored is None else StoreTrend.from_bytes(stored, prior),
            ages=self.ages,
            tally=self.tally,
        )
        enactor = Enactor(
            Parts(
                floor=floor,
                people=people,
                reception=reception,
                decider=decider,
                learning=learning,
                screens=screens,
                database=database,
                clock=self.clock,
                tally=self.tally,
                journal=Journal(self.feed),
                fresh_decision=lambda: DecisionId(f"d-{ULID()}".lower()),
                ticket=self._tickets(database).issue,
            )
        )
        intake = Intake(
            Doors(
                enactor=enactor,
                reception=reception,
                floor=floor,
                screens=screens,
                clock=self.clock,
                tally=self.tally,
                ledger=ledger,
            )
        )
        return Core(
            store=settings.store.id,
            name=settings.store.name or settings.store.id,
            market=self.policy,
            demo=settings.clock.source == "replay",
            version=VERSION,
            started_at=self.clock.now(),
            clock=self.clock,
            database=database,
            bus=bus,
            fleet=self.fleet,
            shelf=self.shelf,
            tally=self.tally,
            ages=self.ages,
            floor=floor,
            people=people,
            directory=directory,
            reception=reception,
            decider=decider,
            learning=learning,
            screens=screens,
            enactor=enactor,
            intake=intake,
            uplink=uplink,
            downlink=downlink,
        )


def _end_at_once(_failure: StorageFailed) -> None:
    """The disk did not take a write: end without a word more, so that nothing is acknowledged."""
    _log.critical("the disk did not take a write")
    os._exit(_DISK_FAILED)
