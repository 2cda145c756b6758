"""A whole shop on a real file, put together as the service does it, with a broker that only listens."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Data,
    DeviceState,
    Line,
    Receipt,
    SignIn,
    UpEvent,
    encode,
    encode_event,
    leaf_of,
)
from devices.topics import parse
from edge.app.market_policies import SHIPPED, read_policy
from edge.app.pipeline_builder import IdFactory, PipelineBuilder
from edge.decision.codec import decode_decision
from edge.domain.budget_spend import BudgetSpend
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.consent import ConsentEntry, Purpose
from edge.domain.decision import Decision
from edge.domain.ids import DecisionId, DeviceId, Token, VisitId, link_code
from edge.domain.market import MarketPolicy
from edge.domain.store_site import StoreSite
from edge.domain.visit import Visit
from edge.pipeline.consent_gate import PersonalContentSwitch
from edge.pipeline.decision_requests import InboundMessage
from edge.pipeline.delivery import ContentComposer, left_on_screens
from edge.pipeline.executor import Executor
from edge.pipeline.identifiers import Identifiers
from edge.pipeline.runtime import RuntimePipeline, RuntimeState
from edge.pipeline.screen_sender import ScreenSender
from edge.pipeline.side_effects import SideEffects
from edge.pipeline.takedown import ContentTakedown
from edge.state.catalogue import Ages, CurrentCatalogue, Stock
from edge.state.counters import Counters
from edge.state.customers import CustomerCache
from edge.state.decider import Decider
from edge.state.deduplication import Deduplication
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.state.identity_lookup import StoredDirectory, StoredPeople
from edge.state.in_store import InStore
from edge.state.presence import Presence
from edge.state.screen_board import ScreenBoard
from edge.storage.catalogue import trend as stored_trend
from edge.storage.connection import open_connection, transaction
from edge.storage.database import Database
from edge.storage.decisions import decisions, redemptions
from edge.storage.people import consents, customers, identifier_links, profiles
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.visits import baskets, visits
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Ranker
from tests.edge.builders import (
    ANN,
    DISPLAY,
    EVERYTHING,
    KIOSK,
    NOW,
    STORE,
    TABLET,
    TILL,
    catalogue,
    customer,
    event,
    profile,
    trend,
)
from tests.edge.fakes import Disk, Ears, Feed, HandClock, Rates

KEY = b"k" * 32
CARD = "4100000001"
NOTICE = "notice-us-1"
ZONES = {KIOSK: "dairy", DISPLAY: "dairy", TILL: "tills"}
SCREENS = (KIOSK, DISPLAY, TABLET, TILL)
_numbers = count(1)


@dataclass(kw_only=True)
class Shop:
    """The parts, and short words for what tests do with them."""

    database: Database
    clock: HandClock
    ears: Ears
    feed: Feed
    disk: Disk
    device_registry: DeviceRegistry
    in_store: InStore
    state: RuntimeState
    pipeline: RuntimePipeline

    @property
    def presence(self) -> Presence:
        return self.in_store.presence

    @property
    def screens(self) -> ScreenBoard:
        return self.in_store.screens

    @property
    def people(self) -> CustomerCache:
        return self.state.people

    @property
    def catalogue(self) -> CurrentCatalogue:
        return self.state.catalogue

    @property
    def decider(self) -> Decider:
        return self.state.decider

    @property
    def counters(self) -> Counters:
        return self.state.counters

    @property
    def executor(self) -> Executor:
        return self.pipeline.executor

    @property
    def composer(self) -> ContentComposer:
        return self.executor._parts.composer  # noqa: SLF001 - it has no door of its own

    @property
    def sender(self) -> ScreenSender:
        return self.pipeline.decision_requests.sender

    @property
    def takedown(self) -> ContentTakedown:
        return self.pipeline.takedown

    @property
    def side_effects(self) -> SideEffects:
        return self.pipeline.side_effects

    async def say(self, data: Data, device: str = KIOSK, *, name: str | None = None) -> Receipt:
        """What ``device`` says is taken; returns its receipt."""
        return await self.pipeline.intake.accept(self.event(data, device, name=name))

    def event(
        self,
        data: Data,
        device: str = KIOSK,
        *,
        name: str | None = None,
        at: datetime | None = None,
    ) -> UpEvent:
        return event(
            data, device, name=name or f"n-{next(_numbers)}", at=at or self.clock.now()
        )

    def message(
        self, data: Data, device: str = KIOSK, *, name: str = "1", waited_s: float = 0
    ) -> InboundMessage:
        """The same as it comes from the broker, ``waited_s`` ago."""
        said = event(data, device, name=name, at=self.clock.now())
        leaf = leaf_of(data)
        body = encode_event(data, source=said.source, id=name, time=said.time)
        received = asyncio.get_running_loop().time() - waited_s
        return InboundMessage(f"{said.source}/{leaf}", body, b"c-1", {}, None, received)

    def up(self, *devices: str) -> None:
        """These screens are ready."""
        for device in devices:
            source = event(Ask(placement="kiosk-home"), device).source
            state = encode(DeviceState(state="ready", session=1))
            self.device_registry.heard(parse(f"{source}/state"), state, self.clock.now())

    async def sign_in(
        self, card: str = CARD, purposes: Iterable[Purpose] = (), device: str = KIOSK
    ) -> Receipt:
        said: Any = tuple(p.value for p in purposes)
        return await self.say(
            SignIn(method="loyalty", value=card, purposes=said, notice_id=NOTICE), device
        )

    async def till(
        self,
        action: str,
        *items: int,
        basket: str = "b-1",
        card: str | None = None,
        device: str = TILL,
    ) -> Receipt:
        return await self.say(till(action, *items, basket=basket, card=card), device)

    def shown(self, device: str) -> list[Any]:
        """What was sent to a screen, in order."""
        return [one.body for one in self.ears.on("show", device)]

    def cleared(self) -> set[str]:
        """Screens told to clear."""
        return {one.device for one in self.ears.on("cmd") if one.body["command"] == "clear"}

    def answers(self) -> list[Any]:
        return [one.body for one in self.ears.on("answer")]

    def stored(self) -> list[Decision]:
        """Every decision on disk, oldest first."""
        found = self.database.read(
            lambda conn: decisions.since(conn, NOW.replace(year=2000), 10_000)
        )
        return [decode_decision(one.output) for one in found]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.read(lambda conn: conn.execute(sql, values).fetchall())

    def facts(self) -> list[tuple[str, str | None]]:
        """Names and subjects of what will be told to the centre."""
        rows = self.rows("SELECT type, subject FROM outbox ORDER BY seq")
        return [(kind, subject) for kind, subject in rows]

    def visit_of(self, token: Token = ANN) -> Visit:
        found = self.presence.of_person(token)
        assert found is not None
        return found


def till(action: str, *items: int, basket: str = "b-1", card: str | None = None) -> Basket:
    """One message of a till; each item once at a pound and its number."""
    return Basket(
        basket_id=basket,
        action=BasketAction(action),
        lines=tuple(Line(sku=str(n), quantity=Decimal(1), price_cents=100 + n) for n in items),
        loyalty=card,
    )


def know(
    path: Path,
    token: Token = ANN,
    purposes: Iterable[Purpose] = EVERYTHING,
    *,
    card: str = CARD,
    habits: Iterable[int] = (9,),
) -> None:
    """Write a person into the file, as the centre would."""
    person = customer(token, purposes)
    conn = open_connection(path)
    with transaction(conn):
        customers.upsert(conn, person)
        consents.append(conn, person.consents.entries)
        identifier_links.put(
            conn,
            IdentifierLink(code=link_code(KEY, "loyalty", card), token=token, kind="loyalty"),
        )
        profiles.save(conn, token, profile(*habits).to_bytes())
    conn.close()


def note(path: Path, *entries: ConsentEntry) -> None:
    """Write consent lines into the file, as a command would."""
    conn: sqlite3.Connection = open_connection(path)
    with transaction(conn):
        consents.append(conn, entries)
    conn.close()


@asynccontextmanager
async def open_shop(  # noqa: PLR0913 - what a shop can be told
    path: Path,
    *,
    sold: Catalogue | None = None,
    ranker: Ranker | None = None,
    clock: HandClock | None = None,
    on_hand: dict[int, int] | None = None,
    up: Iterable[str] = SCREENS,
    market: MarketPolicy | None = None,
) -> AsyncGenerator[Shop]:
    """The shop at ``path``, open inside the context; opening it again is a restart."""
    disk = Disk()
    async with Database(path, connect=disk.connect, space=disk) as database:
        shop = _built(
            database,
            disk,
            clock or HandClock(NOW),
            sold or catalogue(),
            ranker or Rates.falling(12),
            market or read_policy(SHIPPED / "us.yaml"),
        )
        shop.catalogue.restock(Stock(on_hand or {}))  # type: ignore[arg-type]  # keys are plain numbers here
        shop.up(*up)
        yield shop


def _built(
    database: Database,
    disk: Disk,
    clock: HandClock,
    sold: Catalogue,
    ranker: Ranker,
    policy: MarketPolicy,
) -> Shop:
    counters, ages, ears, feed = Counters(), Ages(), Ears(), Feed()
    for name in ("prices", "offers", "promotions", "stock", "trend"):
        ages.heard(name, clock.business(clock.now()))
    site, held = StoreSite(zone=ZoneInfo("UTC")), CurrentCatalogue(sold)
    held.spending = BudgetSpend(
        given=database.read(redemptions.given), cents=database.read(redemptions.spent_cents)
    )
    decider = Decider(
        ranker=ranker,
        fallback=LocalFallback(),
        site=site,
        catalogue=held,
        ages=ages,
        on_fallback=lambda: counters.counts.update({"fallback": 1}),
    )
    in_store = InStore.of(
        database.read(visits.open_visits), database.read(baskets.open_baskets)
    )
    in_store.screens.remember(left_on_screens(database, in_store.presence.visits, clock.now()))
    deduplication = Deduplication(database)
    state = RuntimeState(
        people=CustomerCache(StoredPeople(database)),
        directory=StoredDirectory(database, deduplication, store=STORE),
        deduplication=deduplication,
        catalogue=held,
        site=site,
        decider=decider,
        counters=counters,
        device_clocks=DeviceClocks(clock),
        ages=ages,
        pause=PersonalContentSwitch(),
    )
    device_registry = DeviceRegistry(
        store=STORE, bus=ears, zone_of=lambda d: ZONES.get(DeviceId(d))
    )
    pipeline = PipelineBuilder(
        policy=policy,
        identifiers=Identifiers(key=KEY),
        ids=IdFactory(
            visit=lambda: VisitId(f"v-{next(_numbers):06}"),
            decision=lambda: DecisionId(f"d-{next(_numbers):06}"),
        ),
        ticket=lambda visit: f"ticket-of-{visit}",
        clock=clock,
        database=database,
        in_store=in_store,
        state=state,
        device_registry=device_registry,
        feed=feed,
    ).build(Tuning(), asyncio.Event())
    if database.read(stored_trend.find) is None:
        pipeline.learning.trend = trend(1, 2, 3)
        decider.follow(pipeline.learning.trend)
    return Shop(
        database=database,
        clock=clock,
        ears=ears,
        feed=feed,
        disk=disk,
        device_registry=device_registry,
        in_store=in_store,
        state=state,
        pipeline=pipeline,
    )
