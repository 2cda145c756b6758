"""What a campaign is written from and held against before anything is kept: the products, and the checks' word.

The routes of the campaign form call it; nothing that it does changes the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from edge.api.services.portfolio import rules_of
from edge.api.views.portfolio import (
    Judgement,
    ProductView,
    finding_view,
)
from edge.campaigns.authoring.check_change import judged
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.pending_change import PendingChange
from edge.campaigns.checks.findings import Finding
from edge.domain.catalogue import Product
from edge.pipeline.runtime import Runtime
from edge.storage.catalogue import offers, products

# As many as one can look through; one more word finds fewer.
_MOST_FOUND = 30


class CampaignDrafting:
    """Finds products and tries a portfolio against all that stands."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._read = runtime.database.read_aside

    async def products(self, words: str, skus: Sequence[str]) -> Sequence[ProductView]:
        """The products of these numbers, and some with all these words in name, category or number."""
        wanted, asked = words.casefold().split(), frozenset(skus)
        sold = await self._read(products.every)
        named = [one for one in sold if one.sku in asked]
        found = [one for one in sold if wanted and _has(one, wanted)]
        # Names that begin with the first word come first: that is how one types.
        found.sort(key=lambda one: (not one.name.casefold().startswith(wanted[0]), one.name))
        return [_product_view(one) for one in (*named, *found[:_MOST_FOUND])]

    async def check(self, told: PortfolioBody) -> Judgement:
        """What the checks would say if this were published in place of what stands of its campaigns."""
        clock = self._runtime.clock
        at, kept = clock.business(clock.now()), {one.id for one in told.offers}
        rules = rules_of(self._runtime)

        def look(conn: sqlite3.Connection) -> tuple[Finding, ...]:
            # An offer that the body leaves out would go, so it must not collide with what takes its place.
            stand = (one.id for c in told.campaigns for one in offers.of_campaign(conn, c.id))
            gone = frozenset(id_ for id_ in stand if id_ not in kept)
            return judged(conn, rules, PendingChange(coming=told, gone=gone), at)

        found = await self._read(look)
        return Judgement(published=False, findings=tuple(map(finding_view, found)))


def _has(product: Product, wanted: Sequence[str]) -> bool:
    words = f"{product.name} {product.category} {product.sku}".casefold()
    return all(word in words for word in wanted)


def _product_view(product: Product) -> ProductView:
    return ProductView(
        sku=product.sku,
        name=product.name,
        category=product.category,
        department=product.department,
        price_cents=product.price_cents,
    )
