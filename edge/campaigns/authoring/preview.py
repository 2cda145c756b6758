"""An offer as each screen would draw it, before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from devices.messages import Show, ShowItem
from edge.campaigns.authoring.errors import PortfolioInvalid
from edge.decision.steps.creatives import fitting_creatives, said
from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey
from edge.domain.offer import Offer
from edge.domain.placement import SCREENS, Placement

# What a screen says beside an offer where nothing is known of anybody.
_REASON = "On offer today"


def drawn(
    offer: Offer,
    products: Mapping[ItemKey, Product],
    now: datetime,
    *,
    creative: str | None,
    locale: str,
) -> tuple[Show, ...]:
    """One message a placement at which the offer may stand, with its first product that is sold here.

    Args:
        offer: Standing or not.
        products: What is sold here.
        now: The real instant.
        creative: By which one; None = the first that fits the placement's template.
        locale: Of the person who would look.

    Raises:
        PortfolioInvalid: the offer has no such creative, or none of its products is sold here.
    """
    if creative is not None and creative not in {one.id for one in offer.creatives}:
        raise PortfolioInvalid(f"offer {offer.id} has no creative {creative}")
    product = next((products[key] for key in offer.items if key in products), None)
    if product is None:
        raise PortfolioInvalid(f"none of the products of offer {offer.id} is sold here")
    return tuple(
        _show(offer, product, placement, now, (creative or _fitting(offer, placement), locale))
        for placement in SCREENS.values()
        if offer.stands_at(placement.name, placement.surface)
    )


def _fitting(offer: Offer, placement: Placement) -> str | None:
    return next((one.id for one in fitting_creatives(offer, placement.template)), None)


def _show(
    offer: Offer,
    product: Product,
    placement: Placement,
    now: datetime,
    how: tuple[str | None, str],
) -> Show:
    creative, locale = how
    words = said(offer, creative, locale)
    item = ShowItem(
        item_id=product.sku,
        offer_id=offer.id,
        headline=product.name,
        reason=_REASON,
        price_cents=product.price_cents,
        badge=words.badge or words.headline or offer.headline,
        code=words.code,
        text=words.text,
        image=words.image,
        disclaimer=words.disclaimer,
    )
    return Show(
        decision_id="preview",
        placement=placement.name,
        kind="context",
        template=placement.template,
        slots={"title": "Preview"},
        items=(item,),
        expires_at=now + timedelta(seconds=placement.lives_s),
        config="preview",
        creative_id=creative or f"{placement.template}-1",
    )
