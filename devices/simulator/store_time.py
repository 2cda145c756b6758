"""Store time of a replay: it runs while anybody is in the store, leaps over the rest, and waits for the slow.

The replay goes by it, and the demo tells it to the service on the clock's topic.

Time moves in steps. It stands still while messages of the present moment are on their way, so that a busy
machine makes the replay slower and never makes a signal look old.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

# Whoever looks at the store's clock in between sees it move at least this often (machine seconds).
_TICK_S = 0.25


Tell = Callable[[datetime, float], Awaitable[None]]
"""Makes a new store time and pace known; returns when it cannot be overtaken by a later message."""


def clock_message(at: datetime, speed: float) -> bytes:
    """The store's time as it is published on the service's ``clock`` topic."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f'{{"at":"{stamp}","speed":{speed:g}}}'.encode()


class StoreTime:
    """The one clock of a replay. Units: ``speed`` is store seconds a second of the machine."""

    def __init__(self, start: datetime, speed: float, tell: Tell) -> None:
        self.speed = speed
        self._at = start
        self._tell = tell
        self._told = time.monotonic()
        self._nudge = asyncio.Event()

    def now(self) -> datetime:
        """The store time told last."""
        return self._at

    def nudge(self) -> None:
        """Something new may be due: whoever waits in ``approach`` looks again."""
        self._nudge.set()

    async def approach(self, goal: datetime, *, leaping: bool) -> bool:
        """Go towards ``goal``: at once when ``leaping``, else at the pace, one tick at most.

        Returns:
            Whether the goal is reached; otherwise a tick passed or somebody nudged.
        """
        # Before anything is looked at, so that no nudge in between is lost.
        self._nudge.clear()
        left_s = (goal - self._at).total_seconds()
        if left_s <= 0:
            return True
        due = self._told + left_s / self.speed
        wait_s = 0.0 if leaping else due - time.monotonic()
        if wait_s <= 0:
            await self._move(goal)
            return True
        await self._sleep(min(wait_s, _TICK_S))
        passed = timedelta(seconds=(time.monotonic() - self._told) * self.speed)
        # Never beyond the goal, or what happens there would look late.
        await self._move(min(goal, self._at + passed))
        return self._at >= goal

    async def _sleep(self, longest_s: float) -> None:
        try:
            await asyncio.wait_for(self._nudge.wait(), longest_s)
        except TimeoutError:
            return

    async def _move(self, at: datetime) -> None:
        self._at, self._told = at, time.monotonic()
        # Waited for: what happens at this time must not overtake the word of it.
        await self._tell(at, self.speed)
