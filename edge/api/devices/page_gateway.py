"""The page gateway's addresses: a page shows its device's password once, then hears and speaks as that device.

The pages' own scripts call it; behind it, `page_connections` keeps each device's line to the broker.

What a page says travels over MQTT like the word of any device, and comes back as a receipt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from pydantic import Field, RootModel

from devices.codes import draw_svg
from devices.device_classes import BASKET_LIMIT
from devices.messages.down import OfferAnswer, Receipt, Show
from devices.messages.fields import Name, Wire
from edge.api.devices.page_connections import PageConnection, PageConnections, PageLine
from edge.api.devices.page_events import Asked, AskedDecision, Said
from edge.api.http.auth import CONSOLE, Guard, PageSession, own_origin, page_cookie
from edge.api.http.bodies import take
from edge.api.http.errors import NotHere, NotProven
from edge.api.http.reply import sent
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.http.sessions import set_cookie
from edge.api.http.sse import Happening, serve
from edge.domain.clock import Clock
from edge.domain.currency import US_DOLLAR, StoreCurrency

# A signed ticket as it travels: three parts in base64url, at most some 800 characters.
_TICKET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}\.[A-Za-z0-9_-]{1,512}\.[A-Za-z0-9_-]{1,86}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What every page is told of the store at the start.

    ``purposes`` are those that a screen with sign-in may ask for in this market, under the notice ``notice``.
    """

    id: str
    demo: bool = False
    currency: StoreCurrency = US_DOLLAR
    locale: str = "en-US"
    notice: str = ""
    purposes: tuple[str, ...] = ()


class Opening(Wire):
    """What a page shows to be let in; the console's password is the store's admin key."""

    device: Name
    password: str = Field(max_length=256)


class Answered(RootModel[Show | OfferAnswer]):
    """The answer to a page's question."""


class PageRoutes:
    """Lets pages in, and carries what they hear and say."""

    def __init__(
        self, store: StoreFacts, clock: Clock, connections: PageConnections, guard: Guard
    ) -> None:
        self._store = store
        self._clock = clock
        self._connections = connections
        self._guard = guard

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this door."""
        return (
            Operation(
                method="POST",
                path="/v1/pages/session",
                name="openPage",
                handler=self._open,
                takes=Opening,
                answers={
                    204: ResponseSpec(says="A cookie for this device's page, for 12 hours.")
                },
            ),
            *self._of_open_pages(),
        )

    def _of_open_pages(self) -> tuple[Operation, ...]:
        return (
            Operation(
                method="GET",
                path="/v1/pages/{device}/stream",
                name="hear",
                handler=self._hear,
                proof=Proof.PAGE,
                answers={200: ResponseSpec(says="The stream.", media="text/event-stream")},
            ),
            Operation(
                method="POST",
                path="/v1/pages/{device}/events",
                name="say",
                handler=self._say,
                proof=Proof.PAGE,
                takes=Said,
                answers={
                    202: ResponseSpec(
                        says="The service's receipt: on disk, or why not.", body=Receipt
                    )
                },
            ),
            Operation(
                method="POST",
                path="/v1/pages/{device}/ask",
                name="ask",
                handler=self._ask,
                proof=Proof.PAGE,
                takes=Asked,
                answers={
                    200: ResponseSpec(
                        says="What to show, or what the offer came to.", body=Answered
                    ),
                    204: ResponseSpec(says="Nothing in time."),
                },
            ),
            Operation(
                method="GET",
                path="/v1/pages/{device}/codes/{ticket}",
                name="drawCode",
                handler=self._draw,
                proof=Proof.PAGE,
                answers={200: ResponseSpec(says="A QR code.", media="image/svg+xml")},
            ),
        )

    async def _open(self, request: web.Request) -> web.Response:
        """Show a device's password; a wrong one and an unknown device get the same answer."""
        # Otherwise another site could sign this screen in as a device of its choice.
        own_origin(request)
        wish = await take(request, Opening)
        address = request.remote or ""
        self._guard.tries.check(address, wish.device)
        try:
            connection, _ = await self._connections.open(wish.device, wish.password)
        except NotProven:
            self._guard.tries.failed(address, wish.device)
            raise
        session = self._guard.pages.open(
            PageSession(caller=connection.caller, password=wish.password)
        )
        response = web.Response(status=204)
        set_cookie(
            response,
            request,
            page_cookie(wish.device),
            session,
            # The console's page calls all of /v1; a device's cookie goes to its own addresses only.
            path="/v1" if wish.device == CONSOLE else f"/v1/pages/{wish.device}",
            lives_s=self._guard.pages.lives_s,
        )
        return response

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events for one device: hello, link, context, show, cmd."""
        connection, _ = await self._connected(request)
        outlet = connection.feed.join()
        try:
            return await serve(request, outlet, self._first(connection))
        finally:
            connection.feed.leave(outlet)

    async def _say(self, request: web.Request) -> web.Response:
        """Say something as the device; answered when it is on disk, 504 after 5 s without a receipt."""
        _, line = await self._connected(request)
        # The page of a till may send a whole basket.
        said = (await take(request, Said, BASKET_LIMIT)).root
        return sent(await line.send(said.id, said.data), status=202)

    async def _ask(self, request: web.Request) -> web.Response:
        """Ask what to show, or a till for an offer, within deadline_ms."""
        _, line = await self._connected(request)
        asked = (await take(request, Asked)).root
        answer = (
            await line.ask(asked.data)
            if isinstance(asked, AskedDecision)
            else await line.ask_offer(asked.data)
        )
        return web.Response(status=204) if answer is None else sent(answer)

    async def _draw(self, request: web.Request) -> web.Response:
        """The code to be scanned from the screen: the shopper's own page with this ticket, as a picture."""
        self._guard.page(request, request.match_info["device"])
        ticket = request.match_info["ticket"]
        # Only what can be a ticket is drawn: people trust a code on the store's screen.
        if _TICKET.fullmatch(ticket) is None:
            raise NotHere
        # Behind the #: browsers send a fragment to no server, so no log holds the ticket.
        address = f"{request.scheme}://{request.host}/me#t={ticket}"
        return web.Response(text=draw_svg(address), content_type="image/svg+xml")

    def _first(self, connection: PageConnection) -> Iterator[Happening]:
        # Hello first: it tells the page how to read what follows, such as prices and times.
        store, caller = self._store, connection.caller
        yield (
            "hello",
            {
                "store": store.id,
                "device": caller.device,
                "class": caller.device_class,
                "zone": caller.zone,
                "link": connection.link.value,
                "demo": store.demo,
                "currency": store.currency.code,
                "currency_exponent": store.currency.exponent,
                "locale": store.locale,
                "notice": store.notice,
                "purposes": list(store.purposes),
                "clock": self._clock.now().isoformat().replace("+00:00", "Z"),
            },
        )
        yield from connection.last()

    async def _connected(self, request: web.Request) -> tuple[PageConnection, PageLine]:
        """The connection of the page that asks, with its line up; a refused password ends the page's sessions."""
        session = self._guard.page(request, request.match_info["device"])
        try:
            return await self._connections.open(session.caller.device, session.password)
        except NotProven:
            # Sessions of this password only: a page that has shown the new one stays.
            self._guard.pages.close_where(lambda one: one == session)
            raise
