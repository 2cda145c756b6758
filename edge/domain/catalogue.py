"""What is sold and proposed here: products, live offers and the rules of the house, under one digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. Units: ``price_cents`` in cents of the store's currency.

    Source: the central stream ``products``.
    """

    key: ItemKey
    sku: Sku
    name: str
    category: str
    department: str
    price_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """Numbers of the decision that a marketer may turn; part of the configuration digest.

    Units: ``shortlist`` candidates scored at most; ``offer_boost_pct`` added to the worth of an item
    on offer; ``holdout_pct`` of people who get no personal offer; ``just_bought_days`` during which a
    bought product is not proposed again, today included.
    """

    shortlist: int = 320
    offer_boost_pct: int = 10
    holdout_pct: int = 10
    holdout_salt: str = "global-1"
    just_bought_days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything configured that a decision reads; two stores with one digest decide alike."""

    digest: str
    products: Mapping[ItemKey, Product]
    offers: tuple[Offer, ...]
    sensitive: frozenset[ItemKey] = frozenset()
    tuning: Tuning = field(default_factory=Tuning)
    offers_by_id: Mapping[OfferId, Offer] = field(default_factory=dict[OfferId, Offer])
