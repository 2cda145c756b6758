"""A whole small shop on a real file: its own catalogue, one kiosk, two people, and a broker that only listens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np

from devices.bus import Bus
from devices.fleet import Fleet
from devices.topics import DeviceClass
from edge.api.sse import Feed
from edge.assortment import Ages, Stock, catalogue_of
from edge.core import Core
from edge.deciding import Decider
from edge.desk.roster import FleetRoster
from edge.directory import StoredDirectory, StoredPeople
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.ids import (
    BasketId,
    DecisionId,
    DeviceId,
    ItemKey,
    OfferId,
    Token,
    VisitId,
)
from edge.domain.market import Method
from edge.domain.offer import Offer
from edge.domain.visit import Visit
from edge.enact import Enactor, Parts
from edge.floor import Floor
from edge.intake import Doors, Intake
from edge.journal import Journal
from edge.learning import Learning
from edge.ledger import Ledger
from edge.people import People
from edge.policy import SHIPPED, read_policy
from edge.reception import Reception
from edge.screens import Screens
from edge.storage import consents, customers, offers, products, profiles, snapshots
from edge.storage.database import Database
from edge.storage.decisions import StoredDecision, recent
from edge.storage.snapshots import Snapshot
from edge.storage.unit import Unit
from edge.tally import Tally
from edge.turns.scene import Turn, Want
from models.counters import Profile
from models.fallback import FrequentFallback
from models.moment import Moment
from models.ranker import Ranker
from models.shelf import Shelf
from models.trend import StoreTrend

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORE = "store-1"
KIOSK = DeviceId("kiosk-1")
ANN = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
BEN = Token("c-bennnnnnnnnnnnnnnnnnnnnnnn")
VISIT = VisitId("v-01hannannann")
BASKET = BasketId("b-1")
NAMES = {
    "101": ("Whole milk", "milk"),
    "102": ("Oat drink", "milk"),
    "103": ("Buttermilk", "milk"),
    "104": ("Skimmed milk", "milk"),
    "110": ("Rye bread", "bread"),
    "111": ("White bread", "bread"),
    "120": ("Apples", "fruit"),
    "121": ("Bananas", "fruit"),
    "130": ("Dry wine", "wine"),
    "140": ("Soap", "care"),
}
SOLD = [
    {
        "sku": sku,
        "name": name,
        "category": category,
        "department": "grocery",
        "price_cents": 100 + n,
    }
    for n, (sku, (name, category)) in enumerate(NAMES.items())
]
TUNING = Tuning(holdout_pct=0)


class StoppedClock:
    """Real and business time in one, moved by hand."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def business(self, at: datetime) -> datetime:
        return at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Ears:
    """Stands for the broker's line: remembers what was published."""

    connected: bool = True
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, **_how: object) -> None:
        self.said.append((topic, json.loads(payload)))

    def heard(self, leaf: str, device: str = KIOSK) -> list[dict[str, object]]:
        return [body for topic, body in self.said if topic.endswith(f"/{device}/{leaf}")]


@dataclass
class Shop:
    core: Core
    ears: Ears
    clock: StoppedClock
    path: Path
    shelf: Shelf

    async def visit(self, token: Token | None = ANN, **changed: object) -> Visit:
        """Somebody signs in at the kiosk and is shown what fits."""
        known = Method.ANONYMOUS_CONTEXT if token is None else Method.KIOSK_LOGIN
        at = self.clock.now()
        visit = Visit(
            id=VISIT, opened_at=at, seen_at=at, token=token, method=known, zone="dairy", kiosk=KIOSK
        )
        visit = replace(visit, **changed)  # type: ignore[arg-type]  # fields of the test's choice
        wants = (
            Want(placement="arrival", visit=visit.id),
            Want(placement="kiosk-home", visit=visit.id, device=KIOSK),
        )
        await self.core.enactor.enact(
            Turn(facts=(), visits=(visit,), wants=wants), Unit(at=at)
        )
        return visit

    async def show(self, visit: VisitId = VISIT) -> None:
        """The kiosk is shown something anew."""
        at = self.clock.now()
        want = Want(placement="kiosk-home", visit=visit, device=KIOSK)
        await self.core.enactor.enact(Turn(facts=(), wants=(want,)), Unit(at=at))

    def latest(self) -> StoredDecision:
        return self.core.database.read(lambda conn: recent(conn, 1))[0]

    def bytes_on_disk(self) -> bytes:
        return b"".join(f.read_bytes() for f in self.path.parent.glob(f"{self.path.name}*"))


def offer(id_: str, sku: str, category: str, **changed: object) -> Offer:
    made = Offer(
        id=OfferId(id_),
        headline=f"{NAMES[sku][0]}, 20 cents off",
        items=(ItemKey(int(sku)),),
        category=category,
        discount_cents=20,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=6),
        campaign="june",
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # fields of the test's choice


OFFERS = (offer("o-milk", "101", "milk", weekly_cap=1), offer("o-soap", "140", "care"))


def yes(token: Token, purpose: Purpose, at: datetime = NOW) -> ConsentEntry:
    return ConsentEntry(
        id=f"{token}.{purpose.value}",
        token=token,
        purpose=purpose,
        state=ConsentState.GIVEN,
        market="US",
        notice_id="notice-us-1",
        given_at=at - timedelta(days=1),
        expires_at=at + timedelta(days=300),
        channel="kiosk",
    )


def habits(skus: Mapping[str, int]) -> bytes:
    profile, today = Profile.empty(), moment().day
    for sku, trips in skus.items():
        profile.seed(int(sku), trips, today - 3)
    return profile.to_bytes()


def moment() -> Moment:
    return Moment(day=NOW.date().toordinal() - datetime(1970, 1, 1).toordinal(), hour=12)


def trend_of(rounds: int = 30) -> StoreTrend:
    trend = StoreTrend.empty()
    for n in range(rounds):
        keys = [int(sku) for k, sku in enumerate(NAMES) if (n + k) % (k + 1) == 0]
        trend.record(np.array(keys, np.int64), moment())
    return trend


async def stock_shop(database: Database) -> Catalogue:
    """Products, offers and two people; Ann agreed to everything, Ben to being recognised."""

    def fill(conn: sqlite3.Connection) -> Catalogue:
        products.upsert(conn, SOLD)
        offers.upsert(conn, OFFERS)
        sensitive = frozenset({"wine"})
        catalogue, body = catalogue_of(
            products.every(conn), offers.every(conn), sensitive, TUNING
        )
        shot = Snapshot(digest=catalogue.digest, kind="catalogue", body=body)
        snapshots.keep(conn, shot, NOW)
        for token in (ANN, BEN):
            customers.upsert(conn, Customer(token=token))
        consents.append(conn, [yes(ANN, purpose) for purpose in Purpose])
        consents.append(conn, [yes(BEN, Purpose.RECOGNISE)])
        profiles.save(conn, ANN, habits({"101": 9, "102": 4, "103": 3, "110": 5, "120": 2}))
        return catalogue

    return await database.write(fill)


@asynccontextmanager
async def open_shop(folder: Path, ranker: Ranker | None = None) -> AsyncGenerator[Shop]:
    """The shop in ``folder``, open for as long as the context lasts."""
    path, clock, ears = folder / "storeside.db", StoppedClock(), Ears()
    shelf = Shelf(folder / "models")
    async with Database(path) as database:
        catalogue = await stock_shop(database)
        core = core_of(database, catalogue, ranker or FrequentFallback(), clock, ears, shelf)
        yield Shop(core=core, ears=ears, clock=clock, path=path, shelf=shelf)


def core_of(
    database: Database,
    catalogue: Catalogue,
    ranker: Ranker,
    clock: StoppedClock,
    ears: Ears,
    shelf: Shelf,
) -> Core:
    """The parts put together as the service does it."""
    policy = read_policy(SHIPPED / "us.yaml")
    tally, ages = Tally(), Ages()
    for name in ("prices", "offers", "stock", "trend"):
        ages.heard(name, NOW)
    decider = Decider(
        ranker=ranker,
        fallback=FrequentFallback(),
        zone=ZoneInfo("UTC"),
        ages=ages,
        on_fallback=lambda: tally.counts.update({"fallback": 1}),
    )
    decider.catalogue = catalogue
    decider.out_of_stock = (ItemKey(121),)
    floor, people = Floor(), People(StoredPeople(database))
    ledger = Ledger(database)
    directory = StoredDirectory(database, ledger, store=STORE)
    numbers = iter(range(1, 1_000))
    reception = Reception(
        floor=floor,
        people=people,
        directory=directory,
        policy=policy,
        key=b"k" * 32,
        fresh_visit=lambda: VisitId(f"v-stranger-{next(numbers)}"),
    )
    fleet = Fleet(shelf.root.parent / "fleet", STORE)
    fleet.add(KIOSK, DeviceClass.KIOSK, zone="dairy")
    fleet.add("display-1", DeviceClass.DISPLAY, zone="entrance")
    screens = Screens(store=STORE, bus=ears, zone_of=FleetRoster(fleet).zone)
    learning = Learning(
        people=people, policy=policy, decider=decider, trend=trend_of(), ages=ages, tally=tally
    )
    learning.stock = Stock({})
    enactor = Enactor(
        Parts(
            floor=floor,
            people=people,
            reception=reception,
            decider=decider,
            learning=learning,
            screens=screens,
            database=database,
            clock=clock,
            tally=tally,
            journal=Journal(Feed()),
            ticket=lambda visit: f"ticket-of-{visit}",
            fresh_decision=lambda: DecisionId(f"d-{next(numbers):03}"),
        )
    )
    doors = Doors(
        enactor=enactor,
        reception=reception,
        floor=floor,
        screens=screens,
        clock=clock,
        tally=tally,
        ledger=ledger,
    )
    return Core(
        store=STORE,
        name="Maple Street",
        market=policy,
        demo=False,
        version="0.1.0",
        started_at=NOW,
        clock=clock,
        database=database,
        bus=cast("Bus", ears),
        fleet=fleet,
        shelf=shelf,
        tally=tally,
        ages=ages,
        floor=floor,
        people=people,
        directory=directory,
        reception=reception,
        decider=decider,
        learning=learning,
        screens=screens,
        enactor=enactor,
        intake=Intake(doors),
        uplink=None,
        downlink=None,
    )
