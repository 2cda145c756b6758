"""Routes of experiments: what each has shown so far, and the winner made the rule.

The page of experiments calls them; `edge.api.services.experiments` works the figures out.
"""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from edge.api.http.auth import Guard
from edge.api.http.bodies import take
from edge.api.http.errors import NotHere
from edge.api.http.reply import listed, shown
from edge.api.http.route import Operation, Proof, ResponseSpec, console_asks
from edge.api.services.experiments import StoredExperiments
from edge.api.views.experiments import ExperimentReport, ExperimentView


class Promotion(BaseModel):
    """The arm that becomes all that the campaign does; ``anyway``: also where the figures do not say so."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    arm: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    anyway: bool = False


class ExperimentRoutes:
    """Answers the console."""

    def __init__(self, guard: Guard, experiments: StoredExperiments) -> None:
        self._guard = guard
        self._experiments = experiments

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        return (
            console_asks(
                "/v1/experiments",
                "experiments",
                self._all,
                ResponseSpec(says="All of them.", body=ExperimentView, many=True),
            ),
            console_asks(
                "/v1/experiments/{id}",
                "experiment",
                self._one,
                ResponseSpec(says="It.", body=ExperimentReport),
            ),
            Operation(
                method="POST",
                path="/v1/experiments/{id}/promote",
                name="promote",
                handler=self._promote,
                proof=Proof.CONSOLE,
                takes=Promotion,
                answers={
                    200: ResponseSpec(says="The test from now on.", body=ExperimentReport)
                },
            ),
        )

    async def _all(self, request: web.Request) -> web.Response:
        """Every test as it stands now, with its first figure."""
        await self._guard.console(request)
        return listed(await self._experiments.all())

    async def _one(self, request: web.Request) -> web.Response:
        """One test in full: arms, segments, iterations, and whether people fell as they were meant to."""
        await self._guard.console(request)
        return _found(await self._experiments.one(request.match_info["id"]))

    async def _promote(self, request: web.Request) -> web.Response:
        """Make an arm the rule of its campaign: a new version, with a line in the audit."""
        await self._guard.console(request)
        wish = await take(request, Promotion)
        id_ = request.match_info["id"]
        return _found(await self._experiments.promote(id_, wish.arm, anyway=wish.anyway))


def _found(report: ExperimentReport | None) -> web.Response:
    if report is None:
        raise NotHere
    return shown(report)
