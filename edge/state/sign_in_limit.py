"""How many unknown identifiers a device may try, so that guessing is slow.

The signal handlers check before a look-up at a screen, and note every miss.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from edge.domain.errors import SignalRefused
from edge.domain.ids import DeviceId

# Unknown identifiers a device may try: a few a minute for mistyping, and no more in an hour than a person types.
_TRIES = ((timedelta(minutes=1), 5), (timedelta(hours=1), 20))


class SignInLimit:
    """Counts sign-ins with unknown identifiers at each device: guessing is slow, mistyping is not punished."""

    def __init__(self) -> None:
        self._missed: dict[DeviceId, deque[datetime]] = {}

    def check(self, device: DeviceId, now: datetime) -> None:
        """Raise SignalRefused ``too-many-tries`` where a device missed too often lately."""
        missed = self._missed.get(device, deque())
        for window, limit in _TRIES:
            if sum(at > now - window for at in missed) >= limit:
                raise SignalRefused("too-many-tries")

    def note(self, device: DeviceId, now: datetime, *, known: bool) -> None:
        """One more sign-in."""
        if not known:
            # No more than the widest window counts.
            missed = self._missed.setdefault(device, deque(maxlen=_TRIES[-1][1]))
            missed.append(now)
