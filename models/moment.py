"""When a decision is made, in the store's own time.

The edge makes it of its business clock, sources of their timestamps; trends and features count by its parts.
"""

from dataclasses import dataclass

DAYPARTS = ("morning", "midday", "afternoon", "evening", "night")

# First hour of each part; the night runs over midnight to 04:59.
_STARTS = ((21, "night"), (17, "evening"), (14, "afternoon"), (11, "midday"), (5, "morning"))

# Day 0 of the epoch was a Thursday (Monday = 0).
_EPOCH_WEEKDAY = 3


def daypart(hour: int) -> str:
    """The part of the day of a local hour 0..23."""
    return next((name for start, name in _STARTS if hour >= start), "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A local day (days since 1970-01-01) and hour (0..23) in the store's time zone."""

    day: int
    hour: int

    @property
    def weekday(self) -> int:
        """Monday = 0 .. Sunday = 6."""
        return (self.day + _EPOCH_WEEKDAY) % 7

    @property
    def daypart(self) -> str:
        """One of ``DAYPARTS``."""
        return daypart(self.hour)

    @property
    def part(self) -> int:
        """Position of the day part in ``DAYPARTS``."""
        return DAYPARTS.index(self.daypart)
