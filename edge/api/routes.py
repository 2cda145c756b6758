"""Every HTTP address of the service: one list, a line for each group of routes, with the services it answers from.

`edge.app.bootstrap` makes the site out of an open store's parts, `edge.api.server` serves it, and the command
``storeside contract`` publishes the same list. A new group of routes is one file and one line in `store_routes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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
from edge.api.devices.credentials import BrokerCredentials
from edge.api.devices.decisions import DecisionRoutes
from edge.api.devices.events import EventRoutes
from edge.api.devices.mqtt_session import BrokerAddress, BrokerLines
from edge.api.devices.offers import OfferRoutes
from edge.api.devices.page_connections import PageConnections
from edge.api.devices.page_gateway import PageRoutes, StoreFacts
from edge.api.devices.pos import PosRoutes
from edge.api.devices.prices import PriceRoutes
from edge.api.devices.till_logs import TillLogRoutes, TillReading
from edge.api.http.auth import AttemptLimits, Credentials, Guard, PageSession
from edge.api.http.openapi import OpenApiRoutes
from edge.api.http.route import Operation, RouteGroup
from edge.api.http.sessions import Sessions
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets
from edge.api.ops.health import HealthRoutes
from edge.api.ops.metrics import HttpMetrics, MetricsRoutes
from edge.api.services.decision_records import StoredRecords
from edge.api.services.device_lookup import FleetRoster, WebhookSigners
from edge.api.services.drafting import CampaignDrafting
from edge.api.services.experiments import StoredExperiments
from edge.api.services.idempotency import Idempotency
from edge.api.services.kpi_board import StoredFigures
from edge.api.services.overview import StoreOverview
from edge.api.services.personal_content import PersonalContentPause
from edge.api.services.pictures import StoredPictures
from edge.api.services.portfolio import StoredPortfolio
from edge.api.services.readiness import ReadinessChecks
from edge.api.services.shopper_rights import ShopperRights
from edge.api.services.triggers import StoredTriggers
from edge.api.shopper import ShopperRoutes
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Supervisor

# A shift and a half; then a page shows its password again, by itself.
_PAGE_LIVES_S: Final = 12 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpParts:
    """What the routes of one store are made of.

    ``links``: the file with the addresses of ready pages; ``pages``: the folder of the pages' own files; ``mappings``:
    that of the store's own mappings of other tills; ``secret``: the store's own.
    """

    runtime: Runtime
    supervisor: Supervisor
    facts: StoreFacts
    broker: BrokerAddress
    tickets: Tickets
    feed: ConsoleFeed
    links: Path
    pages: Path
    mappings: Path
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAccess:
    """What the groups share: who is let in, the lines of open pages, and the count of all answers."""

    guard: Guard
    connections: PageConnections
    metrics: HttpMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSite:
    """Everything that the server serves, and what it closes at its end."""

    routes: tuple[RouteGroup, ...]
    access: HttpAccess
    feed: ConsoleFeed
    pages: Path
    version: str


def site_of(parts: HttpParts) -> HttpSite:
    """The site of an open store; the broker judges who comes in."""
    runtime, roster = parts.runtime, FleetRoster(parts.runtime.devices.fleet)
    lines = BrokerLines(parts.broker, runtime.facts.store, runtime.clock)
    access = HttpAccess(
        guard=guard_by(BrokerCredentials(parts.broker, roster)),
        connections=PageConnections(roster, lines, runtime.clock),
        metrics=HttpMetrics(),
    )
    return HttpSite(
        routes=store_routes(parts, access),
        access=access,
        feed=parts.feed,
        pages=parts.pages,
        version=runtime.facts.version,
    )


def guard_by(credentials: Credentials) -> Guard:
    """A guard that goes by these passwords, with nobody signed in yet."""
    return Guard(credentials, Sessions[PageSession](_PAGE_LIVES_S), AttemptLimits())


def store_routes(parts: HttpParts, access: HttpAccess) -> tuple[RouteGroup, ...]:
    """Every group of routes, in the order of the published contract. Only puts together, so it reads nothing."""
    runtime, guard = parts.runtime, access.guard
    database, clock = runtime.database, runtime.clock
    # One for console, stream and metrics: they share its latest look at the disk.
    overview = StoreOverview(runtime, parts.links)
    state = runtime.state
    kpis = StoredFigures(database, state.catalogue, state.site, clock)
    tuning, currency = runtime.pipeline.catalogue_refresh.tuning, state.site.currency
    experiments = StoredExperiments(database, tuning, clock, currency)
    idempotency = Idempotency(database=database, clock=clock, secret=parts.secret)
    pause = PersonalContentPause(runtime.pipeline.takedown)
    return (
        HealthRoutes(ReadinessChecks(runtime, parts.supervisor)),
        MetricsRoutes(overview, kpis.today, access.metrics),
        EventRoutes(runtime.facts.store, guard, runtime.pipeline.intake),
        DecisionRoutes(guard, runtime.pipeline.decision_requests, clock),
        PosRoutes(runtime.facts.store, guard, runtime.pipeline.intake, clock, idempotency),
        PriceRoutes(guard, state.catalogue),
        OfferRoutes(runtime.facts.store, guard, runtime.pipeline.offer_requests, idempotency),
        TillLogRoutes(
            runtime.facts.store,
            guard,
            runtime.pipeline.intake,
            clock,
            _till_reading(parts, idempotency),
        ),
        ConsoleRoutes(guard, overview, StoredRecords(runtime), pause),
        ExperimentRoutes(guard, experiments),
        KpiRoutes(guard, kpis),
        TriggerRoutes(guard, StoredTriggers(database)),
        PortfolioRoutes(guard, StoredPortfolio(runtime)),
        AssetRoutes(guard, StoredPictures(database, clock)),
        DraftingRoutes(guard, CampaignDrafting(runtime)),
        StreamRoutes(guard, parts.feed, overview),
        PageRoutes(parts.facts, clock, access.connections, guard),
        # The shopper's page shares the limits of the guard: an address has its tries once, whichever door it tries.
        ShopperRoutes(ShopperRights(runtime), parts.tickets, guard.tries),
    )


def _till_reading(parts: HttpParts, idempotency: Idempotency) -> TillReading:
    site, roster = parts.runtime.state.site, FleetRoster(parts.runtime.devices.fleet)
    return TillReading(
        terms=StoreTerms(
            zone=site.zone, currency=site.currency.code, exponent=site.currency.exponent
        ),
        mappings=Mappings(parts.mappings),
        signers=WebhookSigners(roster, parts.secret),
        idempotency=idempotency,
    )


def operations_of(routes: tuple[RouteGroup, ...], version: str) -> tuple[Operation, ...]:
    """The whole table of operations, their published contract the last of them."""
    contract = OpenApiRoutes(version)
    operations = tuple(
        operation for group in (*routes, contract) for operation in group.operations()
    )
    contract.publish(operations)
    return operations
