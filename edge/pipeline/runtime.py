"""The service's parts once they are together: what the desk and the doors may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cloud_sync.downlink import Downlink
from cloud_sync.uplink import Uplink
from devices.bus import Bus
from devices.fleet import Fleet
from edge.campaigns.triggers.scheduler import Rounds
from edge.domain.clock import Clock
from edge.domain.market import MarketPolicy
from edge.pipeline.catalogue_refresh import Shelves
from edge.pipeline.decision_requests import Asking
from edge.pipeline.executor import Enactor
from edge.pipeline.intake import Intake
from edge.pipeline.online_learning import Learning
from edge.pipeline.signal_handlers import Reception
from edge.state.catalogue import Ages
from edge.state.counters import Tally
from edge.state.customers import People
from edge.state.decider import Decider
from edge.state.device_registry import Screens
from edge.state.identity_lookup import StoredDirectory
from edge.state.presence import Floor
from edge.storage.database import Database
from models.serving.registry import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
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
    shelf: Shelf
    tally: Tally
    ages: Ages
    floor: Floor
    people: People
    directory: StoredDirectory
    reception: Reception
    decider: Decider
    learning: Learning
    screens: Screens
    enactor: Enactor
    intake: Intake
    asking: Asking
    uplink: Uplink | None
    downlink: Downlink | None
    rounds: Rounds
    shelves: Shelves
