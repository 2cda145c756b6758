"""Who can see a public screen: one person for sure, or others too – and whoever may be there counts as there.

Presence asks it before anything personal is shown in public; the intake feeds what cameras counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.domain.ids import VisitId

# A word about who stands where is believed for so long: a person walks past a screen in less.
FRESH = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headcount:
    """So many ``people`` were counted before the screens of a zone at the real instant ``at``; nobody is named."""

    people: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSighting:
    """A recognised visit in the zone, last sighted there at the real instant ``at``."""

    visit: VisitId
    at: datetime


def alone(
    sighted: Iterable[VisitSighting], counted: Headcount | None, now: datetime
) -> VisitId | None:
    """The one visit of which it is certain that nobody else can see the zone's screens; None in any doubt.

    It takes a fresh count of exactly one person, and exactly one recognised visit in the zone, sighted just
    now. A zone without a counter is never certain: radio does not notice who carries no phone. An old
    sighting is a doubt too: its person may have left and a stranger may be the one that was counted.
    """
    if counted is None or not _is_fresh(counted.at, now) or counted.people != 1:
        return None
    there = list(sighted)
    if len(there) != 1 or not _is_fresh(there[0].at, now):
        return None
    return there[0].visit


def _is_fresh(at: datetime, now: datetime) -> bool:
    # A word from the future is a doubt as well: some clock was set.
    return timedelta(0) <= now - at <= FRESH
