"""The catalogue in memory follows the database: it is built anew whenever what the centre tells has changed.

Run by the supervisor (`follow`, `learn_creatives`); at the start and after a command it is asked to `restock`.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from edge.campaigns.triggers.stock_news import ShelfState
from edge.domain.budget_spend import BudgetSpend
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.clock import Clock
from edge.domain.ids import ItemKey
from edge.domain.store_site import StoreSite
from edge.state.catalogue import CatalogueParts, CurrentCatalogue, Stock, catalogue_of
from edge.state.creative_odds import odds_of
from edge.storage.catalogue import campaigns, offers, products, promotions, stock
from edge.storage.database import Database
from edge.storage.decisions import exposures, redemptions, snapshots
from edge.storage.decisions.snapshots import Snapshot

# What was over before yesterday is in no decision any more, on whichever side of midnight the clocks are.
_OVER_DAYS = 1
# The centre sends an assortment in pages; the catalogue is built once they have come to rest.
_SETTLE_S = 0.3
# Each look counts a month of showings anew.
_LEARN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRefresh:
    """Builds the catalogue that decisions name, and keeps its bytes so that they can be made again.

    ``sold_out`` is told which products have just run out, so that they leave the screens; ``stock_changed`` what
    was there and at which prices before, and what is now.
    """

    database: Database
    catalogue: CurrentCatalogue
    site: StoreSite
    clock: Clock
    sensitive_categories: frozenset[str]
    tuning: Tuning
    changed: asyncio.Event
    sold_out: Callable[[frozenset[ItemKey]], None]
    stock_changed: Callable[[ShelfState | None, ShelfState, datetime], None]

    async def restock(self) -> None:
        """Read products, offers, promotions and stock anew."""
        at = self.clock.business(self.clock.now())
        today, _ = self.site.moment(at)
        goods = CatalogueParts(
            products=self.database.read(products.every),
            offers=self.database.read(offers.every),
            campaigns=self.database.read(campaigns.every),
            sensitive_categories=self.sensitive_categories,
            promotions=self.database.read(partial(promotions.since, day=today - _OVER_DAYS)),
        )
        catalogue, body = catalogue_of(goods, self.tuning)
        shot = Snapshot(digest=catalogue.digest, kind="catalogue", body=body)
        # On disk before any decision names it: without these bytes no decision could be made again.
        await self.database.write(lambda conn: snapshots.keep(conn, shot, at))
        # Taken behind the write: sales went on while it was waited for.
        before = self._shelf_state()
        self.catalogue.in_force = catalogue
        # Read once: from then on memory goes ahead of the disk, both ways.
        if before is None:
            self.catalogue.spending = BudgetSpend(
                given=self.database.read(redemptions.given),
                cents=self.database.read(redemptions.spent_cents),
            )
        counted = Stock(self.database.read(stock.every), self.database.read(stock.units))
        self.sold_out(self.catalogue.restock(counted))
        after = self._shelf_state()
        if after is not None:
            self.stock_changed(before, after, at)

    def _shelf_state(self) -> ShelfState | None:
        """Prices and pieces as they stand; None before the first catalogue."""
        if self.catalogue.in_force is None:
            return None
        products = self.catalogue.products
        prices = {key: product.price_cents for key, product in products.items()}
        return ShelfState(prices=prices, on_hand=self.catalogue.on_hand)

    async def learn_creatives(self) -> None:
        """Draw creatives by what has worked so far, looked at every minute, for ever; aside from the loop."""
        while True:
            catalogue = self.catalogue.in_force
            if catalogue is not None:
                learn = partial(_odds, catalogue)
                self.catalogue.odds = await self.database.read_aside(learn)
            await asyncio.sleep(_LEARN_S)

    async def follow(self) -> None:
        """Restock after every change, for ever."""
        while True:
            await self.changed.wait()
            await asyncio.sleep(_SETTLE_S)
            # Cleared before the catalogue is built: a change that comes meanwhile makes another round.
            self.changed.clear()
            await self.restock()


def _odds(catalogue: Catalogue, conn: sqlite3.Connection) -> Snapshot | None:
    """A month of showings is counted only where a campaign learns from them."""
    if not any(campaign.bandit for campaign in catalogue.campaigns.values()):
        return None
    return odds_of(catalogue, exposures.creatives(conn))
