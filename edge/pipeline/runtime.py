"""The running service, in groups: what the HTTP services, the jobs and the supervisor are handed their parts from.

Built once by `edge.app.bootstrap`; nothing here is decided, and whoever needs one part is given that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cloud_sync.downlink import Downlink
from cloud_sync.uplink import Uplink
from devices.bus import Bus
from devices.fleet import Fleet
from edge.campaigns.triggers.scheduler import TriggerScheduler
from edge.domain.clock import Clock
from edge.domain.market import MarketPolicy
from edge.domain.store_site import StoreSite
from edge.pipeline.catalogue_refresh import CatalogueRefresh
from edge.pipeline.consent_gate import PersonalContentSwitch
from edge.pipeline.decision_requests import DecisionRequests
from edge.pipeline.executor import Executor
from edge.pipeline.intake import Intake
from edge.pipeline.offer_requests import OfferRequests
from edge.pipeline.offer_responses import OfferResponses
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.side_effects import SideEffects
from edge.pipeline.takedown import ContentTakedown
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.counters import Counters
from edge.state.customers import CustomerCache
from edge.state.decider import Decider
from edge.state.deduplication import Deduplication
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.state.identity_lookup import StoredDirectory
from edge.state.in_store import InStore
from edge.storage.database import Database
from models.serving.registry import BundleRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeFacts:
    """What the service is and does not change. ``store``: its id; ``started_at``: real time."""

    store: str
    name: str
    market: MarketPolicy
    time_zone: str
    demo: bool
    version: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeDevices:
    """The line to the devices, their accounts, and what is known of each."""

    bus: Bus
    fleet: Fleet
    device_registry: DeviceRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeState:
    """What the service holds in memory beside who is in the store."""

    people: CustomerCache
    directory: StoredDirectory
    deduplication: Deduplication
    catalogue: CurrentCatalogue
    site: StoreSite
    decider: Decider
    counters: Counters
    device_clocks: DeviceClocks
    ages: Ages
    pause: PersonalContentSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimePipeline:
    """What carries a signal from the intake to the screens, and what runs beside it."""

    intake: Intake
    decision_requests: DecisionRequests
    offer_requests: OfferRequests
    executor: Executor
    takedown: ContentTakedown
    learning: OnlineLearning
    offer_responses: OfferResponses
    side_effects: SideEffects
    trigger_scheduler: TriggerScheduler
    catalogue_refresh: CatalogueRefresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything that runs in one store. ``uplink`` and ``downlink`` are absent without a hub."""

    facts: RuntimeFacts
    clock: Clock
    database: Database
    bundles: BundleRegistry
    devices: RuntimeDevices
    in_store: InStore
    state: RuntimeState
    pipeline: RuntimePipeline
    uplink: Uplink | None
    downlink: Downlink | None
