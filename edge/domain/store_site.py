"""Where this store is: its time zone, its number among the chain's stores, its language and its currency.

The decider, the learning and the triggers ask it for the local day of an instant; it is set once, at the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from edge.domain.creative import ANY_LANGUAGE
from edge.domain.currency import US_DOLLAR, StoreCurrency

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSite:
    """The store's own place and calendar.

    ``place``: its number in a customer's trips, as `models.items.place_number` makes it; 0 where nobody told one.
    ``currency``: what its prices are in, by ISO 4217.
    """

    zone: tzinfo
    place: int = 0
    locale: str = ANY_LANGUAGE
    currency: StoreCurrency = US_DOLLAR

    def moment(self, at: datetime) -> tuple[int, int]:
        """Local day (since 1970) and hour 0..23 of a business instant."""
        local = at.astimezone(self.zone)
        return local.date().toordinal() - _EPOCH_ORDINAL, local.hour

    def begins(self, day: int) -> datetime:
        """The instant at which local day ``day`` (since 1970) begins."""
        return datetime.fromordinal(day + _EPOCH_ORDINAL).replace(tzinfo=self.zone)
