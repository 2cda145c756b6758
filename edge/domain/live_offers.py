"""Which offers may stand at a placement now, found once and good until the next of them begins or ends.

The catalogue keeps them by instant; the context step asks for those of a placement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from edge.domain.campaign import Campaign
from edge.domain.ids import ItemKey
from edge.domain.offer import Offer
from edge.domain.placement import Placement

_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOffers:
    """Offers in the order of their ids, and by item with the largest discount first, as are the items.

    True from ``since`` (included) until ``until`` (not included).
    """

    offers: tuple[Offer, ...]
    by_item: Mapping[ItemKey, tuple[Offer, ...]]
    since: datetime
    until: datetime

    def only(self, test: Callable[[Offer], bool]) -> LiveOffers:
        """The same of those offers for which ``test`` is true."""
        kept = tuple(offer for offer in self.offers if test(offer))
        return replace(self, offers=kept, by_item=_by_item(kept))


NOTHING_STANDS = LiveOffers(offers=(), by_item={}, since=_EVER[0], until=_EVER[1])
"""No offer may be proposed, for as long as you like."""


def standing(
    offers: Iterable[Offer],
    campaigns: Mapping[str, Campaign],
    placement: Placement,
    at: datetime,
) -> LiveOffers:
    """The offers meant for ``placement`` that are live at ``at``, as is their campaign where it is known."""
    since, until = _EVER
    found = list[Offer]()
    for offer in offers:
        if not offer.stands_at(placement.name, placement.surface):
            continue
        campaign = campaigns.get(offer.campaign)
        spans = (offer,) if campaign is None else (offer, campaign)
        # Of offers that are not live, too: the next to begin ends what was worked out.
        for instant in (one for span in spans for one in (span.starts_at, span.ends_at)):
            since, until = (instant, until) if since < instant <= at else (since, until)
            until = instant if at < instant < until else until
        if all(span.is_live(at) for span in spans):
            found.append(offer)
    return LiveOffers(offers=tuple(found), by_item=_by_item(found), since=since, until=until)


def largest_first(offer: Offer) -> tuple[int, str]:
    """Sorts an item's offers: the largest discount first, of equals the smaller id."""
    return -offer.discount_cents, offer.id


def _by_item(offers: Iterable[Offer]) -> Mapping[ItemKey, tuple[Offer, ...]]:
    by_item = dict[ItemKey, list[Offer]]()
    for offer in sorted(offers, key=largest_first):
        for item in offer.items:
            by_item.setdefault(item, []).append(offer)
    # Ties go to the smaller key, so that every machine orders alike.
    best = sorted(by_item, key=lambda item: (-by_item[item][0].discount_cents, item))
    return {item: tuple(by_item[item]) for item in best}
