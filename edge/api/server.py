"""The HTTP server: it puts every route of a site on one port, and on every answer the same headers and counts.

`edge.app.service` serves the site of the open store as long as the service runs; the routes are listed in
`edge.api.routes`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from edge.api.console.assets import HEADERS, PICTURES
from edge.api.devices import static_files
from edge.api.devices.static_files import STATIC
from edge.api.http.problem import as_problems
from edge.api.http.route import Handler, Operation
from edge.api.ops.metrics import HttpMetrics, route_of
from edge.api.routes import HttpSite, operations_of

# Streams end at once; what else is being answered gets this long.
_CLOSE_S: Final = 2.0
_ID: Final = web.RequestKey("id", str)
_log = structlog.get_logger(__name__)


def make_app(site: HttpSite) -> web.Application:
    """The application with all its routes; nothing runs before it is served."""
    # Counting stands outside: a refusal is counted and logged as the answer that it becomes.
    app = web.Application(middlewares=[_observed(site.access.metrics), as_problems])
    app.add_routes(_routes(operations_of(site.routes, site.version)))
    static_files.add_pages(app.router, site.pages)
    app.on_response_prepare.append(_strict)

    async def close(_app: web.Application) -> None:
        site.feed.close()
        await site.access.connections.close()

    # At shutdown and not at cleanup: a stream would never end by itself, and its answer is waited for.
    app.on_shutdown.append(close)
    return app


@asynccontextmanager
async def serve(site: HttpSite, host: str, port: int) -> AsyncGenerator[int]:
    """Serve at ``host`` and ``port`` (0 = any free one) for as long as the context lasts; the port in use."""
    # Putting it together looks at files and takes a moment: aside from the loop.
    app = await asyncio.to_thread(make_app, site)
    # aiohttp's own log tells what was asked for, a ticket in the path among it; bodies are never unpacked.
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=_CLOSE_S, auto_decompress=False
    )
    await runner.setup()
    try:
        listening = web.TCPSite(runner, host, port)
        await listening.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _routes(operations: Iterable[Operation]) -> list[web.RouteDef]:
    return [web.route(o.method, o.path, o.handler) for o in operations]


def _observed(metrics: HttpMetrics) -> Middleware:
    """Count and log each answer by its route; no name, token or query is in either."""

    @web.middleware
    async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Drawn here: an id from outside could carry anything into the log.
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
    # A display may be framed by other software; a page that somebody acts on could be overlaid there.
    embedded = "*" if request.path.startswith("/display/") else "'self'"
    response.headers.update(
        {
            "Content-Security-Policy": (
                "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
                f"frame-ancestors {embedded}"
            ),
            # A page's files may be kept if they are asked about each time; answers may tell of people and may not.
            "Cache-Control": "no-cache" if request.path.startswith(STATIC) else "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            # aiohttp's own word would tell its version.
            "Server": "storeside",
            "X-Request-Id": request.get(_ID, ""),
        }
    )
    # Not for a refusal: a picture that is missing today may be here tomorrow.
    if request.path.startswith(PICTURES) and response.status == HTTPStatus.OK:
        response.headers.update(HEADERS)
