"""One person's or one stranger's stay in the store, from the first signal to the last.

Transitions change it, presence holds the open ones, storage every one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod


class EndReason(StrEnum):
    """Why a visit ended; a closed list, also a metric label."""

    PAID = "paid"
    RETURNED = "returned"
    SIGNED_OUT = "signed-out"
    IDLE = "idle"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay. Without ``token`` it is nobody's: a basket and a zone, nothing more.

    Units: instants are store time in UTC. ``rumour_zone`` was sighted once and is not yet believed.
    """

    id: VisitId
    opened_at: datetime
    seen_at: datetime
    token: Token | None = None
    method: RecognitionMethod = RecognitionMethod.ANONYMOUS_CONTEXT
    zone: str | None = None
    zone_since: datetime | None = None
    rumour_zone: str | None = None
    basket: BasketId | None = None
    kiosk: DeviceId | None = None
    ended_at: datetime | None = None
    ended: EndReason | None = None

    def seen(self, now: datetime) -> Visit:
        """Still here at ``now``; time never runs backwards."""
        return replace(self, seen_at=max(self.seen_at, now))

    def sighted(self, zone: str | None, now: datetime) -> Visit:
        """After a sighting in ``zone``: moved by the second in a row, so that a stray reading moves nobody."""
        here = self.seen(now)
        if zone is None or zone == self.zone:
            return replace(here, rumour_zone=None)
        # Where nothing was known the first word is better than none.
        if self.zone is None:
            return here.moved(zone, now)
        if zone != self.rumour_zone:
            return replace(here, rumour_zone=zone)
        return here.moved(zone, now)

    def moved(self, zone: str, now: datetime) -> Visit:
        """Surely in ``zone`` from ``now``: signed in at its kiosk, or believed after sightings."""
        return replace(self, zone=zone, zone_since=now, rumour_zone=None)

    def dwell_s(self, now: datetime) -> float:
        """Seconds in the present zone."""
        return (
            0.0
            if self.zone_since is None
            else max(0.0, (now - self.zone_since).total_seconds())
        )

    def known_as(self, token: Token, method: RecognitionMethod) -> Visit:
        """Anonymous until now, this person from here on; basket and zone are kept."""
        return replace(self, token=token, method=method)

    def absorbing(self, other: Visit) -> Visit:
        """One visit of two that turned out to be the same person's; nothing of the basket is lost."""
        return replace(
            self,
            opened_at=min(self.opened_at, other.opened_at),
            seen_at=max(self.seen_at, other.seen_at),
            zone=self.zone or other.zone,
            zone_since=self.zone_since or other.zone_since,
            # The other's first: an anonymous basket survives that its person is recognised.
            basket=other.basket or self.basket,
            kiosk=self.kiosk or other.kiosk,
        )

    def closing(self, reason: EndReason, now: datetime) -> Visit:
        """Over, for ``reason``."""
        # A signal that was kept for long may be older than the visit that it ends.
        return replace(self, ended_at=max(now, self.opened_at), ended=reason)
