"""The service's parts once they are together: what the desk and the doors may ask."""

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
from edge.pipeline.catalogue_refresh import CatalogueRefresh
from edge.pipeline.decision_requests import DecisionRequests
from edge.pipeline.executor import Executor
from edge.pipeline.intake import Intake
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.signal_handlers import SignalHandlers
from edge.state.catalogue import Ages
from edge.state.counters import Counters
from edge.state.customers import CustomerCache
from edge.state.decider import Decider
from edge.state.device_registry import DeviceRegistry
from edge.state.identity_lookup import StoredDirectory
from edge.state.presence import Presence
from edge.storage.database import Database
from models.serving.registry import BundleRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything that runs in one store. ``uplink`` and ``downlink`` are absent without a hub."""

    store: str
    name: str
    market: MarketPolicy
    time_zone: str
    demo: bool
    version: str
    started_at: datetime
    clock: Clock
    database: Database
    bus: Bus
    fleet: Fleet
    bundles: BundleRegistry
    counters: Counters
    ages: Ages
    presence: Presence
    people: CustomerCache
    directory: StoredDirectory
    signal_handlers: SignalHandlers
    decider: Decider
    learning: OnlineLearning
    device_registry: DeviceRegistry
    executor: Executor
    intake: Intake
    decision_requests: DecisionRequests
    uplink: Uplink | None
    downlink: Downlink | None
    trigger_scheduler: TriggerScheduler
    catalogue_refresh: CatalogueRefresh
