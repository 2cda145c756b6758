"""What time it is: law and screens live in real time, a demo's business day is recorded. Nothing else asks.

The bootstrap makes one clock and every part that asks for the time is given it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from edge.domain.clock_check import JUMP_S, SETTLES_S

# The system's clock is followed through steps as small as this; a larger one is not believed at once.
_STEP_S = 5.0
# Forward a clock is put right, as a machine without a battery does when it finds its network. Back into a time that is
# over it would bring ended offers back and forget what was counted since: that is most likely the mistake itself.
_SETTLES_BACK_S = 86_400.0


class Clock(Protocol):
    """Real time, and the business time that belongs to it; in a shop the two are one."""

    def now(self) -> datetime:
        """Real time as it is believed, aware, UTC."""
        ...

    def latest(self) -> datetime:
        """The latest that it may be, never earlier than an answer of ``now``: by it is judged what must have ended."""
        ...

    def wall(self) -> datetime:
        """What the machine's clock says, believed or not."""
        ...

    def business(self, at: datetime) -> datetime:
        """The business time of the real instant ``at``: what dayparts, habits and offers go by."""
        ...


def is_doubtful(clock: Clock) -> bool:
    """Whether the machine's clock says something else than is believed."""
    return abs((clock.wall() - clock.now()).total_seconds()) > JUMP_S


class SystemClock:
    """A shop's clock: business time is real time, and it is the system's, unless that leaps.

    A clock that was set is not believed until it has run evenly for ten minutes, or for a day if it was set back:
    meanwhile time goes on from where it was, by the machine's steady clock. When the system's agrees with that, or
    with what was believed before it leapt, it is believed again at once.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """``wall``: the system's clock; ``steady``: seconds since no matter when, by one that nobody can set."""
        self._wall = wall
        self._steady = steady
        # Both clocks when the system's was believed last, and when it was further ahead than ever.
        self._believed = self._furthest = wall(), steady()
        self._told = self._believed[0]
        # What was believed before a leap that has settled.
        self._before: tuple[datetime, float] | None = None
        # By how much the system's clock is off, and since when it has been off by so much.
        self._leap: tuple[float, float] | None = None

    def now(self) -> datetime:
        """Real time; it goes back only where the system's clock was set back and has settled there."""
        seen, steady_s = self._wall(), self._steady()
        counted = _counted(self._believed, steady_s)
        leap_s = (seen - counted).total_seconds()
        if abs(leap_s) <= _STEP_S:
            self._believe(seen, steady_s)
            self._told = max(self._told, seen)
        elif self._is_back(seen, steady_s) or self._has_settled(leap_s, steady_s):
            self._before = self._believed
            self._believe(seen, steady_s)
            self._told = seen
        else:
            self._told = max(self._told, counted)
        return self._told

    def latest(self) -> datetime:
        """Counted on from the furthest that was ever believed, or the system's time where that is later."""
        return max(self.now(), _counted(self._furthest, self._steady()), self._wall())

    def wall(self) -> datetime:
        """The system's time."""
        return self._wall()

    def business(self, at: datetime) -> datetime:
        """``at`` itself."""
        return at

    def _believe(self, seen: datetime, steady_s: float) -> None:
        self._believed, self._leap = (seen, steady_s), None
        if seen > _counted(self._furthest, steady_s):
            self._furthest = self._believed

    def _is_back(self, seen: datetime, steady_s: float) -> bool:
        """Whether the clock is where it was before it leapt, but for what two clocks differ in some days."""
        if self._before is None:
            return False
        return abs((seen - _counted(self._before, steady_s)).total_seconds()) <= JUMP_S

    def _has_settled(self, leap_s: float, steady_s: float) -> bool:
        if self._leap is None or abs(leap_s - self._leap[0]) > _STEP_S:
            self._leap = leap_s, steady_s
        needed_s = SETTLES_S if leap_s > 0 else _SETTLES_BACK_S
        return steady_s - self._leap[1] >= needed_s


def _counted(since: tuple[datetime, float], steady_s: float) -> datetime:
    """What time it is at ``steady_s``, if it was right then."""
    return since[0] + timedelta(seconds=steady_s - since[1])


class ReplayClock(SystemClock):
    """A demo's clock: business time is a recorded day's, told from outside several times a second.

    Units: ``speed`` is business seconds a real second, for whoever wants to know the pace.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        super().__init__()
        self._at = start
        self.speed = speed

    def business(self, at: datetime) -> datetime:  # noqa: ARG002 - a replayed day has no other instant than this one
        """The recorded day's present instant, as it was told last."""
        return self._at

    def tell(self, at: datetime, speed: float) -> None:
        """Set business time and pace; a telling from the past changes the pace only."""
        self._at, self.speed = max(at, self._at), speed
