"""The simulated days: shoppers come and go, the service runs beside them, and faults happen on time.

``run`` calls ``SimulatedDays.run``; each arrival becomes a ``visit`` that ``interactions`` walks through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from cloud_sync.retry_delay import RetryDelay
from cloud_sync.uplink import Uplink, UplinkTiming
from devices.simulator.chance import happens
from edge.app.central_sync import INPUTS, EssentialLane
from edge.domain.customer import greeting_alias
from edge.lab.simulate.fake_line import SimulatedLine
from edge.lab.simulate.faults import SLOW_TILL_S, SimulatedCentre, cut, restarts, set_clock
from edge.lab.simulate.interactions import associate, stay
from edge.lab.simulate.options import CutLine, SimulateOptions
from edge.lab.simulate.population import Population, Shopper, hour_of_day
from edge.lab.simulate.premises import SimulatedPremises
from edge.lab.simulate.response_model import ResponseModel
from edge.lab.simulate.store import NOTICE, SimulatedStore
from edge.lab.simulate.virtual_time import SimClock
from edge.lab.simulate.visit import SimulatedVisit, VisitSurroundings

_DAY_S = 86_400.0
_CONTACT_S = 60.0
# Waits of random length would make another run of every run.
_NO_JITTER = RetryDelay(first_s=0.0, longest_s=0.0)
# The hour at which a simulation begins.
_OPENS_HOUR = 8.0
# Nobody is left at half past ten in the evening, and nobody comes before seven.
_CLOSES_S, _CLOSED_S = 14.5 * 3600, 8.5 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopperArrival:
    """Somebody comes to the door. Units: seconds since the start; ``number`` counts their days."""

    at_s: float
    who: Shopper
    number: int


def arrivals(population: Population, hours: float) -> list[ShopperArrival]:
    """Who comes when, in order: at most once a day, more at noon and after work."""
    found = [
        ShopperArrival(at_s=at_s, who=who, number=day)
        # The store opens at eight, so the last day reaches into the next; who comes too late is left out below.
        for day in range(int(hours // 24) + 2)
        for who in population.shoppers
        if happens(who.a_week / 7, population.seed, who.number, "comes", day)
        for at_s in (_seconds(population, who, day),)
        if 0 <= at_s < hours * 3600
    ]
    # By number where two come at once, so that their order hangs on nothing else.
    return sorted(found, key=lambda one: (one.at_s, one.who.number))


def _seconds(population: Population, who: Shopper, day: int) -> float:
    hour = hour_of_day(population.seed, who.number, day) - _OPENS_HOUR
    # Milliseconds: the last digits of a float must not decide who comes first.
    return round(day * _DAY_S + hour * 3600, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDays:
    """Everything that moves."""

    options: SimulateOptions
    population: Population
    shop: SimulatedStore
    clock: SimClock
    line: SimulatedLine
    premises: SimulatedPremises
    responses: ResponseModel
    centre: SimulatedCentre

    async def run(self, progress: Callable[[float], None]) -> int:
        """Let the days pass; how many visits there were."""
        runtime, premises = self.shop.runtime, self.premises
        self.line.hear = runtime.pipeline.intake.receive
        premises.tills[-1].device.slow_s = SLOW_TILL_S
        uplink = Uplink(
            EssentialLane(runtime.database),
            self.centre,
            clock=self.clock.now,
            pace=UplinkTiming(poll_s=_CONTACT_S, patience=_NO_JITTER),
        )
        jobs = self.shop.bootstrap.jobs(runtime)
        parts: list[Callable[[], Coroutine[None, None, None]]] = [
            runtime.pipeline.intake.run,
            jobs.screens.end_idle_visits,
            uplink.run,
            self._hear_from_centre,
            lambda: self._by_day(jobs.screens.refresh_boards, jobs.screens.watch_headcounts),
            lambda: restarts(premises, self.line, self.options.seed),
            *self._faults(),
        ]
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(part()) for part in parts]
            premises.open()
            visits = await self._doors(progress)
            # What is still on its way to the centre belongs to the run.
            await uplink.wait_empty()
            # They run for ever; the visits are what ends a simulation.
            for task in running:
                task.cancel()
        return visits

    def _faults(self) -> list[Callable[[], Coroutine[None, None, None]]]:
        lines = [o for o in self.options.outages if o.line is CutLine.DEVICES]
        return [
            *(lambda outage=outage: cut(self.line, outage) for outage in lines),
            *(lambda jump=jump: set_clock(self.clock, jump) for jump in self.options.jumps),
        ]

    async def _doors(self, progress: Callable[[float], None]) -> int:
        """Everybody comes in their time; it is over when the last one has left."""
        scenery = VisitSurroundings(
            seed=self.options.seed,
            notice_id=NOTICE,
            goods=self.population.goods,
            line=self.line,
            premises=self.premises,
            responses=self.responses,
            clock=self.clock,
        )
        aliases = {
            str(who.token): greeting_alias(who.token) for who in self.population.shoppers
        }
        self.premises.tablet.on_show = lambda card: associate(scenery, aliases, card)
        members = {who.token: bool(who.purposes) for who in self.population.shoppers}
        coming = arrivals(self.population, self.options.hours)
        loop = asyncio.get_running_loop()

        async def visit(one: SimulatedVisit) -> None:
            await stay(one)
            # Kept beyond the stay: who joined today is a member on the next visit.
            members[one.who.token] = one.member

        # Left only when the last stay is over.
        async with asyncio.TaskGroup() as group:
            for one in coming:
                await asyncio.sleep(one.at_s - loop.time())
                progress(one.at_s / (self.options.hours * 3600))
                known = SimulatedVisit(
                    who=one.who,
                    number=one.number,
                    scenery=scenery,
                    member=members[one.who.token],
                )
                group.create_task(visit(known))
        return len(coming)

    async def _by_day(self, *parts: Callable[[], Coroutine[None, None, None]]) -> None:
        """The displays, and what the service does about them, rest while the store is closed."""
        open_s = _CLOSES_S
        while True:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(part()) for part in parts]
                await asyncio.sleep(open_s)
                for task in running:
                    task.cancel()
            self.premises.close()
            await asyncio.sleep(_CLOSED_S)
            self.premises.open()
            open_s = _DAY_S - _CLOSED_S

    async def _hear_from_centre(self) -> None:
        """What the centre tells stays fresh while its line is there."""
        # Otherwise prices and offers would grow old, and decisions drop them.
        while True:
            if not self.centre.is_away:
                now = self.clock.now()
                for name in INPUTS.values():
                    self.shop.runtime.state.ages.heard(name, now)
            await asyncio.sleep(_CONTACT_S)
