"""How long tests wait for what must come: until it is there, and longer the busier the machine is.

Whatever waits in a test takes its limit from here, and conftest.py lets a whole test's own limit grow alike. Only
what never comes reaches a limit. A test that something does *not* happen names its own short time instead.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

_CORES = os.cpu_count() or 1
# Who shares a core is also woken late: a wait grows by twice what the machine lacks.
_PER_MISSING_MACHINE = 2.0
_MOST = 12.0
_LOOK_EVERY_S = 0.005
_RUNNING = Path("/proc/loadavg")


def stretch(queued: float, cores: int = _CORES) -> float:
    """How many times longer than alone a thing may take where ``queued`` processes want ``cores``."""
    return min(1.0 + _PER_MISSING_MACHINE * max(0.0, queued / cores - 1.0), _MOST)


class _Load:
    """How many processes want to run: a mean of a minute is late when a build begins beside the tests."""

    def __init__(self) -> None:
        self.seen_last = 0.0

    def look(self) -> None:
        if _RUNNING.exists():
            self.seen_last = float(_RUNNING.read_text().split()[3].partition("/")[0])

    def now(self) -> float:
        return max(self.seen_last, os.getloadavg()[0])


_LOAD = _Load()
look_around = _LOAD.look
"""To be called before each test, outside its loop: it reads a file."""


def patient(seconds: float) -> float:
    """The limit, in seconds, for what takes ``seconds`` at the very most on a machine of its own."""
    return seconds * stretch(_LOAD.now())


async def until(holds: Callable[[], object], *, within_s: float = 10.0) -> None:
    """Wait until ``holds`` says something true.

    Raises:
        TimeoutError: it has not, in ``within_s`` seconds as :func:`patient` counts them.
    """
    end = time.monotonic() + patient(within_s)
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s, nor in what the load adds to them")
        await asyncio.sleep(_LOOK_EVERY_S)
