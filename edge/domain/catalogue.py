"""What is sold and proposed here: products, live offers and the rules of the house, under one digest.

The catalogue refresh builds one whenever something changed; a decision names the one that it read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.audience import Condition
from edge.domain.campaign import Campaign
from edge.domain.experiment import ArmDraw
from edge.domain.ids import ItemKey, OfferId, Sku, Token
from edge.domain.live_offers import LiveOffers, standing
from edge.domain.offer import Offer
from edge.domain.placement import Placement
from edge.domain.promotion import ProductPromotion
from edge.domain.trade_unit import TradeUnit
from models.assortment import Assortment, SoldProduct
from models.features.customer_value import CustomerBase
from models.promoted import Promoted, promoted_of

# People whose draws are kept at hand: more than are ever in a shop at once.
_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product. Units: ``price_cents`` in cents of the store's currency, for one ``unit``.

    Products of one ``kind`` serve instead of each other; an empty one says nothing of that.
    Source: the central stream ``products``.
    """

    key: ItemKey
    sku: Sku
    name: str
    category: str
    department: str
    price_cents: int
    kind: str = ""
    unit: TradeUnit = TradeUnit.EACH

    @property
    def reads_as(self) -> str:
        """Its name as a shopper tells it from others: case and spaces make no difference."""
        return " ".join(self.name.casefold().split())


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
    ``privacy_weight_pct`` 0..100: the price of privacy in this market; ``timeliness_pct`` added to the worth of
    what is due now, or on an offer's last day. In seven days one person is shown ``category_cap`` offers of one
    category and ``person_cap`` of any kind. The cap of an offer halves with each ``patience`` showings in a row
    that were not taken up. ``same_name`` products that read the same may stand on one screen, 0 = any number, as
    in decisions that were stored before there was this limit. ``customers``: how customers come and go here. An
    offer whose audience asks for churn risk has up to ``win_back_pct`` more of the boost, by the risk.
    ``arrival_by_chance``: the list at arrival goes by the chance alone; not so in decisions stored before it did.
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
    privacy_weight_pct: int = 0
    timeliness_pct: int = 10
    category_cap: int = 12
    person_cap: int = 60
    patience: int = 3
    same_name: int = 0
    win_back_pct: int = 0
    arrival_by_chance: bool = False
    customers: CustomerBase = field(default_factory=CustomerBase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything configured that a decision reads; two stores with one digest decide alike.

    ``offers`` are sorted by id; ``audiences``: their conditions by text; ``kinds``: items that serve instead of
    each other; ``strategy_tests``: campaigns in which strategies are tested against each other; ``priorities``:
    of campaigns that have another than 100 per cent.
    """

    digest: str
    products: Mapping[ItemKey, Product]
    offers: tuple[Offer, ...]
    sensitive: frozenset[ItemKey] = frozenset()
    tuning: Tuning = field(default_factory=Tuning)
    offers_by_id: Mapping[OfferId, Offer] = field(default_factory=dict[OfferId, Offer])
    campaigns: Mapping[str, Campaign] = field(default_factory=dict[str, Campaign])
    # Compiled from texts that the offers hold, so it makes no two catalogues differ.
    audiences: Mapping[str, Condition] = field(
        default_factory=dict[str, Condition], compare=False
    )
    kinds: Mapping[str, frozenset[ItemKey]] = field(
        default_factory=dict[str, frozenset[ItemKey]]
    )
    strategy_tests: tuple[Campaign, ...] = ()
    priorities: Mapping[str, int] = field(default_factory=dict[str, int])
    promotions: tuple[ProductPromotion, ...] = ()
    # Worked out when first asked for, from what stands above: no part of what a catalogue is.
    _promoted: dict[int, Promoted | None] = field(
        default_factory=dict[int, "Promoted | None"], init=False, compare=False, repr=False
    )
    _assortment: list[Assortment] = field(
        default_factory=list[Assortment], init=False, compare=False, repr=False
    )
    _drawn: dict[Token, dict[str, ArmDraw]] = field(
        default_factory=dict[Token, dict[str, ArmDraw]], init=False, compare=False, repr=False
    )
    _standing: dict[str, LiveOffers] = field(
        default_factory=dict[str, LiveOffers], init=False, compare=False, repr=False
    )

    @property
    def assortment(self) -> Assortment:
        """The products as the models see them; made once.

        A product without a kind is one of its own name: packs that read alike serve instead of each other.
        """
        if not self._assortment:
            rows = [
                SoldProduct(p.key, p.category, p.kind or p.reads_as, p.price_cents)
                for p in self.products.values()
            ]
            self._assortment.append(Assortment(self.digest, rows))
        return self._assortment[0]

    def standing(self, placement: Placement, at: datetime) -> LiveOffers:
        """The offers that may stand at ``placement`` at ``at``: live, of a live campaign, and meant for it.

        Worked out once until one of them begins or ends.
        """
        found = self._standing.get(placement.name)
        if found is None or not found.since <= at < found.until:
            found = standing(self.offers, self.campaigns, placement, at)
            self._standing[placement.name] = found
        return found

    def drawn_for(self, token: Token | None) -> dict[str, ArmDraw]:
        """A place for what was drawn for a person; the same as long as they come by often."""
        if token is None:
            return {}
        known = self._drawn.get(token)
        if known is None:
            if len(self._drawn) >= _REMEMBERED:
                # All of them: a draw comes out the same when it is made again.
                self._drawn.clear()
            known = self._drawn[token] = {}
        return known

    def forget(self, token: Token) -> None:
        """What was drawn for a person is not kept at hand any more: they were erased."""
        self._drawn.pop(token, None)

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
