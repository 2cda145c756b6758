"""What time it is: law and screens live in real time, a demo's business day is recorded. Nothing else asks.

The bootstrap makes one clock and every part that asks for the time is given it.
"""

from __future__ import annotations

from datetime import UTC, datetime
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
