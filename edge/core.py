"""The service's parts once they are together: what the desk and the doors may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cloud_sync.downlink import Downlink
from cloud_sync.uplink import Uplink
from devices.bus import Bus
from devices.fleet import Fleet
from edge.asking import Asking
from edge.assortment import Ages
from edge.clock import Clock
from edge.deciding import Decider
from edge.directory import StoredDirectory
from edge.domain.market import MarketPolicy
from edge.enact import Enactor
from edge.floor import Floor
from edge.intake import Intake
from edge.learning import Learning
from edge.people import People
from edge.reception import Reception
from edge.screens import Screens
from edge.shelves import Shelves
from edge.storage.database import Database
from edge.tally import Tally
from edge.triggers.rounds import Rounds
from models.shelf import Shelf


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
