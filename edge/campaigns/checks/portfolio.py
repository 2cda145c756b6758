"""All that is on offer in one store, as it would stand after a publication: what the tower looks at.

`authoring.check_change` gathers it, `prepared_portfolio` makes it comparable, the checks read both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from edge.domain.campaign import Campaign
from edge.domain.catalogue import Product, Tuning
from edge.domain.creative import ANY_LANGUAGE
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Campaigns and offers with what they lean on.

    ``assets``: SHA-256 of the pictures that are there. ``given``: how often each offer was redeemed in this
    store; ``spent_cents``: campaign -> discounts it gave away. ``needs``: campaign -> showings a week that
    its challenge asks of one person. ``zone``: the store's own, in which windows are told. ``language``: what
    every creative must be written in, because everybody else's falls back to it.
    ``coming``: ids of the campaigns and offers that are being published; what concerns none of them is not
    told, so that an offer which came to its end stops nobody. None = everything is.
    """

    products: Mapping[ItemKey, Product]
    offers: tuple[Offer, ...]
    campaigns: Mapping[str, Campaign]
    tuning: Tuning = field(default_factory=Tuning)
    sensitive: frozenset[ItemKey] = frozenset()
    assets: frozenset[str] = frozenset()
    given: Mapping[OfferId, int] = field(default_factory=dict[OfferId, int])
    spent_cents: Mapping[str, int] = field(default_factory=dict[str, int])
    out_of_stock: frozenset[ItemKey] = frozenset()
    needs: Mapping[str, int] = field(default_factory=dict[str, int])
    zone: tzinfo = UTC
    language: str = ANY_LANGUAGE
    coming: frozenset[str] | None = None
