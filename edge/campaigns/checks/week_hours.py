"""Hours of a week as the bits of a number: bit 0 is Monday from midnight to one, bit 167 the last of Sunday.

Dates, conflicts and conditions compare hours with it: two weeks meet where their numbers share a bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from edge.domain.campaign import Campaign

_DAY, WEEK = 24, 168
ALWAYS = (1 << WEEK) - 1


def spoken(campaign: Campaign | None) -> int:
    """The hours in which a campaign may speak; no campaign is never silent."""
    if campaign is None or not campaign.windows:
        return ALWAYS
    return sum(1 << n for n in range(WEEK) if campaign.speaks(n // _DAY + 1, n % _DAY))


def between(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> int:
    """The hours of the week that come by from ``starts_at`` until ``ends_at``, on the clock of ``zone``."""
    if ends_at - starts_at >= timedelta(hours=WEEK):
        return ALWAYS
    found, instant = 0, starts_at
    while instant < ends_at:
        local = instant.astimezone(zone)
        found |= 1 << (local.weekday() * _DAY + local.hour)
        # To the next full hour of the wall clock, which in some zones is no full hour of UTC.
        instant += timedelta(minutes=60 - local.minute, seconds=-local.second)
    return found


def each(hours: int) -> Iterator[tuple[int, int]]:
    """Weekday (1 = Monday) and hour of every bit."""
    return ((n // _DAY + 1, n % _DAY) for n in range(WEEK) if hours >> n & 1)
