"""The marketer's routes: campaigns from draft to live and back, single offers, a preview, the whole at a glance.

The pages of campaigns call them; `edge.api.services.portfolio` holds every change against the checks first.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

from aiohttp import web
from pydantic import BaseModel

from devices.messages import Show, encode
from edge.api.http.auth import Guard
from edge.api.http.bodies import read
from edge.api.http.errors import BadPortfolio, CannotStep, NotHere
from edge.api.http.reply import JSON, listed, shown
from edge.api.http.route import Handler, Operation, Proof, ResponseSpec, console_asks
from edge.api.services.portfolio import StoredPortfolio
from edge.api.views.portfolio import (
    CampaignView,
    EditionView,
    Halt,
    Judgement,
    PortfolioView,
    Sketch,
    Step,
)
from edge.campaigns.authoring import document
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import (
    NoSuchCampaign,
    NoSuchPicture,
    PictureRefused,
    PortfolioInvalid,
    WrongState,
)
from edge.campaigns.authoring.offer_body import Body, OfferBody
from edge.campaigns.authoring.overview import CampaignLine

# Some hundred offers with their creatives; a whole chain's portfolio comes from the centre, or as a file.
_LIMIT: Final = 512 * 1024
# It goes into the audit log: a name, and no sentence.
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")

Told = TypeVar("Told", bound=Body)


class PortfolioRoutes:
    """Answers whoever steers campaigns at the console."""

    def __init__(self, guard: Guard, portfolio: StoredPortfolio) -> None:
        self._guard = guard
        self._portfolio = portfolio

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        one, judged, edition = "/v1/campaigns/{id}", _judged(), {200: _says(EditionView)}
        drawn = {200: _says(Show, many=True)}
        return (
            console_asks("/v1/portfolio", "portfolio", self._glance, _says(PortfolioView)),
            console_asks(
                "/v1/campaigns", "campaigns", self._campaigns, _says(CampaignLine, many=True)
            ),
            console_asks(one, "campaign", self._campaign, _says(CampaignView)),
            console_asks(
                f"{one}/versions/{{version}}", "version", self._version, _says(PortfolioBody)
            ),
            console_asks("/v1/offers/{id}", "offer", self._offer, _says(OfferBody)),
            _does("PUT /v1/campaigns", "draftAll", self._draft_all, PortfolioBody, _drafts()),
            _does(f"PUT {one}", "draft", self._draft, PortfolioBody, _drafts()),
            _does("PUT /v1/offers/{id}", "putOffer", self._put_offer, OfferBody, judged),
            _does(f"POST {one}/approve", "approve", self._approve, Step, edition),
            _does(f"POST {one}/publish", "publish", self._publish, Step, judged),
            _does(f"POST {one}/rollback", "rollback", self._rollback, Step, judged),
            _does(f"POST {one}/pause", "halt", self._pause, Halt, judged),
            _does("POST /v1/preview", "preview", self._preview, Sketch, drawn),
        )

    async def _glance(self, request: web.Request) -> web.Response:
        """The portfolio in figures: counts, ages, throughput, backlog, iterations, missing pictures."""
        await self._guard.console(request)
        return shown(await self._portfolio.glance())

    async def _campaigns(self, request: web.Request) -> web.Response:
        """Every campaign, standing or waiting."""
        await self._guard.console(request)
        return listed(await self._portfolio.campaigns())

    async def _campaign(self, request: web.Request) -> web.Response:
        """One campaign with its offers and its versions."""
        await self._guard.console(request)
        with refusals():
            return shown(await self._portfolio.campaign(request.match_info["id"]))

    async def _version(self, request: web.Request) -> web.Response:
        """What one version of a campaign says."""
        await self._guard.console(request)
        number = request.match_info["version"]
        # A number with more digits than a version ever has is none, and may be longer than SQLite takes.
        if not (number.isascii() and number.isdigit()) or len(number) > len("1000000"):
            raise NotHere
        with refusals():
            found = await self._portfolio.version(request.match_info["id"], int(number))
        return shown(found)

    async def _offer(self, request: web.Request) -> web.Response:
        """One offer as it stands."""
        await self._guard.console(request)
        with refusals():
            return shown(await self._portfolio.offer(request.match_info["id"]))

    async def _draft_all(self, request: web.Request) -> web.Response:
        """Keep each campaign of the body with its offers as a new draft."""
        by = await self._hand(request)
        return await self._drafted(await taken(request, PortfolioBody), by)

    async def _draft(self, request: web.Request) -> web.Response:
        """Keep one campaign with its offers as a new draft."""
        by = await self._hand(request)
        told = await taken(request, PortfolioBody)
        if [one.id for one in told.campaigns] != [request.match_info["id"]]:
            raise BadPortfolio("the body is not about the campaign of this address alone")
        return await self._drafted(told, by)

    async def _drafted(self, told: PortfolioBody, by: str) -> web.Response:
        with refusals():
            return listed(await self._portfolio.draft(told, by))

    async def _put_offer(self, request: web.Request) -> web.Response:
        """Put one offer over what stands, unless the tower forbids it."""
        by = await self._hand(request)
        told = await taken(request, OfferBody)
        if told.id != request.match_info["id"]:
            raise BadPortfolio("the body is not about the offer of this address")
        with refusals():
            return _verdict(await self._portfolio.put_offer(told, by))

    async def _approve(self, request: web.Request) -> web.Response:
        """Approve a draft."""
        by, step = await self._hand(request), await taken(request, Step)
        with refusals():
            return shown(await self._portfolio.approve(request.match_info["id"], step, by))

    async def _publish(self, request: web.Request) -> web.Response:
        """Put an approved version live, unless the tower forbids it."""
        by, step = await self._hand(request), await taken(request, Step)
        with refusals():
            return _verdict(await self._portfolio.publish(request.match_info["id"], step, by))

    async def _rollback(self, request: web.Request) -> web.Response:
        """Make an earlier version the newest, unless the tower forbids it."""
        by, step = await self._hand(request), await taken(request, Step)
        with refusals():
            return _verdict(await self._portfolio.rollback(request.match_info["id"], step, by))

    async def _pause(self, request: web.Request) -> web.Response:
        """Stop all offers of a campaign at once, or let it go on."""
        by, halt = await self._hand(request), await taken(request, Halt)
        with refusals():
            return _verdict(await self._portfolio.pause(request.match_info["id"], halt, by))

    async def _hand(self, request: web.Request) -> str:
        """Who acts: the console, and the name that its user gives."""
        caller = await self._guard.console(request)
        name = request.query.get("by", "")
        if not name:
            return caller.device
        if _NAME.fullmatch(name) is None:
            raise BadPortfolio("by: a name has at most 40 letters, digits and .-_")
        # The key is shared, so the name is a claim: the record says whose key it was as well.
        return f"{caller.device}: {name}"

    async def _preview(self, request: web.Request) -> web.Response:
        """Draw an offer as each screen would, whether it stands or not."""
        await self._guard.console(request)
        sketch = await taken(request, Sketch)
        with refusals():
            drawn = await self._portfolio.preview(sketch)
        body = b",".join(map(encode, drawn))
        return web.Response(body=b"[%b]" % body, content_type=JSON)


async def taken(request: web.Request, shape: type[Told]) -> Told:
    """The body as ``shape``, parsed aside from the loop. Raises ``BadPortfolio`` with the place and the fault."""
    body = await read(request, _LIMIT)
    with refusals():
        return await asyncio.to_thread(document.taken, body, shape)


@contextmanager
def refusals() -> Generator[None]:
    """What the portfolio refuses, as the routes' own refusals."""
    try:
        yield
    except (NoSuchCampaign, NoSuchPicture) as error:
        raise NotHere from error
    except WrongState as error:
        raise CannotStep(str(error)) from error
    except (PortfolioInvalid, PictureRefused) as error:
        raise BadPortfolio(str(error)) from error


def _verdict(judgement: Judgement) -> web.Response:
    return shown(judgement, status=200 if judgement.published else 422)


def _says(body: type[BaseModel], *, many: bool = False) -> ResponseSpec:
    return ResponseSpec(says="All of them." if many else "It.", body=body, many=many)


def _judged() -> Mapping[int, ResponseSpec]:
    return {
        200: ResponseSpec(says="It is live; warnings, if there are any.", body=Judgement),
        422: ResponseSpec(says="The tower forbids it; nothing was changed.", body=Judgement),
    }


def _drafts() -> Mapping[int, ResponseSpec]:
    return {200: ResponseSpec(says="The drafts.", body=EditionView, many=True)}


def _does(
    at: str,
    name: str,
    handler: Handler,
    takes: type[BaseModel],
    answers: Mapping[int, ResponseSpec],
) -> Operation:
    method, path = at.split()
    return Operation(
        method=method,
        path=path,
        name=name,
        handler=handler,
        proof=Proof.CONSOLE,
        takes=takes,
        queries={"by": "Who does it, for the record."},
        answers=answers,
    )
