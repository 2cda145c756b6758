"""Routes of the shopper's own page: opened once from the code at the kiosk; see, withdraw, erase, take along.

The shopper's phone calls them; `edge.api.services.shopper_rights` does what they ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from aiohttp import web
from pydantic import BaseModel, Field

from devices.messages.fields import Purposes, Wire
from edge.api.http.auth import AttemptLimits, own_origin
from edge.api.http.bodies import take
from edge.api.http.errors import NotProven
from edge.api.http.reply import shown
from edge.api.http.route import Handler, Operation, Proof, ResponseSpec
from edge.api.http.sessions import Sessions, set_cookie
from edge.api.http.tickets import Tickets
from edge.api.services.shopper_rights import ShopperRights
from edge.api.views.shopper import ErasureReceipt, MeView
from edge.domain.consent import Purpose
from edge.domain.ids import Token

COOKIE: Final = "storeside-me"
_PATH: Final = "/v1/me"
# Long enough to read and decide, short enough for a phone that is lent.
_LIVES_S: Final = 15 * 60.0


class Ticket(Wire):
    """What the code at the kiosk holds."""

    ticket: str = Field(min_length=1, max_length=2048)


class Withdrawal(Wire):
    """Purposes for which the person's data may no longer be used."""

    purposes: Annotated[Purposes, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopperSession:
    """One person's open page."""

    # Kept out of repr, which logs and tracebacks show.
    token: Token = field(repr=False)


class ShopperRoutes:
    """Answers a person about themselves, and nobody else."""

    def __init__(self, shoppers: ShopperRights, tickets: Tickets, tries: AttemptLimits) -> None:
        self._shoppers = shoppers
        self._tickets = tickets
        self._tries = tries
        self._sessions = Sessions[ShopperSession](_LIVES_S)

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        return (
            Operation(
                method="POST",
                path="/v1/me/session",
                name="openMe",
                handler=self._open,
                takes=Ticket,
                answers={204: ResponseSpec(says="A cookie for 15 minutes.")},
            ),
            _own("GET", "/v1/me", "me", self._about, MeView),
            replace(
                _own("POST", "/v1/me/withdraw", "withdraw", self._withdraw, MeView),
                takes=Withdrawal,
            ),
            _own("POST", "/v1/me/erase", "erase", self._erase, ErasureReceipt),
            _own("GET", "/v1/me/export", "export", self._export, None),
        )

    async def _open(self, request: web.Request) -> web.Response:
        """Open the shopper's page with the ticket of a code; a ticket works once, for 60 s."""
        # Otherwise another site could sign this browser in with a ticket of its own.
        own_origin(request)
        address = request.remote or ""
        # A ticket names nobody, so the limit by name is one for all tickets from this address.
        self._tries.check(address, _PATH)
        visit = await self._tickets.redeem((await take(request, Ticket)).ticket)
        token = None if visit is None else await self._shoppers.of_visit(visit)
        # A stay that is over looks like a wrong ticket and counts as one: there is nothing to learn by trying.
        if token is None:
            self._tries.failed(address, _PATH)
            raise NotProven
        response = web.Response(status=204)
        session = self._sessions.open(ShopperSession(token=token))
        set_cookie(response, request, COOKIE, session, path=_PATH, lives_s=_LIVES_S)
        return response

    async def _about(self, request: web.Request) -> web.Response:
        """What the store knows of the person."""
        return shown(await self._shoppers.about(self._token(request)))

    async def _withdraw(self, request: web.Request) -> web.Response:
        """Withdraw purposes; in force on every screen when answered."""
        token = self._token(request)
        wish = await take(request, Withdrawal)
        await self._shoppers.withdraw(token, tuple(Purpose(p) for p in wish.purposes))
        return shown(await self._shoppers.about(token))

    async def _erase(self, request: web.Request) -> web.Response:
        """Erase all of it; the answer is the receipt."""
        token = self._token(request)
        receipt = await self._shoppers.erase(token)
        # Also where the page is open a second time: nobody is behind the token any more.
        self._sessions.close_where(lambda shopper: shopper.token == token)
        response = shown(receipt)
        response.del_cookie(COOKIE, path=_PATH)
        # What the page kept in the browser goes too.
        response.headers["Clear-Site-Data"] = '"storage"'
        return response

    async def _export(self, request: web.Request) -> web.Response:
        """Take all of it along, as a JSON file."""
        body = await self._shoppers.export(self._token(request))
        name = 'attachment; filename="storeside-my-data.json"'
        return web.json_response(dict(body), headers={"Content-Disposition": name})

    def _token(self, request: web.Request) -> Token:
        own_origin(request)
        shopper = self._sessions.find(request.cookies.get(COOKIE, ""))
        if shopper is None:
            raise NotProven
        return shopper.token


def _own(
    method: str, path: str, name: str, handler: Handler, body: type[BaseModel] | None
) -> Operation:
    """An address that answers a person about themselves."""
    answer = ResponseSpec(
        says="As asked.", body=body, media=None if body else "application/json"
    )
    return Operation(
        method=method,
        path=path,
        name=name,
        handler=handler,
        proof=Proof.SHOPPER,
        answers={200: answer},
    )
