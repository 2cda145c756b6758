"""``POST /v1/decisions``: what to show here, within the time the asker has; a till never waits and never fails.

Devices that speak HTTP call it; `edge.pipeline.decision_requests` decides, as it does for a question over MQTT.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final, Protocol

from aiohttp import web

from devices.errors import Refusal
from devices.messages.down import Show
from devices.messages.up import Ask
from edge.api.http.auth import Caller, Guard
from edge.api.http.bodies import take
from edge.api.http.reply import sent
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.domain.clock import Clock
from edge.domain.errors import StoresideError
from edge.domain.placement import PLACEMENTS

NOTHING: Final = "none"
"""Stands for a decision, template or configuration where there is none."""

_LIVES: Final = timedelta(seconds=30)


class Decisions(Protocol):
    """The way to a decision, the same for every transport."""

    async def answer(self, caller: Caller, ask: Ask) -> Show:
        """What ``caller`` may show; empty, with the reason, for a placement that it does not have.

        Not waited for past the asker's deadline, nor cancelled then. Raises a ``StoresideError`` where there is no
        answer.
        """
        ...


class DecisionRoutes:
    """Answers questions of devices that speak HTTP."""

    def __init__(self, guard: Guard, decisions: Decisions, clock: Clock) -> None:
        self._guard = guard
        self._decisions = decisions
        self._clock = clock

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="POST",
                path="/v1/decisions",
                name="decide",
                handler=self._answer,
                proof=Proof.DEVICE,
                takes=Ask,
                answers={
                    200: ResponseSpec(says="What to show, or an empty fallback.", body=Show)
                },
            ),
        )

    async def _answer(self, request: web.Request) -> web.Response:
        """Ask what to show; past deadline_ms, or where there is no such placement, the answer is an empty fallback."""
        # Taken before the guard: the time it takes is the asker's, too.
        began = asyncio.get_running_loop().time()
        caller = await self._guard.device(request)
        ask = await take(request, Ask)
        return sent(await self._in_time(caller, ask, began + ask.deadline_ms / 1000))

    async def _in_time(self, caller: Caller, ask: Ask, deadline: float) -> Show:
        work = asyncio.ensure_future(self._decisions.answer(caller, ask))
        try:
            async with asyncio.timeout_at(deadline):
                # A decision that comes late is finished all the same, and counted.
                return await asyncio.shield(work)
        except TimeoutError:
            return self._empty(ask, Refusal.LATE)
        except StoresideError:
            # A till never fails because of us: with an empty answer it shows what it has.
            return self._empty(ask, Refusal.INTERNAL)

    def _empty(self, ask: Ask, reason: Refusal) -> Show:
        # A placement that only a newer device knows is answered as well.
        placement = PLACEMENTS.get(ask.placement)
        return Show(
            decision_id=NOTHING,
            placement=ask.placement,
            kind="fallback",
            template=NOTHING if placement is None else placement.template,
            expires_at=self._clock.now() + _LIVES,
            config=NOTHING,
            late=reason is Refusal.LATE or None,
            reason=reason,
        )
