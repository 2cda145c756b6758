"""The assortment in memory follows the database: a new catalogue whenever what the centre tells has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from edge.assortment import Stock, catalogue_of
from edge.clock import Clock
from edge.deciding import Decider
from edge.domain.catalogue import Tuning
from edge.domain.ids import ItemKey
from edge.learning import Learning
from edge.storage import offers, products, promotions, snapshots, stock
from edge.storage.database import Database
from edge.storage.snapshots import Snapshot

# What was over before yesterday is in no decision any more, on whichever side of midnight the clocks are.
_OVER_DAYS = 1
# The centre sends an assortment in pages; the catalogue is built once they have come to rest.
_SETTLE_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Builds the catalogue that decisions name, and keeps its bytes so that they can be made again.

    ``sold_out`` is told which products have just run out, so that they leave the screens.
    """

    database: Database
    decider: Decider
    learning: Learning
    clock: Clock
    sensitive_categories: frozenset[str]
    tuning: Tuning
    changed: asyncio.Event
    sold_out: Callable[[frozenset[ItemKey]], None]

    async def restock(self) -> None:
        """Read products, offers, promotions and stock anew."""
        at = self.clock.business(self.clock.now())
        today, _ = self.decider.moment(at)
        catalogue, body = catalogue_of(
            self.database.read(products.every),
            self.database.read(offers.every),
            self.sensitive_categories,
            self.tuning,
            self.database.read(partial(promotions.since, day=today - _OVER_DAYS)),
        )
        shot = Snapshot(digest=catalogue.digest, kind="catalogue", body=body)
        await self.database.write(lambda conn: snapshots.keep(conn, shot, at))
        self.decider.catalogue = catalogue
        before = frozenset(self.decider.out_of_stock)
        self.learning.stock = Stock(self.database.read(stock.every))
        self.decider.out_of_stock = self.learning.stock.out
        self.sold_out(frozenset(self.learning.stock.out) - before)

    async def follow(self) -> None:
        """Restock after every change, for ever."""
        while True:
            await self.changed.wait()
            await asyncio.sleep(_SETTLE_S)
            self.changed.clear()
            await self.restock()
