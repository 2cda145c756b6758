"""The route of triggers: the rules of signal and message in this store, and what became of what they said.

The page of experiments asks for it; `edge.api.services.triggers` reads it from the store's file.
"""

from __future__ import annotations

from aiohttp import web

from edge.api.http.auth import Guard
from edge.api.http.reply import listed
from edge.api.http.route import Operation, ResponseSpec, console_asks
from edge.api.services.triggers import StoredTriggers
from edge.api.views.records import TriggerView


class TriggerRoutes:
    """Answers the console."""

    def __init__(self, guard: Guard, triggers: StoredTriggers) -> None:
        self._guard = guard
        self._triggers = triggers

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this group."""
        return (
            console_asks(
                "/v1/triggers",
                "triggers",
                self._all,
                ResponseSpec(says="All of them.", body=TriggerView, many=True),
            ),
        )

    async def _all(self, request: web.Request) -> web.Response:
        """Every version of every trigger, by id."""
        await self._guard.console(request)
        return listed(await self._triggers.all())
