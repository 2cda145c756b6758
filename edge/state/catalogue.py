"""What is sold here and at which terms, kept in memory under one digest until the centre changes it.

`CatalogueRefresh` builds it from the database, decisions read it, replay and what-if build it again from its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pydantic import TypeAdapter

from edge.decision.conditions import Expression
from edge.domain.budget_spend import BudgetSpend
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.ids import ItemKey, OfferId, Sku, Token, digest_of
from edge.domain.offer import Offer
from edge.domain.product_code import CodeRules
from edge.domain.promotion import ProductPromotion
from edge.domain.trade_unit import TradeUnit, taken
from edge.domain.value import WHOLE
from edge.state.product_codes import ProductCodes
from edge.storage.decisions.snapshots import Snapshot

_PRODUCTS = TypeAdapter(tuple[Product, ...])
_OFFERS = TypeAdapter(tuple[Offer, ...])
_CAMPAIGNS = TypeAdapter(tuple[Campaign, ...])
_TUNING = TypeAdapter(Tuning)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueParts:
    """What a catalogue is made of. ``sensitive_categories`` get no place on a screen that can be overlooked."""

    products: Iterable[Product]
    offers: Iterable[Offer] = ()
    campaigns: Iterable[Campaign] = ()
    sensitive_categories: frozenset[str] = frozenset()
    promotions: Iterable[ProductPromotion] = ()


def catalogue_of(goods: CatalogueParts, tuning: Tuning) -> tuple[Catalogue, bytes]:
    """The catalogue of these goods and rules, and the bytes that its digest names.

    Sensitive categories are compared with department and category, without case.
    Raises ``ExpressionInvalid`` where the audience of an offer is none.
    """
    goods = replace(
        goods,
        # Sorted: in which order the centre told of them must not change the digest.
        products=tuple(sorted(goods.products, key=lambda p: p.key)),
        offers=tuple(sorted(goods.offers, key=lambda o: o.id)),
        campaigns=tuple(sorted(goods.campaigns, key=lambda c: c.id)),
        # As they come: of an item's promotions on one day the first counts, the one that began last.
        promotions=tuple(goods.promotions),
    )
    # Compact and with sorted keys: the digest names these bytes, so equal goods must make equal ones.
    body = json.dumps(
        {
            "products": _PRODUCTS.dump_python(tuple(goods.products), mode="json"),
            "offers": _OFFERS.dump_python(tuple(goods.offers), mode="json"),
            "campaigns": _CAMPAIGNS.dump_python(tuple(goods.campaigns), mode="json"),
            "sensitive": sorted(goods.sensitive_categories),
            "tuning": _TUNING.dump_python(tuning, mode="json"),
            "promotions": goods.promotions,
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    return _built(goods, tuning, digest_of(body)), body


def catalogue_from(body: bytes) -> Catalogue:
    """The catalogue that ``catalogue_of`` wrote, for a replay."""
    goods, tuning = goods_from(body)
    return _built(goods, tuning, digest_of(body))


def goods_from(body: bytes) -> tuple[CatalogueParts, Tuning]:
    """What a stored catalogue was made of, so that another can be made that differs in one thing."""
    read = json.loads(body)
    goods = CatalogueParts(
        products=_PRODUCTS.validate_python(read["products"]),
        offers=_OFFERS.validate_json(json.dumps(read["offers"])),
        campaigns=_CAMPAIGNS.validate_json(json.dumps(read["campaigns"])),
        sensitive_categories=frozenset(read["sensitive"]),
        promotions=tuple(ProductPromotion(*row) for row in read["promotions"]),
    )
    return goods, _TUNING.validate_python(read["tuning"])


def _built(goods: CatalogueParts, tuning: Tuning, digest: str) -> Catalogue:
    names = {name.casefold() for name in goods.sensitive_categories}
    products, offers = tuple(goods.products), tuple(goods.offers)
    kinds = dict[str, set[ItemKey]]()
    for product in products:
        if product.kind:
            kinds.setdefault(product.kind, set()).add(product.key)
    found = Catalogue(
        digest=digest,
        products={p.key: p for p in products},
        offers=offers,
        sensitive=frozenset(
            p.key for p in products if {p.category.casefold(), p.department.casefold()} & names
        ),
        tuning=tuning,
        offers_by_id={o.id: o for o in offers},
        campaigns={c.id: c for c in goods.campaigns},
        strategy_tests=tuple(
            c for c in goods.campaigns if any(v.strategies for v in c.variants)
        ),
        priorities={c.id: c.priority_pct for c in goods.campaigns if c.priority_pct != WHOLE},
        # By text: an audience that offers share is compiled once.
        audiences={o.audience: Expression(o.audience) for o in offers if o.audience},
        kinds={kind: frozenset(keys) for kind, keys in kinds.items()},
        promotions=tuple(goods.promotions),
    )
    # Asked for here, so that no decision waits for it.
    _ = found.assortment
    return found


class Ages:
    """When each input was last heard of, in business time; from it the freshness rung of a decision."""

    def __init__(self) -> None:
        self._heard: dict[str, datetime] = {}

    def heard(self, name: str, at: datetime) -> None:
        """``name`` was brought up to date at ``at``."""
        # A late word of an earlier moment makes nothing older.
        self._heard[name] = max(at, self._heard.get(name, at))

    def in_seconds(self, now: datetime) -> dict[str, int]:
        """Whole seconds since each input was heard of, by name; never negative."""
        return {
            name: max(0, int((now - at).total_seconds()))
            for name, at in sorted(self._heard.items())
        }


class Stock:
    """What is on hand by product, in pieces or by weight; a product never heard of is taken to be there."""

    def __init__(
        self,
        on_hand: Mapping[ItemKey, Decimal | int],
        units: Mapping[ItemKey, TradeUnit] | None = None,
    ) -> None:
        """``units`` of the products that are not counted in pieces."""
        self._on_hand = dict(on_hand)
        self._units = dict(units or {})

    @property
    def out(self) -> tuple[ItemKey, ...]:
        """Products with nothing left, ascending."""
        return tuple(sorted(key for key, left in self._on_hand.items() if left <= 0))

    @property
    def on_hand(self) -> Mapping[ItemKey, Decimal | int]:
        """Every product that somebody counts, in its own unit."""
        return {key: max(Decimal(0), left) for key, left in self._on_hand.items()}

    def take(
        self, key: ItemKey, quantity: Decimal | int, unit: TradeUnit = TradeUnit.EACH
    ) -> None:
        """Sold: less by ``quantity`` of ``unit``; more again where it is negative.

        More sold than was counted reads as none, and is kept so that what comes back is exact.
        """
        # What nobody counts stays so, and is taken to be there.
        if key in self._on_hand:
            less = taken(Decimal(quantity), unit, self._units.get(key, TradeUnit.EACH))
            self._on_hand[key] -= less


class CurrentCatalogue:
    """What is sold here at this moment: the catalogue in force, what is left of stock and budgets, creatives' odds.

    Decisions read it, `CatalogueRefresh` replaces it, sales and redemptions take from it. ``in_force`` is None
    until the first refresh; ``odds`` are None while no campaign learns between creatives. ``codes`` reads product
    codes against it.
    """

    def __init__(
        self, in_force: Catalogue | None = None, rules: CodeRules | None = None
    ) -> None:
        """``rules``: how the store's own product codes are read; none: as GS1 rules everywhere."""
        self.in_force = in_force
        self.codes = ProductCodes(self.sku_of, rules or CodeRules())
        self.spending = BudgetSpend()
        self.odds: Snapshot | None = None
        # Kept ready: every decision reads it, and only sales and the centre change it.
        self.out_of_stock: tuple[ItemKey, ...] = ()
        self._stock = Stock({})

    @property
    def digest(self) -> str:
        """Names the catalogue in force; empty before the first."""
        return "" if self.in_force is None else self.in_force.digest

    @property
    def products(self) -> Mapping[ItemKey, Product]:
        """All that is sold here."""
        return {} if self.in_force is None else self.in_force.products

    def sku_of(self, key: ItemKey) -> Sku | None:
        """How a product is spelled here; None where it is not sold."""
        product = None if self.in_force is None else self.in_force.products.get(key)
        return None if product is None else product.sku

    @property
    def offers(self) -> Mapping[OfferId, Offer]:
        """Every offer that the catalogue knows, by id."""
        return {} if self.in_force is None else self.in_force.offers_by_id

    @property
    def sensitive(self) -> frozenset[ItemKey]:
        """Products that stand on no screen that others can see."""
        return frozenset() if self.in_force is None else self.in_force.sensitive

    @property
    def on_hand(self) -> Mapping[ItemKey, Decimal | int]:
        """Every product that somebody counts, in its own unit."""
        return self._stock.on_hand

    def contradict(self, one: OfferId, other: OfferId) -> bool:
        """Whether two offers before one person contradict each other: other terms for the same category."""
        known = self.offers
        return one in known and other in known and known[one].contradicts(known[other])

    def restock(self, stock: Stock) -> frozenset[ItemKey]:
        """Go by ``stock`` from now on; returns what has just run out."""
        self._stock = stock
        return self._count_out()

    def sell(
        self, sold: Iterable[tuple[ItemKey, Decimal | int, TradeUnit]]
    ) -> frozenset[ItemKey]:
        """Take what was sold off the stock, a line each; returns what went with its last piece."""
        for key, quantity, unit in sold:
            self._stock.take(key, quantity, unit)
        return self._count_out()

    def forget(self, token: Token) -> None:
        """Somebody was erased: what the catalogue remembers of their draws goes."""
        if self.in_force is not None:
            self.in_force.forget(token)

    def _count_out(self) -> frozenset[ItemKey]:
        before = frozenset(self.out_of_stock)
        self.out_of_stock = self._stock.out
        return frozenset(self.out_of_stock) - before
