"""Routes of the console's first page: the store at a glance, why a decision was made, and the pause.

The console calls them when it opens and when somebody asks why; they answer from `edge.api.services`.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from edge.api.http.auth import Guard
from edge.api.http.bodies import take
from edge.api.http.errors import NotHere
from edge.api.http.reply import listed, shown
from edge.api.http.route import Operation, Proof, ResponseSpec, console_asks
from edge.api.services.decision_records import StoredRecords
from edge.api.services.overview import StoreOverview
from edge.api.services.personal_content import PersonalContentPause
from edge.api.views.overview import DeviceView, Overview
from edge.api.views.records import DecisionRecord, OfferView, ShelfView, VisitView
from edge.api.views.response import ResponseView
from edge.domain.ids import DecisionId


class Pause(ResponseView):
    """Whether personal content is paused."""

    paused: bool


class ConsoleRoutes:
    """Answers the console."""

    def __init__(
        self,
        guard: Guard,
        overview: StoreOverview,
        records: StoredRecords,
        pause: PersonalContentPause,
    ) -> None:
        self._guard = guard
        self._overview = overview
        self._records = records
        self._personal = pause

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        return (
            console_asks(
                "/v1/overview",
                "overview",
                self._glance,
                ResponseSpec(says="Now.", body=Overview),
            ),
            console_asks("/v1/visits", "visits", self._visits, _rows(VisitView)),
            console_asks("/v1/devices", "devices", self._devices, _rows(DeviceView)),
            console_asks("/v1/offers", "offers", self._offers, _rows(OfferView)),
            console_asks("/v1/models", "models", self._models, _rows(ShelfView)),
            console_asks(
                "/v1/decisions/{id}",
                "decision",
                self._decision,
                ResponseSpec(says="It.", body=DecisionRecord),
            ),
            Operation(
                method="POST",
                path="/v1/pause",
                name="pause",
                handler=self._pause,
                proof=Proof.CONSOLE,
                takes=Pause,
                answers={200: ResponseSpec(says="What is in force now.", body=Pause)},
            ),
        )

    async def _glance(self, request: web.Request) -> web.Response:
        """The store at a glance."""
        await self._guard.console(request)
        return shown(self._overview.now())

    async def _visits(self, request: web.Request) -> web.Response:
        """Open and recent visits, latest first."""
        await self._guard.console(request)
        return listed(await self._records.visits())

    async def _devices(self, request: web.Request) -> web.Response:
        """Every provisioned device."""
        await self._guard.console(request)
        return listed(await self._records.devices())

    async def _offers(self, request: web.Request) -> web.Response:
        """Every offer of the catalogue."""
        await self._guard.console(request)
        return listed(await self._records.offers())

    async def _models(self, request: web.Request) -> web.Response:
        """The model bundles on the shelf."""
        await self._guard.console(request)
        return listed(await self._records.models())

    async def _decision(self, request: web.Request) -> web.Response:
        """One decision: why this, why not those."""
        await self._guard.console(request)
        found = await self._records.decision(DecisionId(request.match_info["id"]))
        if found is None:
            raise NotHere
        return shown(found)

    async def _pause(self, request: web.Request) -> web.Response:
        """Pause all personal content, or go on."""
        await self._guard.console(request)
        wish = await take(request, Pause)
        self._personal.turn(paused=wish.paused)
        return shown(wish)


def _rows(row: type[BaseModel]) -> ResponseSpec:
    return ResponseSpec(says="All of them.", body=row, many=True)
