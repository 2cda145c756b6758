"""The route of the key figures: the board of four weeks, in which nobody is named.

The page of experiments draws it; `edge.api.services.kpi_board` reads it from the store's file.
"""

from __future__ import annotations

from aiohttp import web

from edge.api.http.auth import Guard
from edge.api.http.reply import shown
from edge.api.http.route import Operation, ResponseSpec, console_asks
from edge.api.services.kpi_board import StoredFigures
from edge.campaigns.kpis.board_document import BoardView


class KpiRoutes:
    """Answers the console."""

    def __init__(self, guard: Guard, figures: StoredFigures) -> None:
        self._guard = guard
        self._figures = figures

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this group."""
        return (
            console_asks(
                "/v1/kpis", "kpis", self._board, ResponseSpec(says="The board.", body=BoardView)
            ),
        )

    async def _board(self, request: web.Request) -> web.Response:
        """Key figures, drivers, tablets and challenges of the last four weeks."""
        await self._guard.console(request)
        return shown(await self._figures.board())
