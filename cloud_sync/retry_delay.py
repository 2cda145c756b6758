"""How long to wait before trying the centre again.

Line, uplink and downlink ask it after a failure; the centre's own ``Retry-After`` goes first.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import stamina

from cloud_sync.errors import CentralAway

# A receiver may ask for an hour of silence; what asks for more is broken or hostile.
RETRY_AFTER_LIMIT_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDelay:
    """Waits of full jitter: anything from 0 to a ceiling that doubles from ``first_s``.

    ``longest_s`` bounds the ceiling, so that stores come back soon after the centre does,
    and not all at once.
    """

    first_s: float = 0.5
    longest_s: float = 30.0


def attempts(patience: RetryDelay) -> AsyncIterator[stamina.Attempt]:
    """Yield attempts without end while the centre is away; other errors pass through."""
    return stamina.retry_context(on=_Wait(patience), attempts=None, timeout=None).__aiter__()


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header as seconds from now, 0 to 3600; None if it says nothing."""
    if value is None:
        return None
    text = value.strip()
    # isdigit alone also takes superscripts, at which float fails.
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_LIMIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    # A date without a zone is UTC, as all dates of HTTP are.
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), RETRY_AFTER_LIMIT_S)


@dataclass(slots=True)
class _Wait:
    """Stamina's back-off hook: the centre's own wish, or full jitter."""

    patience: RetryDelay
    tries: int = field(default=0)

    def __call__(self, error: Exception) -> bool | float:
        """Say how many seconds to wait after ``error``; False: do not try again."""
        if not isinstance(error, CentralAway):
            return False
        # The power is capped: after a thousand tries it would be larger than any float.
        ceiling = min(
            self.patience.longest_s, self.patience.first_s * 2.0 ** min(self.tries, 32)
        )
        self.tries += 1
        # Spreading stores out is no secret: the ordinary generator does.
        jitter = random.uniform(0.0, ceiling)  # noqa: S311
        # Never its wish alone: all stores were told the same, and would come back in one second.
        return jitter if error.retry_after_s is None else error.retry_after_s + jitter
