"""A store behind the doors that remembers what it was asked and answers what it is told to."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

from pydantic import JsonValue

from devices.device_classes import DeviceClass
from devices.errors import Refusal
from devices.messages import Ask, Data, OfferAnswer, OfferAsk, Receipt, Show, UpEvent
from devices.tills.mapping import Mappings
from devices.tills.sale import StoreTerms
from edge.api.console.assets import AssetRoutes
from edge.api.console.console import ConsoleRoutes
from edge.api.console.drafting import DraftingRoutes
from edge.api.console.experiments import ExperimentRoutes
from edge.api.console.kpis import KpiRoutes
from edge.api.console.portfolio import PortfolioRoutes
from edge.api.console.stream import StreamRoutes
from edge.api.console.triggers import TriggerRoutes
from edge.api.devices.decisions import DecisionRoutes
from edge.api.devices.events import EventRoutes
from edge.api.devices.offers import OfferRoutes
from edge.api.devices.page_connections import Hear, PageBrokerLink, PageConnections
from edge.api.devices.page_gateway import PageRoutes, StoreFacts
from edge.api.devices.pos import PosRoutes
from edge.api.devices.prices import PriceRoutes
from edge.api.devices.till_logs import TillLogRoutes, TillReading
from edge.api.http.auth import Caller
from edge.api.http.errors import NotProven
from edge.api.http.route import RouteGroup
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets, UseOnce
from edge.api.ops.health import HealthRoutes
from edge.api.ops.metrics import HttpMetrics, MetricsRoutes
from edge.api.routes import HttpAccess, HttpParts, HttpSite, guard_by, store_routes
from edge.api.services.decision_records import StoredRecords
from edge.api.services.idempotency import Idempotency
from edge.api.services.kpi_board import StoredFigures
from edge.api.services.overview import StoreOverview
from edge.api.services.personal_content import PersonalContentPause
from edge.api.services.readiness import ReadinessChecks
from edge.api.services.shopper_rights import ShopperRights
from edge.api.services.triggers import StoredTriggers
from edge.api.shopper import ShopperRoutes
from edge.api.views.overview import DeviceView, ModelView, Overview, StoreView
from edge.api.views.records import DecisionRecord, OfferView, ShelfView, TriggerView, VisitView
from edge.api.views.shopper import ErasureReceipt, Known, MeView
from edge.campaigns.kpis.board_document import BoardView
from edge.cli.contract import NoParts
from edge.domain.clock import SystemClock
from edge.domain.consent import Purpose
from edge.domain.ids import DecisionId, DeviceId, Token, VisitId
from edge.pipeline.offer_requests import OfferQuestion
from edge.state.catalogue import CurrentCatalogue
from edge.storage.database import Database
from edge.storage.operations import first_answers
from tests.edge.api.fake_experiments import FakeExperiments
from tests.edge.api.fake_portfolio import FakeDrafting, FakePictures, FakePortfolio

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "right-password"  # noqa: S105 - the tests' own
SIGNING = "whsec_c2lnbmluZyBzZWNyZXQgb2YgdGVzdHM="
PERSON = Token("c-anna")
VISIT = VisitId("visit-1")


def caller(name: str, kind: str) -> Caller:
    return Caller(device=DeviceId(name), device_class=DeviceClass(kind), zone="produce")


FLEET = {
    c.device: c
    for c in (
        caller("till-1", "pos"),
        caller("display-1", "display"),
        caller("kiosk-1", "kiosk"),
        caller("console", "console"),
    )
}


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def latest(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at

    def business(self, at: datetime) -> datetime:
        return at


class FakeFleet:
    """Credentials and roster in one."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.found: dict[str, Caller] = {str(c.device): c for c in FLEET.values()}

    async def check(self, device: str, password: str) -> Caller | None:
        known = self.found.get(device)
        return known if password == PASSWORD and device not in self.revoked else None

    async def find(self, device: str) -> Caller | None:
        return self.found.get(device)


class FakeLine:
    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.said: list[tuple[str, Data]] = []
        self.asked: list[Ask] = []
        self.answer: Show | None = None
        self.gone = asyncio.Event()

    async def send(self, event_id: str, data: Data) -> Receipt:
        self.said.append((event_id, data))
        return Receipt(id=event_id, accepted=True)

    async def ask(self, ask: Ask) -> Show | None:
        self.asked.append(ask)
        return self.answer

    async def ask_offer(self, ask: OfferAsk) -> OfferAnswer | None:
        return OfferAnswer(granted=ask.code == "MILK20")

    async def refused(self) -> None:
        await self.gone.wait()


class FakeBroker:
    """Fits ``Connect``; ``lines`` are those open now."""

    def __init__(self, fleet: FakeFleet) -> None:
        self.fleet = fleet
        self.opened = 0
        self.lines: dict[str, FakeLine] = {}

    @asynccontextmanager
    async def __call__(
        self, caller: Caller, password: str, hear: Hear
    ) -> AsyncGenerator[FakeLine]:
        if await self.fleet.check(caller.device, password) is None:
            raise NotProven
        self.opened += 1
        line = self.lines[caller.device] = FakeLine(hear)
        hear(PageBrokerLink.UP)
        try:
            yield line
        finally:
            if self.lines.get(caller.device) is line:
                del self.lines[caller.device]


class FakeEvents:
    def __init__(self) -> None:
        self.taken: list[UpEvent] = []
        self.refusals: list[Refusal] = []
        self.fails: Exception | None = None
        self.hangs = False

    async def accept(self, event: UpEvent) -> Receipt:
        if self.fails is not None:
            raise self.fails
        self.taken.append(event)
        if self.hangs:
            await asyncio.Event().wait()
        return Receipt(id=event.id, accepted=True)

    def refused(self, reason: Refusal) -> None:
        self.refusals.append(reason)


class FakeSigners:
    def secrets(self) -> tuple[tuple[Caller, str], ...]:
        return ((FLEET[DeviceId("till-1")], SIGNING),)


class FakeDecisions:
    def __init__(self) -> None:
        self.asked: list[tuple[Caller, Ask]] = []
        self.takes_s = 0.0
        self.finished = 0
        self.fails: Exception | None = None

    async def answer(self, caller: Caller, ask: Ask) -> Show:
        self.asked.append((caller, ask))
        await asyncio.sleep(self.takes_s)
        self.finished += 1
        if self.fails is not None:
            raise self.fails
        return show(placement=ask.placement)


class FakeRecords(StoredRecords):
    def __init__(self) -> None: ...

    async def decision(self, decision: DecisionId) -> DecisionRecord | None:
        if decision != "d-1":
            return None
        return DecisionRecord(
            decision={"id": "d-1"},
            words="Because.",
            inputs={"hour": 12},
            timing={"core_us": 140.0},
        )

    async def visits(self) -> Sequence[VisitView]:
        return (
            VisitView(
                visit=VISIT,
                who="anonymous",
                method="anonymous_context",
                opened_at=NOW,
                seen_at=NOW,
            ),
        )

    async def devices(self) -> Sequence[DeviceView]:
        return tuple(
            DeviceView(name=c.device, device_class=c.device_class) for c in FLEET.values()
        )

    async def offers(self) -> Sequence[OfferView]:
        return (
            OfferView(
                id="o-1",
                headline="2 for $7",
                category="berries",
                discount_cents=98,
                starts_at=NOW,
                ends_at=NOW + timedelta(days=7),
                campaign="autumn",
                items=2,
                live=True,
            ),
        )

    async def models(self) -> Sequence[ShelfView]:
        return (ShelfView(label="grocer@1", digest="ab" * 32, active=True),)


class FakePause(PersonalContentPause):
    def __init__(self) -> None:
        self.paused = False

    def turn(self, *, paused: bool) -> None:
        self.paused = paused


class FakeShoppers(ShopperRights):
    def __init__(self) -> None:
        self.withdrawn: list[Purpose] = []
        self.erased: list[Token] = []

    async def of_visit(self, visit: VisitId) -> Token | None:
        return PERSON if visit == VISIT else None

    async def about(self, token: Token) -> MeView:
        return MeView(
            alias="Quiet Otter",
            consents={p: p not in self.withdrawn for p in Purpose},
            known=Known(trips=3, items=20),
            why=("Milk was shown because you buy it about every week.",),
        )

    async def withdraw(self, token: Token, purposes: tuple[Purpose, ...]) -> None:
        self.withdrawn.extend(purposes)

    async def erase(self, token: Token) -> ErasureReceipt:
        self.erased.append(token)
        return ErasureReceipt(id="e-1", erased_at=NOW, counts={"visits": 3})

    async def export(self, token: Token) -> Mapping[str, JsonValue]:
        return {"trips": 3}


def used_once() -> UseOnce:
    """Remembers tickets in memory."""
    taken: set[str] = set()

    async def take(ticket: str, _expires_at: datetime) -> bool:
        fresh = ticket not in taken
        taken.add(ticket)
        return fresh

    return take


class FakeOverview(StoreOverview):
    def __init__(self) -> None:
        self.view = Overview(
            store=StoreView(
                id="store-1",
                name="Maple",
                market="us",
                clock=NOW,
                demo=True,
                currency="USD",
                currency_exponent=2,
                locale="en-US",
            ),
            model=ModelView(label="grocer@1"),
        )

    def now(self) -> Overview:
        return self.view


class FakeFigures(StoredFigures):
    def __init__(self) -> None: ...

    async def board(self) -> BoardView:
        return BoardView(since=NOW, days=28, figures=(), drivers=(), tablets=(), challenges=())

    def today(self) -> Mapping[str, int]:
        return {"baskets": 7}


class FakeTriggers(StoredTriggers):
    def __init__(self) -> None: ...

    async def all(self) -> Sequence[TriggerView]:
        return [
            TriggerView(
                id="due-again",
                version=2,
                signal="resupply-due",
                when="times_bought >= 3",
                reason="You usually buy it about now.",
                refresh=None,
                headline="Time for {product}?",
                campaign=None,
                published_at=NOW,
                in_force=True,
                messages={"sent": 3},
            )
        ]


class FakeReadiness(ReadinessChecks):
    def __init__(self) -> None:
        self.parts = {"database": True, "broker": True, "model": True, "policy": True}

    def checks(self) -> Mapping[str, bool]:
        return self.parts


class FakeOffers:
    """Grants everything, and counts."""

    def __init__(self) -> None:
        self.asked: list[OfferQuestion] = []

    async def answer(self, question: OfferQuestion) -> OfferAnswer:
        self.asked.append(question)
        return OfferAnswer(granted=True)


class OneConnection:
    """A database of first answers alone, in memory."""

    def __init__(self) -> None:
        self._conn = sqlite3.connect(":memory:")
        self._conn.executescript(first_answers.SCHEMA)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return work(self._conn)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return work(self._conn)


@dataclass(kw_only=True)
class Store:
    """The fakes of one test, and their ports."""

    pages: Path
    clock: FixedClock = field(default_factory=FixedClock)
    fleet: FakeFleet = field(default_factory=FakeFleet)
    events: FakeEvents = field(default_factory=FakeEvents)
    decisions: FakeDecisions = field(default_factory=FakeDecisions)
    records: FakeRecords = field(default_factory=FakeRecords)
    pause: FakePause = field(default_factory=FakePause)
    shoppers: FakeShoppers = field(default_factory=FakeShoppers)
    overview: FakeOverview = field(default_factory=FakeOverview)
    readiness: FakeReadiness = field(default_factory=FakeReadiness)
    experiments: FakeExperiments = field(default_factory=FakeExperiments)
    kpis: FakeFigures = field(default_factory=FakeFigures)
    triggers: FakeTriggers = field(default_factory=FakeTriggers)
    portfolio: FakePortfolio = field(default_factory=FakePortfolio)
    pictures: FakePictures = field(default_factory=FakePictures)
    drafting: FakeDrafting = field(default_factory=FakeDrafting)
    feed: ConsoleFeed = field(default_factory=ConsoleFeed)
    offers: FakeOffers = field(default_factory=FakeOffers)
    catalogue: CurrentCatalogue = field(default_factory=CurrentCatalogue)

    def __post_init__(self) -> None:
        self.idempotency = Idempotency(
            database=cast("Database", OneConnection()), clock=self.clock, secret=b"s"
        )
        self.broker = FakeBroker(self.fleet)
        self.tickets = Tickets(
            key=bytes(32), store="store-1", clock=SystemClock(), once=used_once()
        )
        self.access = HttpAccess(
            guard=guard_by(self.fleet),
            connections=PageConnections(self.fleet, self.broker, self.clock),
            metrics=HttpMetrics(),
        )

    def site(self, *others: RouteGroup) -> HttpSite:
        """Every registered group of routes: over ``others`` and our fakes where there is one, else over nothing."""
        registered = store_routes(cast("HttpParts", NoParts()), self.access)
        faked = {type(group): group for group in (*self._faked(), *others)}
        return HttpSite(
            routes=tuple(faked.get(type(group), group) for group in registered),
            access=self.access,
            feed=self.feed,
            pages=self.pages,
            version="0.1.0",
        )

    def reading(self) -> TillReading:
        """Other tills, with the shipped mappings alone; ``till-1`` signs what it sends."""
        return TillReading(
            terms=StoreTerms(zone=UTC, currency="USD"),
            mappings=Mappings(self.pages / "mappings"),
            signers=FakeSigners(),
            idempotency=self.idempotency,
        )

    def _faked(self) -> tuple[RouteGroup, ...]:
        guard, clock = self.access.guard, self.clock
        facts = StoreFacts(
            id="store-1", demo=True, notice="notice-us-1", purposes=("recognise",)
        )
        return (
            HealthRoutes(self.readiness),
            MetricsRoutes(self.overview, self.kpis.today, self.access.metrics),
            EventRoutes("store-1", guard, self.events),
            DecisionRoutes(guard, self.decisions, clock),
            PosRoutes("store-1", guard, self.events, clock, self.idempotency),
            OfferRoutes("store-1", guard, self.offers, self.idempotency),
            TillLogRoutes("store-1", guard, self.events, clock, self.reading()),
            PriceRoutes(guard, self.catalogue),
            ConsoleRoutes(guard, self.overview, self.records, self.pause),
            ExperimentRoutes(guard, self.experiments),
            KpiRoutes(guard, self.kpis),
            TriggerRoutes(guard, self.triggers),
            PortfolioRoutes(guard, self.portfolio),
            AssetRoutes(guard, self.pictures),
            DraftingRoutes(guard, self.drafting),
            StreamRoutes(guard, self.feed, self.overview),
            PageRoutes(facts, clock, self.access.connections, guard),
            ShopperRoutes(self.shoppers, self.tickets, guard.tries),
        )


def show(
    kind: str = "context",
    *,
    placement: str = "kiosk-home",
    lives_s: float = 60,
    title: str = "Now",
) -> Show:
    return Show.model_validate(
        {
            "decision_id": "d-1",
            "placement": placement,
            "kind": kind,
            "template": "tiles",
            "slots": {"title": title},
            "expires_at": NOW + timedelta(seconds=lives_s),
            "config": "c0ffee",
        }
    )
