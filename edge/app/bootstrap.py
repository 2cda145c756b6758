"""Builds the parts of one store from its settings, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from ulid import ULID

import devices
from devices.bus import Bus
from devices.fleet import Fleet
from edge.api.devices.credentials import BrokerCredentials
from edge.api.devices.mqtt_session import BrokerAddress, BrokerLines
from edge.api.devices.page_gateway import StoreFacts
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets
from edge.api.server import Ports
from edge.api.services.decision_records import StoredRecords
from edge.api.services.device_lookup import FleetRoster, SpentTickets
from edge.api.services.experiments import StoredExperiments
from edge.api.services.kpi_board import StoredFigures
from edge.api.services.overview import Desk
from edge.api.services.portfolio import StoredPortfolio
from edge.api.services.shopper_rights import ShopperRights
from edge.api.services.triggers import StoredTriggers
from edge.app.central_sync import CentralSync
from edge.app.mqtt_link import tune
from edge.app.provisioning import clock_of, read_keys, read_policy_of
from edge.app.settings import Settings
from edge.campaigns.experiments.results import GlobalHoldout
from edge.campaigns.triggers.person_context import TriggerParts
from edge.campaigns.triggers.scheduler import TriggerScheduler
from edge.domain.catalogue import Tuning
from edge.domain.clock import Clock
from edge.domain.errors import NotProvisioned, StorageFailed
from edge.domain.ids import DecisionId, VisitId
from edge.domain.market import RecognitionMethod
from edge.pipeline.catalogue_refresh import CatalogueRefresh
from edge.pipeline.central_changes import CentralChanges
from edge.pipeline.decision_requests import DecisionRequests, InboundMessage
from edge.pipeline.delivery import ExecutorParts
from edge.pipeline.executor import Executor
from edge.pipeline.intake import Intake, IntakeParts
from edge.pipeline.jobs import JobParts, Jobs
from edge.pipeline.offer_responses import OfferResponses
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.runtime import Runtime
from edge.pipeline.showing import left_on
from edge.pipeline.side_effects import SideEffects
from edge.pipeline.signal_handlers import SignalHandlers
from edge.pipeline.supervisor import Supervisor
from edge.state.activity_feed import ActivityFeed
from edge.state.catalogue import Ages
from edge.state.counters import Counters
from edge.state.customers import CustomerCache
from edge.state.decider import Decider, prior_of
from edge.state.deduplication import Deduplication
from edge.state.device_registry import DeviceRegistry
from edge.state.identity_lookup import StoredDirectory, StoredPeople
from edge.state.presence import Presence
from edge.storage.catalogue import trend
from edge.storage.database import Database
from edge.storage.operations import box_facts
from edge.storage.visits import baskets, visits
from models.errors import BundleRefused, NothingOnShelf
from models.items import item_key, place_number
from models.serving.fallback import FrequentFallback
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry
from models.statistics.trend import StoreTrend

VERSION = version("storeside")
_PAGES = Path(devices.__file__).parent / "web"
# Told apart from other ends by the service manager.
_DISK_FAILED = 70

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFactory:
    """New names for visits and decisions, and the tickets of kiosks; without ``ticket`` they are signed ones."""

    visit: Callable[[], VisitId] = lambda: VisitId(f"v-{ULID()}".lower())
    decision: Callable[[], DecisionId] = lambda: DecisionId(f"d-{ULID()}".lower())
    ticket: Callable[[VisitId], str] | None = None


class Bootstrap:
    """Builds the parts of one store from its settings, in the order in which they need each other."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, fresh: IdFactory | None = None
    ) -> None:
        """``clock`` and ``fresh`` stand in for the machine's own time and chance, in a simulation."""
        self.settings = settings
        self.policy = read_policy_of(settings)
        self.keys = read_keys(settings.secrets)
        self.clock = clock or clock_of(settings)
        self._fresh = fresh or IdFactory()
        self.feed = ConsoleFeed()
        self.counters = Counters()
        self.ages = Ages()
        self.bundles = BundleRegistry(settings.bundles, settings.model_keys)
        self.fleet = Fleet(settings.fleet, settings.store.id, pid_file=settings.mqtt.pid_file)
        self.central_sync = CentralSync(
            incoming=CentralChanges(
                zone=ZoneInfo(settings.store.time_zone), now=self.clock.now
            ),
            clock=self.clock,
            ages=self.ages,
            shelves_changed=asyncio.Event(),
        )
        self._intake: Intake | None = None

    async def open(self, stack: AsyncExitStack) -> Runtime:
        """Open the database, the model, the broker's line and the hub's; all close with ``stack``."""
        database = await stack.enter_async_context(
            Database(self.settings.database, on_failure=_end_at_once)
        )
        bus = tune(
            self.settings.mqtt, self.settings.store.id, self.fleet, self.clock, self._heard
        )
        await self.central_sync.open(stack, self.settings.hub, database)
        runtime = await self.together(database, bus)
        self._intake = runtime.intake
        await stack.enter_async_context(bus)
        return runtime

    async def together(self, database: Database, bus: Bus) -> Runtime:
        """All parts on an open database and a line to the devices, with what is on the shelves."""
        await database.write(box_facts.next_boot)
        ranker = await asyncio.to_thread(self._ranker)
        decider = Decider(
            ranker=ranker,
            fallback=FrequentFallback(),
            zone=ZoneInfo(self.settings.store.time_zone),
            ages=self.ages,
            on_fallback=lambda: self.counters.counts.update({"fallback": 1}),
            place=place_number(item_key(self.settings.store.id)),
        )
        decider.locale = self.settings.store.locale
        runtime = self._core_of(database, decider, bus)
        await runtime.catalogue_refresh.restock()
        return runtime

    def jobs(self, runtime: Runtime) -> Jobs:
        """What runs without a signal."""
        jobs = Jobs(
            JobParts(
                store=runtime.store,
                idle=timedelta(minutes=self.settings.limits.idle_minutes),
                retention_days=self.policy.retention_days,
                presence=runtime.presence,
                people=runtime.people,
                directory=runtime.directory,
                decider=runtime.decider,
                learning=runtime.learning,
                executor=runtime.executor,
                device_registry=runtime.device_registry,
                bus=runtime.bus,
                database=runtime.database,
                clock=runtime.clock,
                devices=FleetRoster(runtime.fleet).names,
                reload_shelves=runtime.catalogue_refresh.restock,
                reload_model=lambda: self._change_model(runtime),
            )
        )
        self.central_sync.followers = jobs
        return jobs

    def _heard(self, message: InboundMessage) -> None:
        """A device's message; before the doors are open there is nobody to take it, and it is said again."""
        if self._intake is not None:
            self._intake.heard(message)

    def ports(self, runtime: Runtime, feed: ConsoleFeed, supervisor: Supervisor) -> Ports:
        """What the HTTP doors need."""
        mqtt = self.settings.mqtt
        address = BrokerAddress(host=mqtt.host, port=mqtt.port, ca=mqtt.ca)
        roster = FleetRoster(runtime.fleet)
        desk = Desk(runtime, supervisor, self.settings.data_dir / "pages.json")
        portfolio = StoredPortfolio(runtime, self.settings.database)
        return Ports(
            store=StoreFacts(
                id=runtime.store,
                demo=runtime.demo,
                currency=self.settings.store.currency,
                locale=self.settings.store.locale,
                notice=min(self.policy.notice_ids),
                purposes=tuple(self.policy.askable(RecognitionMethod.KIOSK_LOGIN)),
            ),
            version=VERSION,
            clock=runtime.clock,
            pages=_PAGES,
            credentials=BrokerCredentials(address, roster),
            roster=roster,
            connect=BrokerLines(address, runtime.store, runtime.clock),
            events=runtime.intake,
            decisions=runtime.decision_requests,
            overview=desk,
            records=StoredRecords(runtime),
            brake=desk,
            shoppers=ShopperRights(runtime),
            tickets=self._tickets(runtime.database),
            readiness=desk,
            experiments=self._experiments(runtime),
            kpis=StoredFigures(
                runtime.database, self.settings.database, runtime.decider, runtime.clock
            ),
            triggers=StoredTriggers(runtime.database),
            portfolio=portfolio,
            library=portfolio,
            drafting=portfolio,
            feed=feed,
        )

    def _experiments(self, runtime: Runtime) -> StoredExperiments:
        """The tests, held against the global holdout as it is set."""
        decision = self.settings.decision
        holdout = GlobalHoldout(salt=decision.holdout_salt, pct=decision.holdout_pct)
        return StoredExperiments(
            runtime.database, self.settings.database, holdout, runtime.clock
        )

    async def _change_model(self, runtime: Runtime) -> None:
        """Put the newly active bundle to work between two decisions; a broken one changes nothing."""
        try:
            runtime.decider.use(
                await asyncio.to_thread(self.bundles.open_active), runtime.learning.trend
            )
        except (BundleRefused, NothingOnShelf) as error:
            _log.error("model refused", reason=str(error))

    def _ranker(self) -> Ranker:
        """The active bundle; the fallback where it is broken, or where the settings allow to have none.

        Raises:
            NotProvisioned: there is no bundle, and the settings want one.
        """
        try:
            return self.bundles.open_active()
        except NothingOnShelf as error:
            if self.settings.model.fallback:
                return FrequentFallback()
            raise NotProvisioned(
                "no model bundle is active", hint="storeside models activate DIR --config FILE"
            ) from error
        except BundleRefused as error:
            _log.error("model refused", reason=str(error))
            return FrequentFallback()

    def _tickets(self, database: Database) -> Tickets:
        """One-use tickets by which a signed-in kiosk hands its visit over to the shopper's own phone."""
        return Tickets(
            key=self.keys.ticket,
            store=self.settings.store.id,
            clock=self.clock,
            once=SpentTickets(database),
        )

    def _core_of(self, database: Database, decider: Decider, bus: Bus) -> Runtime:
        """Everything between the bus and the database."""
        settings = self.settings
        presence = Presence(
            database.read(visits.open_visits), database.read(baskets.open_baskets)
        )
        presence.remember(left_on(database, presence.visits, self.clock.now()))
        people, deduplication = CustomerCache(StoredPeople(database)), Deduplication(database)
        offer_responses = OfferResponses(people, self.policy, decider)
        directory = StoredDirectory(database, deduplication, store=settings.store.id)
        signal_handlers = SignalHandlers(
            presence=presence,
            people=people,
            directory=directory,
            policy=self.policy,
            key=self.keys.store,
            fresh_visit=self._fresh.visit,
        )
        signal_handlers.right = offer_responses.check
        device_registry = DeviceRegistry(
            store=settings.store.id, bus=bus, zone_of=FleetRoster(self.fleet).zone
        )
        stored = database.read(trend.find)
        prior = prior_of(decider.ranker)
        if (last := database.read(baskets.last_saved)) is not None:
            self.ages.heard("trend", last)
        learning = OnlineLearning(
            people=people,
            policy=self.policy,
            decider=decider,
            trend=StoreTrend(prior) if stored is None else StoreTrend.from_bytes(stored, prior),
            ages=self.ages,
            counters=self.counters,
        )
        side_effects = SideEffects.over(
            TriggerParts(
                presence=presence,
                people=people,
                decider=decider,
                policy=self.policy,
                database=database,
                clock=self.clock,
                counters=self.counters,
                zone=ZoneInfo(settings.store.time_zone),
            )
        )
        executor = Executor(
            ExecutorParts(
                presence=presence,
                people=people,
                signal_handlers=signal_handlers,
                decider=decider,
                learning=learning,
                device_registry=device_registry,
                database=database,
                clock=self.clock,
                counters=self.counters,
                activity=ActivityFeed(self.feed),
                offer_responses=offer_responses,
                side_effects=side_effects,
                doubt_s=lambda: side_effects.triggers.doubt_s,
                fresh_decision=self._fresh.decision,
                ticket=self._fresh.ticket or self._tickets(database).issue,
            )
        )
        side_effects.triggers.paused = lambda: executor.brake.on
        decision_requests = DecisionRequests(
            executor=executor,
            presence=presence,
            device_registry=device_registry,
            clock=self.clock,
            counters=self.counters,
        )
        intake = Intake(
            IntakeParts(
                executor=executor,
                signal_handlers=signal_handlers,
                device_registry=device_registry,
                clock=self.clock,
                counters=self.counters,
                deduplication=deduplication,
                decision_requests=decision_requests,
            )
        )
        return Runtime(
            store=settings.store.id,
            name=settings.store.name or settings.store.id,
            market=self.policy,
            time_zone=settings.store.time_zone,
            demo=settings.clock.source == "replay",
            version=VERSION,
            started_at=self.clock.now(),
            clock=self.clock,
            database=database,
            bus=bus,
            fleet=self.fleet,
            bundles=self.bundles,
            counters=self.counters,
            ages=self.ages,
            presence=presence,
            people=people,
            directory=directory,
            signal_handlers=signal_handlers,
            decider=decider,
            learning=learning,
            device_registry=device_registry,
            executor=executor,
            intake=intake,
            decision_requests=decision_requests,
            uplink=self.central_sync.uplink,
            downlink=self.central_sync.downlink,
            trigger_scheduler=TriggerScheduler(
                side_effects.triggers,
                self.ages,
                enact=executor.enact,
                reaches=lambda want: bool(device_registry.targets(want)),
            ),
            catalogue_refresh=CatalogueRefresh(
                database=database,
                decider=decider,
                learning=learning,
                clock=self.clock,
                sensitive_categories=self.policy.sensitive_categories,
                tuning=Tuning(
                    **settings.decision.model_dump(),
                    strategies=settings.strategies.by_placement(),
                    privacy_weight_pct=self.policy.privacy_weight_pct,
                ),
                changed=self.central_sync.shelves_changed,
                sold_out=executor.sold_out,
                stock_changed=side_effects.triggers.stock_changed,
            ),
        )


def _end_at_once(_failure: StorageFailed) -> None:
    """The disk did not take a write: end without a word more, so that nothing is acknowledged."""
    _log.critical("the disk did not take a write")
    os._exit(_DISK_FAILED)
