"""Something the store can propose at a price: one offer with its tags, value, limits and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import ItemKey, OfferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer on one or more products.

    Units: ``discount_cents`` is taken off at the till, in cents of the store's currency;
    ``weekly_cap`` is how often one person may be shown it in seven days, over all surfaces.
    Source: the central stream ``offers``.
    """

    id: OfferId
    headline: str
    items: tuple[ItemKey, ...]
    category: str
    discount_cents: int
    starts_at: datetime
    ends_at: datetime
    campaign: str
    weekly_cap: int = 3
    creative_id: str = "plain"

    def is_live(self, now: datetime) -> bool:
        """Whether the offer may be proposed at ``now``; the end is not included."""
        return self.starts_at <= now < self.ends_at
