"""Stops what runs too long: one thread for all calls, asleep while there are none.

``scorer`` puts every call of a graph under it; a call that was stopped raises there, and the edge answers by
its fallback.

A call costs about a microsecond: it puts itself on a list and takes itself off again. The thread looks at
the list every ``TICK_S``, so a call is stopped at most that much after its deadline.
"""

import threading
import time
from typing import Protocol

# A call is stopped at most this much late; a decision's graph takes a two-hundredth of it.
TICK_S = 0.02
# Two seconds without a call, and the thread sleeps: an idle shop wakes for nothing.
_IDLE_TICKS = 100


class Stoppable(Protocol):
    """What a runtime looks at between two steps of its work."""

    terminate: bool


class DeadlineWatch:
    """Sets ``terminate`` on every call that has run past its deadline."""

    def __init__(self) -> None:
        """Nothing runs until the first call."""
        self._running: dict[int, tuple[float, Stoppable]] = {}
        self._roused = threading.Event()
        self._asleep = True
        self._used = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def begin(self, call: Stoppable, limit_s: float) -> None:
        """Stop ``call`` after ``limit_s``, unless it has ended by then."""
        # No lock: setting a key is one step of the interpreter, and every decision pays for what stands here.
        self._running[id(call)] = (time.monotonic() + limit_s, call)
        self._used = True
        # Asked after the call is on the list: a thread about to sleep looks at the list last.
        if self._asleep:
            self._rouse()

    def end(self, call: Stoppable) -> None:
        """``call`` has ended."""
        del self._running[id(call)]

    def _rouse(self) -> None:
        with self._lock:
            # Under the lock: two first calls at once must not start two threads.
            if self._thread is None:
                # A daemon: it never ends by itself, and must not keep the process alive.
                self._thread = threading.Thread(
                    target=self._look, name="deadline-watch", daemon=True
                )
                self._thread.start()
        self._roused.set()

    def _look(self) -> None:
        idle = _IDLE_TICKS
        while True:
            if idle >= _IDLE_TICKS:
                idle = 0
                self._sleep()
            time.sleep(TICK_S)
            self._stop_late()
            idle = 0 if self._used else idle + 1
            self._used = False

    def _sleep(self) -> None:
        """Wait for the next call; one that came in between is seen, for it is on the list before it looks here."""
        self._roused.clear()
        self._asleep = True
        if not self._running:
            self._roused.wait()
        self._asleep = False

    def _stop_late(self) -> None:
        now = time.monotonic()
        # A copy: other threads begin and end calls meanwhile.
        for until, call in tuple(self._running.values()):
            if now > until:
                call.terminate = True


WATCH = DeadlineWatch()
"""The one of this process."""
