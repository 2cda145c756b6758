"""What stands in the store, written down again as bodies: for exports, for versions and for the console.

`pending_change` compares it with what is coming; exports and versions are written from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.campaigns.authoring.campaign_body import CampaignBody
from edge.campaigns.authoring.offer_body import OfferBody
from edge.domain.campaign import Campaign
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import ItemKey, Sku
from edge.domain.offer import Offer
from edge.domain.placement import CHANNELS, SCREENS
from models.items import item_key


def offer_body(offer: Offer, skus: Mapping[ItemKey, Sku]) -> OfferBody | None:
    """The body of ``offer``; ``skus`` names what is sold. None if none of its products can be named any more.

    A product that is not sold here and whose number is only a code of its SKU is left out.
    """
    told = ((key, skus.get(key, Sku(str(key)))) for key in offer.items)
    named = tuple(sku for key, sku in told if item_key(sku) == key)
    if not named:
        return None
    # A body has shorthands that an offer has not, such as `one_time`.
    fields = {f: getattr(offer, f) for f in OfferBody.model_fields if hasattr(offer, f)}
    fields |= {
        "skus": named,
        # Offers of the time before channels and placements were told may stand everywhere.
        "channels": offer.channels or CHANNELS,
        "placements": offer.placements or tuple(SCREENS),
    }
    # What goes without saying is not written down, so that a file that left it out is not another one.
    if offer.discount == OfferDiscount(
        kind=OfferDiscountKind.AMOUNT, amount=offer.discount_cents
    ):
        fields["discount"] = None
    return OfferBody.model_validate(fields, from_attributes=True)


def campaign_body(campaign: Campaign) -> CampaignBody:
    """The body of ``campaign``; its salt is always told, so that a copy draws the same people."""
    return CampaignBody.model_validate(campaign, from_attributes=True)
