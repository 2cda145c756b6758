"""Virtual time: an event loop that never waits, and a clock that can be set wrong like any other.

``run`` gives the loop to its runner and the clock to every part that asks for the time.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable
from datetime import datetime, timedelta

from edge.domain.clock import SystemClock

# What a float of some days' seconds may be off by, in microseconds.
_ROUNDING = 1e-3


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop whose time jumps to the next timer as soon as nothing is left to do at this instant.

    Its time counts simulated seconds from 0, in whole microseconds: sums of waits would differ in their last
    digit by the way they were added up, and with it the order of what happens at one instant.
    """

    def __init__(self) -> None:
        self._at_us = 0
        super().__init__(_Impatient(self._skip))
        # It would note where every timer came from, and complain of callbacks that take no simulated time.
        self.set_debug(enabled=False)

    def time(self) -> float:
        """Simulated seconds since the start."""
        return self._at_us / 1_000_000

    def _skip(self, seconds: float) -> None:
        # Never short of the timer, not even by a rounding.
        self._at_us += max(1, math.ceil(seconds * 1_000_000 - _ROUNDING))


class _Impatient(selectors.DefaultSelector):
    """Where a loop would sleep until its next timer, its time is moved there instead."""

    def __init__(self, skip: Callable[[float], None]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            # Nothing is waited for, or something is due: real sockets keep their say.
            return super().select(timeout)
        self._skip(timeout)
        return super().select(0)


class SimClock(SystemClock):
    """A shop's own clock on a machine whose clock can be set wrong. ``true`` is what time it is."""

    def __init__(self, start: datetime, elapsed_s: Callable[[], float]) -> None:
        self._start = start
        self._elapsed_s = elapsed_s
        self._wrong = timedelta()
        super().__init__(wall=lambda: self.true + self._wrong, steady=elapsed_s)

    @property
    def true(self) -> datetime:
        """What time it is."""
        # To microseconds, as the loop counts them.
        return self._start + timedelta(seconds=round(self._elapsed_s(), 6))

    def set_wrong(self, by: timedelta) -> None:
        """From now on the machine's clock is wrong by so much; zero mends it."""
        self._wrong = by
