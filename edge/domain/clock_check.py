"""Whether the clock on the wall can be believed: it must run as evenly as one that nobody can set.

The trigger scheduler asks it each round, and fires nothing while it doubts.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

# A leap of the wall clock beyond this is no drift: somebody or something has set it.
JUMP_S = 120
# A clock that was set is believed again after it has run evenly for so long.
SETTLES_S = 600.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockCheck:
    """Holds the wall clock against a steady one (the machine's own, in seconds since no matter when)."""

    def __init__(self, *, jump_s: int = JUMP_S, settles_s: float = SETTLES_S) -> None:
        """Nothing is known before the first look."""
        self._jump_s = jump_s
        self._settles_s = settles_s
        # (steady, by how much the wall is ahead of it), oldest first; the first may be older than the window.
        self._looks: deque[tuple[float, float]] = deque()
        self.doubt_s = 0

    def observe(self, wall: datetime, steady_s: float) -> int:
        """By how many seconds ``wall`` may be wrong now; 0 = it is believed.

        The two clocks' distance may not have changed by more than a jump within the last minutes; one that
        was set back and then stands still until the old time comes again is doubted all the while.
        """
        self._looks.append((steady_s, (wall - _EPOCH).total_seconds() - steady_s))
        while len(self._looks) > 2 and self._looks[1][0] <= steady_s - self._settles_s:  # noqa: PLR2004 - one before the window, and the present
            self._looks.popleft()
        ahead = [distance for _, distance in self._looks]
        spread_s = max(ahead) - min(ahead)
        self.doubt_s = round(spread_s) if spread_s > self._jump_s else 0
        return self.doubt_s
