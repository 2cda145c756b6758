"""The assortment in memory follows the database: a new catalogue whenever what the centre tells has changed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from edge.campaigns.triggers.stock_news import ShelfState as News
from edge.domain.budget_spend import BudgetSpend
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.clock import Clock
from edge.domain.ids import ItemKey
from edge.pipeline.online_learning import OnlineLearning
from edge.state.catalogue import CatalogueParts, Stock, catalogue_of
from edge.state.creative_odds import odds_of
from edge.state.decider import Decider
from edge.storage.catalogue import campaigns, offers, products, promotions, stock
from edge.storage.database import Database
from edge.storage.decisions import exposures, redemptions, snapshots
from edge.storage.decisions.snapshots import Snapshot

# What was over before yesterday is in no decision any more, on whichever side of midnight the clocks are.
_OVER_DAYS = 1
# The centre sends an assortment in pages; the catalogue is built once they have come to rest.
_SETTLE_S = 0.3
_LEARN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRefresh:
    """Builds the catalogue that decisions name, and keeps its bytes so that they can be made again.

    ``sold_out`` is told which products have just run out, so that they leave the screens; ``stock_changed`` what
    was there and at which prices before, and what is now.
    """

    database: Database
    decider: Decider
    learning: OnlineLearning
    clock: Clock
    sensitive_categories: frozenset[str]
    tuning: Tuning
    changed: asyncio.Event
    sold_out: Callable[[frozenset[ItemKey]], None]
    stock_changed: Callable[[News | None, News, datetime], None]

    async def restock(self) -> None:
        """Read products, offers, promotions and stock anew."""
        at = self.clock.business(self.clock.now())
        today, _ = self.decider.moment(at)
        goods = CatalogueParts(
            products=self.database.read(products.every),
            offers=self.database.read(offers.every),
            campaigns=self.database.read(campaigns.every),
            sensitive_categories=self.sensitive_categories,
            promotions=self.database.read(partial(promotions.since, day=today - _OVER_DAYS)),
        )
        catalogue, body = catalogue_of(goods, self.tuning)
        shot = Snapshot(digest=catalogue.digest, kind="catalogue", body=body)
        await self.database.write(lambda conn: snapshots.keep(conn, shot, at))
        before = self._news()
        self.decider.catalogue = catalogue
        self.decider.spending = BudgetSpend(
            given=self.decider.spending.given | self.database.read(redemptions.given),
            cents=self.decider.spending.cents | self.database.read(redemptions.spent_cents),
        )
        out = frozenset(self.decider.out_of_stock)
        self.learning.stock = Stock(self.database.read(stock.every))
        self.decider.out_of_stock = self.learning.stock.out
        self.sold_out(frozenset(self.learning.stock.out) - out)
        after = self._news()
        if after is not None:
            self.stock_changed(before, after, at)

    def _news(self) -> News | None:
        """The shelves as they stand; None before the first catalogue."""
        catalogue = self.decider.catalogue
        if catalogue is None:
            return None
        prices = {key: product.price_cents for key, product in catalogue.products.items()}
        return News(prices=prices, on_hand=self.learning.stock.on_hand)

    async def learn_creatives(self) -> None:
        """Draw creatives by what has worked so far, looked at every minute, for ever; aside from the loop."""
        while True:
            catalogue = self.decider.catalogue
            if catalogue is not None:
                learn = partial(_odds, catalogue)
                self.decider.odds = await self.database.read_aside(learn)
            await asyncio.sleep(_LEARN_S)

    async def follow(self) -> None:
        """Restock after every change, for ever."""
        while True:
            await self.changed.wait()
            await asyncio.sleep(_SETTLE_S)
            self.changed.clear()
            await self.restock()


def _odds(catalogue: Catalogue, conn: sqlite3.Connection) -> Snapshot | None:
    """A month of showings is counted only where a campaign learns from them."""
    if not any(campaign.bandit for campaign in catalogue.campaigns.values()):
        return None
    return odds_of(catalogue, exposures.creatives(conn))
