"""What goes wrong: lines that are cut, clocks that are wrong, devices that start anew.

``days`` starts each fault as a task of its own, at the time that ``options`` tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from cloud_sync.delivery import DeliveryVerdict
from cloud_sync.envelope import Record
from cloud_sync.errors import CentralAway
from devices.simulator.chance import pick, share
from edge.lab.simulate.fake_line import SimulatedLine
from edge.lab.simulate.options import ClockJump, CutLine, Outage
from edge.lab.simulate.premises import SimulatedPremises
from edge.lab.simulate.virtual_time import SimClock

# Several a day, so that a short run sees one too.
_RESTART_EVERY_S = 4 * 3600.0
_TRIES_AGAIN_S = 60.0
SLOW_TILL_S = 3_600.0
"""One till's clock is an hour behind."""


async def cut(line: SimulatedLine, outage: Outage) -> None:
    """Take the line to all devices away and give it back."""
    await asyncio.sleep(outage.from_s)
    line.is_down = True
    await asyncio.sleep(outage.until_s - outage.from_s)
    line.mend()


async def set_clock(clock: SimClock, jump: ClockJump) -> None:
    """Set the store's clock wrong, and right again."""
    await asyncio.sleep(jump.at_s)
    clock.set_wrong(jump.by)
    await asyncio.sleep(jump.lasts_s)
    clock.set_wrong(timedelta())


async def restarts(premises: SimulatedPremises, line: SimulatedLine, seed: int) -> None:
    """Every few hours one of the screens starts anew, for ever."""
    screens = [*premises.displays.values(), *premises.kiosks, *premises.tills, premises.tablet]
    number = 0
    while True:
        number += 1
        # Half to one and a half times as long, so that it does not always hit the same hour.
        await asyncio.sleep(_RESTART_EVERY_S * (0.5 + share(seed, number, "restart after")))
        line.restart(pick(screens, seed, number, "restarts").device)


class SimulatedCentre:
    """The central side: it takes every event once, when its line is there. Fits ``cloud_sync.delivery.Sink``."""

    def __init__(self, outages: Sequence[Outage]) -> None:
        self._outages = [outage for outage in outages if outage.line is CutLine.HUB]
        self._taken = set[str]()
        self.twice = 0

    @property
    def taken(self) -> int:
        """How many events arrived, each counted once."""
        return len(self._taken)

    @property
    def is_away(self) -> bool:
        """Whether its line is down at this instant."""
        at_s = asyncio.get_running_loop().time()
        return any(outage.is_on(at_s) for outage in self._outages)

    async def send(
        self,
        records: Sequence[Record],
        sent_at: datetime,  # noqa: ARG002 - the port's own argument
    ) -> Sequence[DeliveryVerdict]:
        """Take the records, or none while the line is down."""
        if self.is_away:
            raise CentralAway("the line is cut", retry_after_s=_TRIES_AGAIN_S)
        fresh = {record.id for record in records} - self._taken
        self.twice += len(records) - len(fresh)
        self._taken |= fresh
        # A repeat is accepted, too, and counted once, as the hub does.
        return [DeliveryVerdict(id=record.id, verdict="accepted") for record in records]
