"""A small real gateway for the pages: speaks the pages' HTTP contract with scripted content."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from devices.codes import draw_svg
from devices.messages import till, up
from edge.api.devices.static_files import add_pages
from tests.pages import records, store

WEB = Path(__file__).parents[2] / "devices" / "web"
PASSWORD = "right-horse"  # noqa: S105 - the tests' own
Json = dict[str, Any]
Asked = Callable[[str, Json], Json | None]
Received = Callable[[Json], Json | None]

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_SAID: dict[str, type[BaseModel]] = {
    "play": up.Play,
    "feedback": up.Feedback,
    "sign-in": up.SignIn,
    "sign-out": up.SignOut,
    "consent": up.Consent,
    "basket": till.Basket,
}


def _accept(event: Json) -> Json | None:
    return {"id": event["id"], "accepted": True}


@dataclass(slots=True, kw_only=True)
class Gateway:
    """What the tests steer: answers, cuts and what has been heard."""

    url: str = ""
    demo: bool = False
    events: list[tuple[str, Json]] = field(default_factory=list)
    sign_ins: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    asks: list[tuple[str, Json]] = field(default_factory=list)
    posts: list[tuple[str, Json]] = field(default_factory=list)
    offers: list[Json] = field(default_factory=list)
    offer: Received = lambda _data: None
    answer: Asked = lambda _device, _data: None
    receipt: Received = _accept
    refuse: set[str] = field(default_factory=set)
    records: dict[str, Any] = field(default_factory=lambda: {"/v1/visits": []})
    _retained: dict[str, Json] = field(default_factory=dict)
    _streams: dict[str, list[asyncio.Queue[bytes | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _sessions: set[str] = field(default_factory=set)
    down: bool = False

    def of_type(self, kind: str) -> list[Json]:
        """The data of every event of one type that was taken, each id once."""
        return list({e["id"]: e["data"] for _, e in self.events if e["type"] == kind}.values())

    def tell(self, device: str, event: str, data: object) -> None:
        """Push one server-sent event to every page of ``device``."""
        frame = f"event: {event}\ndata: {json.dumps(data)}\n\n".encode()
        for queue in self._streams[device]:
            queue.put_nowait(frame)

    def show(self, device: str, show: Json) -> None:
        """Show it; anonymous content is kept for whoever connects later, personal never."""
        if show["kind"] != "personal":
            self._retained[device] = show
        self.tell(device, "show", show)

    def listening(self, device: str) -> int:
        """How many pages hear the stream of ``device``."""
        return len(self._streams[device])

    def cut(self) -> None:
        """The line is down: streams end, every request is refused without a session being lost."""
        self.down = True
        for queues in self._streams.values():
            for queue in queues:
                queue.put_nowait(None)

    def mend(self) -> None:
        """The line is back."""
        self.down = False

    def restart(self) -> None:
        """The gateway starts anew: streams end and sessions, held in memory only, are gone."""
        self.cut()
        self.forget_sessions()
        self.mend()

    def forget_sessions(self) -> None:
        """No page is signed in any more; streams that are open go on."""
        self._sessions.clear()

    # Doors.

    async def session(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["password"] != PASSWORD:
            return _problem(401, "unknown device or password")
        self._sessions.add(body["device"])
        self.sign_ins[body["device"]] += 1
        response = web.Response(status=204)
        path = "/v1" if body["device"] == "console" else f"/v1/pages/{body['device']}"
        response.set_cookie("page", body["device"], path=path, httponly=True, samesite="Strict")
        return response

    def _known(self, request: web.Request, device: str) -> bool:
        return device in self._sessions and request.cookies.get("page") == device

    async def stream(self, request: web.Request) -> web.StreamResponse:
        device = request.match_info.get("device", "console")
        if not self._known(request, device):
            return _problem(401, "no session")
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams[device].append(queue)
        try:
            await response.prepare(request)
            await self._greet(device, queue)
            while (frame := await queue.get()) is not None:
                await response.write(frame)
        finally:
            self._streams[device].remove(queue)
        return response

    async def _greet(self, device: str, queue: asyncio.Queue[bytes | None]) -> None:
        first: list[tuple[str, Json]] = [("hello", store.hello(device, demo=self.demo))]
        if device == "console":
            first = [("overview", store.overview())]
        else:
            first.append(("context", store.CONTEXT))
        if device in self._retained:
            first.append(("show", self._retained[device]))
        for name, data in first:
            queue.put_nowait(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    async def take(self, request: web.Request) -> web.Response:
        device = request.match_info["device"]
        if not self._known(request, device):
            return _problem(401, "no session")
        event = await request.json()
        self._check(_SAID[event["type"]], event["data"])
        if event["data"].get("decision_id") in self.refuse:
            return _problem(400, "malformed")
        receipt = self.receipt(event)
        if receipt is None:
            return _problem(504, "no receipt")
        self.events.append((device, event))
        return web.json_response(receipt, status=202)

    def _check(self, shape: type[BaseModel], data: Json) -> None:
        """Whatever a page says has to be what the contract lets its device say."""
        try:
            shape.model_validate_json(json.dumps(data))
        except ValidationError as error:
            self.wrongs.append(f"{shape.__name__}: {error}")

    async def ask(self, request: web.Request) -> web.Response:
        device = request.match_info["device"]
        if not self._known(request, device):
            return _problem(401, "no session")
        asked = await request.json()
        data = asked["data"]
        if asked["type"] == "offer":
            self._check(up.OfferAsk, data)
            self.offers.append(data)
            answer = self.offer(data)
        else:
            self._check(up.Ask, data)
            self.asks.append((device, data))
            answer = self.answer(device, data)
        return web.Response(status=204) if answer is None else web.json_response(answer)

    async def prices(self, request: web.Request) -> web.Response:
        if not self._known(request, request.match_info["device"]):
            return _problem(401, "no session")
        asked = request.query.getall("sku")
        found = [{**store.PRICES[sku], "asked": sku} for sku in asked if sku in store.PRICES]
        return web.json_response({"items": found})

    async def code(self, request: web.Request) -> web.Response:
        if not self._known(request, request.match_info["device"]):
            return _problem(401, "no session")
        address = f"{self.url}/me#t={request.match_info['ticket']}"
        return web.Response(text=draw_svg(address), content_type="image/svg+xml")

    async def record(self, request: web.Request) -> web.Response:
        if not self._known(request, "console"):
            return _problem(401, "no session")
        found = self.records.get(request.path)
        return _problem(404, "not here") if found is None else web.json_response(found)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        self.posts.append((request.path, body))
        if request.path == "/v1/me/session" and body.get("ticket") != "one-use":
            return _problem(401, "spent")
        if request.path == "/v1/me/erase":
            return web.json_response(records.ERASED)
        return web.Response(status=204)

    async def me(self, request: web.Request) -> web.Response:
        found = self.records.get(request.path, records.ME)
        return _problem(401, "no session") if found is None else web.json_response(found)


def _problem(status: int, title: str) -> web.Response:
    return web.json_response(
        {"title": title, "status": status},
        status=status,
        content_type="application/problem+json",
    )


def _app(gateway: Gateway) -> web.Application:
    @web.middleware
    async def strict(request: web.Request, handler: Any) -> web.StreamResponse:
        if gateway.down and request.transport is not None:
            request.transport.abort()
            return web.Response(status=503)
        response: web.StreamResponse = await handler(request)
        return response

    async def seal(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_HEADERS)

    app = web.Application(middlewares=[strict])
    app.on_response_prepare.append(seal)
    add_pages(app.router, WEB)
    app.router.add_post("/v1/pages/session", gateway.session)
    app.router.add_get("/v1/pages/{device}/stream", gateway.stream)
    app.router.add_post("/v1/pages/{device}/events", gateway.take)
    app.router.add_post("/v1/pages/{device}/ask", gateway.ask)
    app.router.add_get("/v1/pages/{device}/prices", gateway.prices)
    app.router.add_get("/v1/pages/{device}/codes/{ticket}", gateway.code)
    app.router.add_get("/v1/stream", gateway.stream)
    for path in ("/v1/overview", "/v1/visits", "/v1/decisions/{id}"):
        app.router.add_get(path, gateway.record)
    for path in ("/v1/pause", "/v1/me/session", "/v1/me/withdraw", "/v1/me/erase"):
        app.router.add_post(path, gateway.post)
    for path in ("/v1/me", "/v1/me/export"):
        app.router.add_get(path, gateway.me)
    return app


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[Gateway]:
    """A running gateway on a free loopback port."""
    gateway = Gateway(**options)
    runner = web.AppRunner(_app(gateway), shutdown_timeout=0.1, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    gateway.url = f"http://{host}:{port}"
    try:
        yield gateway
    finally:
        gateway.cut()
        await runner.cleanup()


def show(kind: str = "context", items: Sequence[Mapping[str, Any]] = (), **more: Any) -> Json:
    """A Show as the store sends it; ``more`` replaces whole fields."""
    return {**store.show(kind, items), **more}
