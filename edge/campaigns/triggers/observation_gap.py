"""Since when the store has been watched without a gap: whoever says that somebody did not come must have been there.

The scheduler tells it each round that the store was watched, and asks it before the morning's scan.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# A service that is back within this time has missed nobody.
_PAUSE = timedelta(minutes=15)
# It is written down this often.
_EVERY = timedelta(minutes=1)
NOTE = "triggers-watched"


class ObservationGap:
    """Counts from the first even minute on; a gap or a jump of the clock begins it anew. Business time throughout."""

    def __init__(self, note: str | None = None) -> None:
        """``note``: what the service wrote down before it ended."""
        since, _, last = (note or "").partition(" ")
        # A note that was cut short is none: to have seen nothing is the safe answer.
        self._since = datetime.fromisoformat(since) if last else None
        self._last = datetime.fromisoformat(last) if last else None
        self._noted: datetime | None = None

    def watch(self, at: datetime) -> str | None:
        """The store is watched at ``at``; what to write down, now and then."""
        gap = None if self._last is None else at - self._last
        if gap is None or not timedelta(0) <= gap <= _PAUSE:
            self._since = at
        self._last = at
        if self._noted is not None and timedelta(0) <= at - self._noted < _EVERY:
            return None
        self._noted = at
        return f"{(self._since or at).isoformat()} {at.isoformat()}"

    def end(self) -> None:
        """The clock is not to be believed: what was seen by it counts no more."""
        self._since = self._last = self._noted = None

    def holds_since(self, at: datetime) -> bool:
        """Whether nothing was missed from ``at`` on."""
        return self._since is not None and self._since <= at
