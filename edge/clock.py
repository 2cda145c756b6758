"""What time it is: law and screens live in real time, a demo's business day is recorded. Nothing else asks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Real time, and the business time that belongs to it; in a shop the two are one."""

    def now(self) -> datetime:
        """Real time, aware, UTC; never earlier than an answer given before."""
        ...

    def business(self, at: datetime) -> datetime:
        """The business time of the real instant ``at``: what dayparts, habits and offers go by."""
        ...


class SystemClock:
    """A shop's clock: business time is real time, and neither runs backwards while this process lives."""

    def __init__(self) -> None:
        self._latest = datetime.now(UTC)

    def now(self) -> datetime:
        """Real time, or the latest answer where the system's clock was set back."""
        self._latest = max(self._latest, datetime.now(UTC))
        return self._latest

    def business(self, at: datetime) -> datetime:
        """``at`` itself."""
        return at


class ReplayClock(SystemClock):
    """A demo's clock: business time is a recorded day's, told from outside, running on at ``speed``.

    Units: ``speed`` is business seconds a real second.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        super().__init__()
        self._at = start
        self._speed = speed
        self._told = time.monotonic()

    def business(self, at: datetime) -> datetime:  # noqa: ARG002 - a replayed day has no other instant than this one
        """The recorded day's present instant."""
        passed = (time.monotonic() - self._told) * self._speed
        return self._at + timedelta(seconds=passed)

    @property
    def speed(self) -> float:
        """The pace told last."""
        return self._speed

    def tell(self, at: datetime, speed: float) -> None:
        """Set business time and pace; a telling from the past changes the pace only."""
        self._at = max(at, self.business(at))
        self._told, self._speed = time.monotonic(), speed
