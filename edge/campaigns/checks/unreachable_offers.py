"""Offers that can never win: no screen, nobody, nothing that may be shown, or a price that is no price.

`check` calls it with the prepared portfolio.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.checks.audiences import can_be
from edge.campaigns.checks.findings import Fault, Finding, error, warning
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio, screens_of
from edge.domain.errors import ExpressionInvalid
from edge.domain.offer import Offer
from edge.domain.placement import CHANNELS, PLACEMENTS

# What these give may be the whole product.
_FREE_TYPES = frozenset({"gift", "sample", "free-trial"})


def starved(study: PreparedPortfolio) -> Iterator[Finding]:
    """Each offer by itself; by whom it is outdone see ``offer_conflicts.py``."""
    for offer in study.lasting:
        yield from _places(offer)
        yield from _people(study, offer)
        yield from _products(study, offer)
        yield from _prices(study, offer)


def _places(offer: Offer) -> Iterator[Finding]:
    # What names nothing is told by `names`.
    names_unknown = set(offer.placements) - PLACEMENTS.keys() or set(offer.channels) - set(
        CHANNELS
    )
    if not names_unknown and not any(screens_of(offer)):
        yield error(
            Fault.NOWHERE,
            offer.id,
            says=f"offer {offer.id}: none of its placements is on a screen of its channels",
            mend="name a placement and the class of device that has it, such as kiosk-home and kiosk",
        )


def _people(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    condition = study.conditions.get(offer.audience)
    if isinstance(condition, ExpressionInvalid):
        yield error(
            Fault.BROKEN_EXPRESSION,
            offer.id,
            says=f"offer {offer.id}: its audience cannot be used: {condition}",
            mend="write a condition over the facts that there are, or none",
        )
    reach = study.reaches.get(offer.id)
    if reach is not None and not can_be(reach):
        yield error(
            Fault.AUDIENCE_NEVER,
            offer.id,
            says=f"offer {offer.id}: its audience is true of nobody, at any of its places and hours",
            mend="loosen the condition; the segment, the placements and the hours hold as well",
        )


def _products(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    known = study.portfolio.products.keys() & set(offer.items)
    private = known & study.portfolio.sensitive
    if private and any(place.can_be_overlooked for place in screens_of(offer)):
        yield error(
            Fault.SENSITIVE_IN_PUBLIC,
            offer.id,
            says=f"offer {offer.id}: {len(private)} of its products are sensitive and get no place on any screen",
            mend="take products of sensitive categories out of the offer",
        )
    elif known and known <= study.portfolio.out_of_stock:
        yield warning(
            Fault.SOLD_OUT,
            offer.id,
            says=f"offer {offer.id}: nothing is left of any of its products",
            mend="order them, or add one that is there",
        )


def _prices(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    products = study.portfolio.products
    # All other types leave a cent of the price: True counts as one.
    least = offer.discount_cents + (offer.offer_type not in _FREE_TYPES)
    sold = (products[key] for key in set(offer.items) & products.keys())
    free = sorted(p.sku for p in sold if offer.discount_cents and p.price_cents < least)
    if free or offer.discount_cents < 0:
        which = f"the whole price of {free[0]}, or more" if free else "no discount"
        yield error(
            Fault.FREE_PRODUCT,
            offer.id,
            says=f"offer {offer.id}: discount_cents of {offer.discount_cents} is {which}",
            mend="take less off, or leave the cheaper products out",
        )
