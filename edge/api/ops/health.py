"""``/healthz`` and ``/readyz``: whether the process lives, and whether each part that a store needs is there.

Whoever watches the service calls them without proof; the checks are those of `edge.api.services.readiness`.
"""

from __future__ import annotations

from aiohttp import web

from edge.api.http.reply import shown
from edge.api.http.route import Operation, ResponseSpec
from edge.api.services.readiness import ReadinessChecks
from edge.api.views.response import ResponseView


class Alive(ResponseView):
    """The process answers."""

    alive: bool = True


class Ready(ResponseView):
    """Whether all parts are there, and which."""

    ready: bool
    checks: dict[str, bool]


class HealthRoutes:
    """Answers whoever watches over the service."""

    def __init__(self, readiness: ReadinessChecks) -> None:
        self._readiness = readiness

    def operations(self) -> tuple[Operation, ...]:
        """Both addresses of this group."""
        return (
            Operation(
                method="GET",
                path="/healthz",
                name="alive",
                handler=self._alive,
                answers={200: ResponseSpec(says="It does.", body=Alive)},
            ),
            Operation(
                method="GET",
                path="/readyz",
                name="ready",
                handler=self._ready,
                answers={
                    200: ResponseSpec(says="All of them.", body=Ready),
                    503: ResponseSpec(says="Not all of them.", body=Ready),
                },
            ),
        )

    async def _alive(self, _request: web.Request) -> web.Response:
        """Whether the process lives."""
        return shown(Alive())

    async def _ready(self, _request: web.Request) -> web.Response:
        """Whether every part that the store needs is there."""
        checks = dict(self._readiness.checks())
        ready = all(checks.values())
        return shown(Ready(ready=ready, checks=checks), status=200 if ready else 503)
