"""Routes that help to write a campaign: products by their words, and the checks' word before anything is kept.

The campaign form calls them while somebody types; `edge.api.services.drafting` answers, and nothing is changed.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from edge.api.console.portfolio import refusals, taken
from edge.api.http.auth import Guard
from edge.api.http.reply import listed, shown
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.services.drafting import CampaignDrafting
from edge.api.views.portfolio import Judgement, ProductView
from edge.campaigns.authoring.document import PortfolioBody

# As many products as one offer may name.
_SKUS: Final = 1_000


class DraftingRoutes:
    """Answers the form in which a campaign is written."""

    def __init__(self, guard: Guard, drafting: CampaignDrafting) -> None:
        self._guard = guard
        self._drafting = drafting

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        return (
            Operation(
                method="GET",
                path="/v1/products",
                name="products",
                handler=self._products,
                proof=Proof.CONSOLE,
                queries={"q": "Words of a name.", "sku": "One of these; repeatable."},
                answers={
                    200: ResponseSpec(says="The fitting ones.", body=ProductView, many=True)
                },
            ),
            Operation(
                method="POST",
                path="/v1/portfolio/check",
                name="check",
                handler=self._check,
                proof=Proof.CONSOLE,
                takes=PortfolioBody,
                answers={200: ResponseSpec(says="What the tower finds.", body=Judgement)},
            ),
        )

    async def _products(self, request: web.Request) -> web.Response:
        """Products of this store by words or numbers."""
        await self._guard.console(request)
        skus = request.query.getall("sku", [])[:_SKUS]
        return listed(await self._drafting.products(request.query.get("q", ""), skus))

    async def _check(self, request: web.Request) -> web.Response:
        """Hold a portfolio against all that stands; nothing is kept, nothing goes live."""
        await self._guard.console(request)
        told = await taken(request, PortfolioBody)
        with refusals():
            return shown(await self._drafting.check(told))
