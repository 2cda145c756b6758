"""What is sold and proposed here: products, live offers and the rules of the house, under one digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.promotion import Promotion
from models.promotions import Promoted, promoted_of


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
    on an offer that is expected to leave ten cents, or of which nothing can be foreseen; ``margin_pct`` of
    its price that a product leaves, where nobody told its cost; ``holdout_pct`` of people who get no
    personal offer; ``just_bought_days`` during which a bought product is not proposed again, today
    included; ``explore_pct`` of a screen's places kept for what the person never bought;
    ``due_chance_pct`` from which on what they are due for comes before what they do not buy.
    ``strategies``: placement -> the named strategy that orders it; every other one goes by chance.
    """

    shortlist: int = 320
    offer_boost_pct: int = 10
    margin_pct: int = 25
    holdout_pct: int = 10
    holdout_salt: str = "global-1"
    just_bought_days: int = 1
    explore_pct: int = 20
    due_chance_pct: int = 3
    strategies: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything configured that a decision reads; two stores with one digest decide alike."""

    digest: str
    products: Mapping[ItemKey, Product]
    offers: tuple[Offer, ...]
    sensitive: frozenset[ItemKey] = frozenset()
    tuning: Tuning = field(default_factory=Tuning)
    offers_by_id: Mapping[OfferId, Offer] = field(default_factory=dict[OfferId, Offer])
    promotions: tuple[Promotion, ...] = ()
    _promoted: dict[int, Promoted | None] = field(
        default_factory=dict[int, "Promoted | None"], init=False, compare=False, repr=False
    )

    def promoted_on(self, day: int) -> Promoted | None:
        """What is promoted on a local day; None = the centre told nothing of that day. Asked again, the same object.

        Of an item's promotions on one day the first counts: the one that began last.
        """
        if day not in self._promoted:
            rows = [
                (int(p.key), p.display, p.mailer)
                for p in self.promotions
                if p.from_day <= day <= p.until_day
            ]
            self._promoted[day] = promoted_of(rows) if rows else None
        return self._promoted[day]
