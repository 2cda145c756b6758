"""Opens one store from its settings: the database, the lines, what is held in memory, and the pipeline on top of it.

`edge.app.service` runs what comes of it, a simulation steps through the same parts; each room has its own builder.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

import devices
from devices.bus import Bus
from devices.fleet import Fleet
from edge.api.devices.mqtt_session import BrokerAddress
from edge.api.devices.page_gateway import StoreFacts
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets
from edge.api.routes import HttpParts, HttpSite, site_of
from edge.api.services.device_lookup import FleetRoster, SpentTickets
from edge.app.central_sync import CentralSync
from edge.app.mqtt_link import service_bus
from edge.app.pipeline_builder import IdFactory, PipelineBuilder
from edge.app.provisioning import (
    clock_of,
    code_rules_of,
    identifiers_of,
    read_keys,
    read_policy_of,
)
from edge.app.settings import Settings
from edge.domain.catalogue import Tuning
from edge.domain.clock import Clock
from edge.domain.currency import currency
from edge.domain.errors import NotProvisioned, StorageFailed
from edge.domain.market import RecognitionMethod
from edge.domain.store_site import StoreSite
from edge.pipeline.central_changes import CentralChanges
from edge.pipeline.consent_gate import PersonalContentSwitch
from edge.pipeline.decision_requests import InboundMessage
from edge.pipeline.delivery import left_on_screens
from edge.pipeline.intake import Intake
from edge.pipeline.jobs import (
    CommandJobs,
    HousekeepingJobs,
    Jobs,
    ScreenJobs,
    StoreContextJob,
)
from edge.pipeline.runtime import (
    Runtime,
    RuntimeDevices,
    RuntimeFacts,
    RuntimePipeline,
    RuntimeState,
)
from edge.pipeline.service_about import ServiceAboutJob
from edge.pipeline.supervisor import Supervisor
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.counters import Counters
from edge.state.customers import CustomerCache
from edge.state.decider import Decider
from edge.state.deduplication import Deduplication
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.state.identity_lookup import StoredDirectory, StoredPeople
from edge.state.in_store import InStore
from edge.storage.database import Database
from edge.storage.operations import box_facts, withdrawn_models
from edge.storage.visits import baskets, visits
from models.errors import BundleRefused, NoSuchBundle
from models.features.customer_value import CustomerBase
from models.items import item_key, place_number
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry

VERSION = version("storeside")
_PAGES = Path(devices.__file__).parent / "web"
# Told apart from other ends by the service manager.
_DISK_FAILED = 70

_log = structlog.get_logger(__name__)


class Bootstrap:
    """Builds the parts of one store from its settings, in the order in which they need each other."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, ids: IdFactory | None = None
    ) -> None:
        """``clock`` and ``ids`` stand in for the machine's own time and chance, in a simulation."""
        self.settings = settings
        self.policy = read_policy_of(settings)
        self.keys = read_keys(settings.secrets)
        self.code_rules = code_rules_of(settings)
        self.clock = clock or clock_of(settings)
        # By the clock that is believed: a decision's name tells when it was made.
        self._ids = ids or IdFactory.dated(self.clock.now)
        self.feed = ConsoleFeed()
        self.counters = Counters()
        self.ages = Ages()
        self.bundles = BundleRegistry(settings.bundles, settings.model_keys)
        self.fleet = Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)
        self.central_sync = CentralSync(
            incoming=CentralChanges(
                zone=ZoneInfo(settings.store.time_zone),
                now=self.clock.now,
                rules=self.code_rules,
            ),
            clock=self.clock,
            ages=self.ages,
            catalogue_changed=asyncio.Event(),
        )
        self._intake: Intake | None = None
        self._about: ServiceAboutJob | None = None

    async def open(self, stack: AsyncExitStack) -> Runtime:
        """Open the database, the model, the broker's line and the hub's; all close with ``stack``."""
        # Opened first and so closed last: what the lines still bring in is written.
        database = await stack.enter_async_context(
            Database(self.settings.database, on_failure=_end_at_once)
        )
        bus = service_bus(
            self.settings.mqtt,
            self.settings.store.id,
            self.fleet,
            self.clock,
            self._receive,
            self._introduce,
        )
        # Before the parts, which are told whether there is a centre.
        await self.central_sync.open(stack, self.settings.hub, database)
        runtime = await self.assemble(database, bus)
        # Before the bus connects: devices speak at once, and are told at once what they may ask for.
        self._intake = runtime.pipeline.intake
        self._about = self._about_job(runtime)
        await stack.enter_async_context(bus)
        return runtime

    async def assemble(self, database: Database, bus: Bus) -> Runtime:
        """All parts on an open database and a line to the devices, with the catalogue as it is stored."""
        await database.write(box_facts.next_boot)
        in_store = self._in_store(database)
        # Aside from the loop: a bundle is checked file by file before it is loaded.
        ranker = await asyncio.to_thread(self._ranker, database.read(withdrawn_models.every))
        state = self._state(database, ranker)
        lines = RuntimeDevices(
            bus=bus,
            fleet=self.fleet,
            device_registry=DeviceRegistry(
                store=self.settings.store.id, bus=bus, zone_of=FleetRoster(self.fleet).zone
            ),
        )
        runtime = Runtime(
            facts=self._facts(),
            clock=self.clock,
            database=database,
            bundles=self.bundles,
            devices=lines,
            in_store=in_store,
            state=state,
            pipeline=self._pipeline(database, in_store, state, lines.device_registry),
            uplink=self.central_sync.uplink,
            downlink=self.central_sync.downlink,
        )
        # Before anybody can ask: the decider takes a catalogue for granted.
        await runtime.pipeline.catalogue_refresh.restock()
        return runtime

    def jobs(self, runtime: Runtime) -> Jobs:
        """What runs without a signal."""
        state, pipeline, lines = runtime.state, runtime.pipeline, runtime.devices
        jobs = Jobs(
            screens=ScreenJobs(
                idle=timedelta(minutes=self.settings.limits.idle_minutes),
                presence=runtime.in_store.presence,
                executor=pipeline.executor,
                takedown=pipeline.takedown,
                device_registry=lines.device_registry,
                clock=runtime.clock,
            ),
            context=StoreContextJob(
                store=runtime.facts.store,
                site=state.site,
                catalogue=state.catalogue,
                learning=pipeline.learning,
                bus=lines.bus,
                clock=runtime.clock,
            ),
            about=self._about or self._about_job(runtime),
            commands=CommandJobs(
                database=runtime.database,
                directory=state.directory,
                people=state.people,
                takedown=pipeline.takedown,
                reload_catalogue=pipeline.catalogue_refresh.restock,
                reload_model=lambda: self._change_model(runtime),
            ),
            housekeeping=HousekeepingJobs(
                retention_days=self.policy.retention_days,
                directory=state.directory,
                device_registry=lines.device_registry,
                accounts=FleetRoster(lines.fleet).names,
                database=runtime.database,
                clock=runtime.clock,
            ),
        )
        # What came down until now needs no follower: memory was filled from the disk.
        self.central_sync.followers = jobs.commands
        return jobs

    def site(self, runtime: Runtime, supervisor: Supervisor) -> HttpSite:
        """What is served over HTTP."""
        settings = self.settings
        return site_of(
            HttpParts(
                runtime=runtime,
                supervisor=supervisor,
                facts=StoreFacts(
                    id=runtime.facts.store,
                    demo=runtime.facts.demo,
                    currency=runtime.state.site.currency,
                    locale=settings.store.locale,
                    # The smallest, because a set has no order and every start must show the same text.
                    notice=min(self.policy.notice_ids),
                    purposes=tuple(self.policy.askable(RecognitionMethod.KIOSK_LOGIN)),
                ),
                broker=BrokerAddress(
                    host=settings.mqtt.host, port=settings.mqtt.port, ca=settings.mqtt.ca
                ),
                tickets=self._tickets(runtime.database),
                feed=self.feed,
                links=settings.data_dir / "pages.json",
                pages=_PAGES,
                secret=self.keys.store,
                mappings=settings.mappings,
            )
        )

    def _receive(self, message: InboundMessage) -> None:
        """A device's message; before the intake is there nobody takes it, and it is said again."""
        if self._intake is not None:
            self._intake.receive(message)

    def _introduce(self) -> None:
        if self._about is not None:
            self._about.tell()

    def _about_job(self, runtime: Runtime) -> ServiceAboutJob:
        store = self.settings.store
        return ServiceAboutJob(
            store=store.id,
            contract=VERSION,
            market=self.policy,
            currency=runtime.state.site.currency,
            locale=store.locale,
            catalogue=runtime.state.catalogue,
            bus=runtime.devices.bus,
        )

    def _facts(self) -> RuntimeFacts:
        store = self.settings.store
        return RuntimeFacts(
            store=store.id,
            name=store.name or store.id,
            market=self.policy,
            time_zone=store.time_zone,
            demo=self.settings.clock.source == "replay",
            version=VERSION,
            started_at=self.clock.now(),
        )

    def _in_store(self, database: Database) -> InStore:
        """Who was in the store when the service ended, with what their screens may still show."""
        in_store = InStore.of(
            database.read(visits.open_visits), database.read(baskets.open_baskets)
        )
        left = left_on_screens(database, in_store.presence.visits, self.clock.now())
        in_store.screens.remember(left)
        return in_store

    def _state(self, database: Database, ranker: Ranker) -> RuntimeState:
        store = self.settings.store
        site = StoreSite(
            zone=ZoneInfo(store.time_zone),
            place=place_number(item_key(store.id)),
            locale=store.locale,
            currency=currency(store.currency),
        )
        # Through a restart the trend is as old as its last basket.
        if (last := database.read(baskets.last_saved)) is not None:
            self.ages.heard("trend", last)
        catalogue = CurrentCatalogue(rules=self.code_rules)
        deduplication = Deduplication(database)
        decider = Decider(
            ranker=ranker,
            fallback=LocalFallback(),
            site=site,
            catalogue=catalogue,
            ages=self.ages,
            on_fallback=lambda: self.counters.counts.update({"fallback": 1}),
        )
        decider.least_known = self.settings.model.least_known_pct / 100
        return RuntimeState(
            people=CustomerCache(StoredPeople(database)),
            directory=StoredDirectory(database, deduplication, store=store.id),
            deduplication=deduplication,
            catalogue=catalogue,
            site=site,
            decider=decider,
            counters=self.counters,
            device_clocks=DeviceClocks(self.clock),
            ages=self.ages,
            pause=PersonalContentSwitch(),
        )

    def _pipeline(
        self,
        database: Database,
        in_store: InStore,
        state: RuntimeState,
        device_registry: DeviceRegistry,
    ) -> RuntimePipeline:
        tuning = Tuning(
            **self.settings.decision.model_dump(),
            customers=CustomerBase(**self.settings.customers.model_dump()),
            strategies=self.settings.strategies.by_placement(),
            privacy_weight_pct=self.policy.privacy_weight_pct,
            arrival_by_chance=True,
        )
        builder = PipelineBuilder(
            policy=self.policy,
            identifiers=identifiers_of(self.settings, self.keys),
            ids=self._ids,
            ticket=self._ids.ticket or self._tickets(database).issue,
            clock=self.clock,
            database=database,
            in_store=in_store,
            state=state,
            device_registry=device_registry,
            feed=self.feed,
            currency=self.settings.store.currency,
        )
        return builder.build(tuning, self.central_sync.catalogue_changed)

    async def _change_model(self, runtime: Runtime) -> None:
        """Put the newly active bundle to work between two decisions; a broken one changes nothing."""
        decider, trend = runtime.state.decider, runtime.pipeline.learning.trend
        withdrawn = runtime.database.read(withdrawn_models.every)
        try:
            self.bundles.withdraw(withdrawn)
            # Opened aside from the loop and exchanged in it: no decision sees half of either model.
            decider.use(await asyncio.to_thread(self.bundles.open_active), trend)
        except (BundleRefused, NoSuchBundle) as error:
            if decider.ranker.digest in withdrawn:
                decider.use(LocalFallback(), trend)
                return
            # The model in use goes on answering; it is an error all the same, since somebody has to act.
            _log.error("model refused", reason=str(error))

    def _ranker(self, withdrawn: frozenset[str]) -> Ranker:
        """The active bundle; the fallback where it is broken, or where the settings allow to have none.

        Raises:
            NotProvisioned: there is no bundle, and the settings want one.
        """
        try:
            self.bundles.withdraw(withdrawn)
            return self.bundles.open_active()
        except NoSuchBundle as error:
            if self.settings.model.fallback:
                return LocalFallback()
            raise NotProvisioned(
                "no model bundle is active", hint="storeside models activate DIR --config FILE"
            ) from error
        # Broken is not absent: the store opens all the same, and the error makes somebody look.
        except BundleRefused as error:
            _log.error("model refused", reason=str(error))
            return LocalFallback()

    def _tickets(self, database: Database) -> Tickets:
        """One-use tickets by which a signed-in kiosk hands its visit over to the shopper's own phone."""
        return Tickets(
            key=self.keys.ticket,
            store=self.settings.store.id,
            clock=self.clock,
            once=SpentTickets(database).take,
        )


def _end_at_once(_failure: StorageFailed) -> None:
    """The disk did not take a write: end without a word more, so that nothing is acknowledged."""
    _log.critical("the disk did not take a write")
    # Not `sys.exit`: on the way out a handler could still send a receipt.
    os._exit(_DISK_FAILED)
