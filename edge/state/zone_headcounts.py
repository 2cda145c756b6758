"""Who can see the screens of a zone: how many people a counter saw there, and where radio heard whom.

The intake brings the counts, transitions the sightings; the composer asks who is alone before it shows what is
personal.
"""

from __future__ import annotations

from datetime import UTC, datetime

from edge.domain.headcount import Headcount, VisitSighting, alone
from edge.domain.ids import VisitId
from edge.domain.transitions.beacon import SEEN_ON_AIR
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.state.presence import Presence

# So old that it is never fresh: in doubt nobody is alone.
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ZoneHeadcounts:
    """The latest count of every zone, and the latest sighting of every visit; all in real time."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._counted: dict[str, Headcount] = {}
        self._sighted: dict[VisitId, tuple[object, datetime]] = {}

    def apply(self, transition: Transition, now: datetime) -> None:
        """Note where a transition's visits were sighted at the real instant ``now``; forget those that ended."""
        # The signal itself only: what follows from it was heard by no radio.
        sighting = next((f for f in transition.facts[:1] if f.name == SEEN_ON_AIR), None)
        for visit in transition.visits:
            if visit.ended_at is not None:
                self._sighted.pop(visit.id, None)
            elif sighting is not None:
                # Where the radio heard them; a single word of another zone has not moved the visit yet.
                self._sighted[visit.id] = (sighting.properties.get("zone"), now)

    def count(self, zone: str, headcount: Headcount) -> None:
        """So many people stand before the screens of ``zone``."""
        self._counted[zone] = headcount

    def alone_in(self, zone: str | None, now: datetime) -> Visit | None:
        """The one person who can see the zone's screens at the real instant ``now``, if that is certain."""
        if zone is None:
            return None
        there = [
            VisitSighting(visit=visit.id, at=self._seen_in(zone, visit))
            for visit in self._presence.visits
            # Whoever may be there counts as there, so a zone that is not believed yet counts as well.
            if zone in {visit.zone, visit.rumour_zone}
        ]
        return self._presence.visit(alone(there, self._counted.get(zone), now))

    def _seen_in(self, zone: str, visit: Visit) -> datetime:
        where, at = self._sighted.get(visit.id, (None, visit.opened_at))
        # A sign-in at its kiosk puts a visit into a zone, but only the radio says that its person is still there.
        return at if where == zone == visit.zone else _LONG_AGO
