"""All doors on one server: what they need, the headers and counts that they share, and its start and end."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from edge.api.console.assets import HEADERS, PICTURES, AssetsDoor, PictureLibrary
from edge.api.console.console import ConsoleDoor, PauseControl, Records
from edge.api.console.drafting import Drafting, DraftingDoor
from edge.api.console.experiments import Experiments, ExperimentsDoor
from edge.api.console.kpis import KeyFigures, KpisDoor
from edge.api.console.portfolio import PortfolioDoor, PortfolioService
from edge.api.console.stream import OverviewSource, StreamDoor
from edge.api.console.triggers import TriggerBook, TriggersDoor
from edge.api.devices.decisions import Decisions, DecisionsDoor
from edge.api.devices.events import Events, EventsDoor
from edge.api.devices.page_connections import Connect, Roster, Seats
from edge.api.devices.page_gateway import PagesDoor, StoreFacts
from edge.api.devices.pos import PosDoor
from edge.api.devices.static_files import STATIC, add_pages
from edge.api.http.auth import AttemptLimits, Credentials, Guard, PageSession
from edge.api.http.openapi import OpenApiDoor
from edge.api.http.problem import as_problems
from edge.api.http.route import Handler, Operation
from edge.api.http.sessions import Sessions
from edge.api.http.sse import ConsoleFeed
from edge.api.http.tickets import Tickets
from edge.api.ops.health import HealthDoor, Readiness
from edge.api.ops.metrics import HttpMetrics, MetricsDoor, route_of
from edge.api.shopper import MeDoor, Shoppers
from edge.domain.clock import Clock

# A shift and a half; then a page shows its password again, by itself.
_PAGE_LIVES_S: Final = 12 * 3600.0
# Streams end at once; what else is being answered gets this long.
_CLOSE_S: Final = 2.0
_ID: Final = web.RequestKey("id", str)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything the doors need of the service; each port is stated beside the door that uses it.

    ``clock`` is the store's; ``pages`` the folder of the pages' files; ``version`` of the service.
    """

    store: StoreFacts
    version: str
    clock: Clock
    pages: Path
    credentials: Credentials
    roster: Roster
    connect: Connect
    events: Events
    decisions: Decisions
    overview: OverviewSource
    records: Records
    brake: PauseControl
    shoppers: Shoppers
    tickets: Tickets
    readiness: Readiness
    experiments: Experiments
    kpis: KeyFigures
    triggers: TriggerBook
    portfolio: PortfolioService
    library: PictureLibrary
    drafting: Drafting
    feed: ConsoleFeed


def operations_of(ports: Ports, metrics: MetricsDoor, seats: Seats) -> tuple[Operation, ...]:
    """The whole table of operations, their contract among them; a port is used only when one is called."""
    tries = AttemptLimits()
    guard = Guard(ports.credentials, Sessions[PageSession](_PAGE_LIVES_S), tries)
    contract = OpenApiDoor(ports.version)
    doors = (
        HealthDoor(ports.readiness),
        metrics,
        EventsDoor(ports.store.id, guard, ports.events),
        DecisionsDoor(guard, ports.decisions, ports.clock),
        PosDoor(ports.store.id, guard, ports.events, ports.clock),
        ConsoleDoor(guard, ports.overview, ports.records, ports.brake),
        ExperimentsDoor(guard, ports.experiments),
        KpisDoor(guard, ports.kpis),
        TriggersDoor(guard, ports.triggers),
        PortfolioDoor(guard, ports.portfolio),
        AssetsDoor(guard, ports.library),
        DraftingDoor(guard, ports.drafting),
        StreamDoor(guard, ports.feed, ports.overview),
        PagesDoor(ports.store, ports.clock, seats, guard),
        MeDoor(ports.shoppers, ports.tickets, tries),
        contract,
    )
    operations = tuple(operation for door in doors for operation in door.operations())
    contract.publish(operations)
    return operations


def make_app(ports: Ports) -> web.Application:
    """The application with all its doors; nothing runs before it is served."""
    metrics = MetricsDoor(ports.overview, ports.kpis.today)
    app = web.Application(middlewares=[_observed(metrics.http), as_problems])
    seats = Seats(ports.roster, ports.connect, ports.clock)
    operations = operations_of(ports, metrics, seats)
    app.add_routes(_routes(operations))
    add_pages(app.router, ports.pages)
    app.on_response_prepare.append(_strict)

    async def close(_app: web.Application) -> None:
        ports.feed.close()
        await seats.close()

    app.on_shutdown.append(close)
    return app


@asynccontextmanager
async def serve(ports: Ports, host: str, port: int) -> AsyncGenerator[int]:
    """Serve at ``host`` and ``port`` (0 = any free one) for as long as the context lasts; the port in use."""
    # Putting it together looks at files and takes a moment: aside from the loop.
    app = await asyncio.to_thread(make_app, ports)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=_CLOSE_S, auto_decompress=False
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _routes(operations: Iterable[Operation]) -> list[web.RouteDef]:
    return [web.route(o.method, o.path, o.handler) for o in operations]


def _observed(metrics: HttpMetrics) -> Middleware:
    """Count and log each answer by its route; no name, token or query is in either."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        began, request[_ID] = time.monotonic(), secrets.token_hex(8)
        response = await handler(request)
        took_s = time.monotonic() - began
        metrics.answered(request, response, took_s)
        _log.info(
            "answered",
            request=request[_ID],
            method=request.method,
            route=route_of(request),
            status=response.status,
            took_ms=round(took_s * 1000, 1),
        )
        return response

    return observe


async def _strict(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer: own content only, nothing kept, nothing told to others."""
    embedded = "*" if request.path.startswith("/display/") else "'self'"
    response.headers.update(
        {
            "Content-Security-Policy": (
                "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
                f"frame-ancestors {embedded}"
            ),
            "Cache-Control": "no-cache" if request.path.startswith(STATIC) else "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Server": "storeside",
            "X-Request-Id": request.get(_ID, ""),
        }
    )
    if request.path.startswith(PICTURES) and response.status == HTTPStatus.OK:
        response.headers.update(HEADERS)
