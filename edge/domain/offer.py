"""Something the store can propose at a price: one offer with its tags, value, limits and dates.

Authoring and the stream write it, the catalogue holds it, the steps propose it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain.creative import Creative
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import ItemKey, OfferId

OFFER_TYPES = (
    "discount", "member-price", "bundle", "gift", "sample", "points", "free-trial", "reminder", "content",
)  # fmt: skip
"""What an offer gives; a closed list."""

EVERYBODY = "everybody"
"""The segment of an offer that is for no segment in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer on one or more products.

    The six tags by which a portfolio is sorted: ``segment``, ``offer_type``, ``channels`` (classes of devices),
    ``placements``, ``category``, ``campaign``. Without placements it may stand anywhere; a segment other than
    ``everybody`` must be among the person's own. ``audience``: a further condition in the Common Expression
    Language; empty = none.

    Units: ``discount_cents`` is what it is worth, in the smallest unit of the store's currency: offers are ranked by
    it, and a budget is charged with it where no price says better. ``discount`` is what a till takes off; None in
    catalogues from before there was one.
    ``weekly_cap`` is how often one person may be shown it in seven days, over all surfaces; ``per_person``
    and ``per_store`` how often it may be redeemed, ever (None = as often as you like; a one-time offer has
    ``per_person`` 1).
    Source: the central stream ``offers``, or the store's own portfolio.
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
    segment: str = EVERYBODY
    offer_type: str = "discount"
    channels: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    audience: str = ""
    per_person: int | None = None
    per_store: int | None = None
    creatives: tuple[Creative, ...] = ()
    discount: OfferDiscount | None = None

    @property
    def taken_off(self) -> OfferDiscount:
        """What a till takes off, also where the offer's catalogue does not say it."""
        return self.discount or OfferDiscount(
            kind=OfferDiscountKind.AMOUNT, amount=self.discount_cents
        )

    def cost_cents(self, price_cents: int | None) -> int:
        """What one redemption takes of a budget, where the item's price is ``price_cents``."""
        own = self.taken_off
        if own.kind is OfferDiscountKind.AMOUNT:
            return self.discount_cents
        # Of a whole basket nobody knows the sum yet: the budget is charged with the most that it can be.
        if own.per == "basket" or price_cents is None:
            return self.discount_cents if own.max is None else own.max
        return own.off(price_cents)

    def answers_to(self, code: str) -> bool:
        """Whether ``code``, as a shopper says it, is one that this offer is shown with."""
        told = (m.code for c in self.creatives for m in c.modules.values())
        own = None if self.discount is None else self.discount.code
        return any(known is not None and same_code(known, code) for known in (own, *told))

    def is_live(self, now: datetime) -> bool:
        """Whether the offer may be proposed at ``now``; the end is not included."""
        return self.starts_at <= now < self.ends_at

    def contradicts(self, other: Offer) -> bool:
        """Whether one person must not see both at one instant, on two screens: offers of one category compete."""
        return self.category == other.category and self.id != other.id

    def stands_at(self, placement: str, surface: str) -> bool:
        """Whether it may be shown at ``placement``, which is on devices of the class ``surface``."""
        return (not self.placements or placement in self.placements) and (
            not self.channels or surface in self.channels
        )


def same_code(one: str, other: str) -> bool:
    """Whether two spellings are one code: capitals and spaces around it do not count."""
    return one.strip().casefold() == other.strip().casefold()
