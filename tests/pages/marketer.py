"""A marketer's desk for page tests: the real doors, the real tower and a real store's file, other parts faked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.api.console.assets import AssetRoutes
from edge.api.console.drafting import DraftingRoutes
from edge.api.console.experiments import ExperimentRoutes
from edge.api.console.kpis import KpiRoutes
from edge.api.console.portfolio import PortfolioRoutes
from edge.api.server import serve
from edge.api.services.drafting import CampaignDrafting
from edge.api.services.pictures import StoredPictures
from edge.api.services.portfolio import StoredPortfolio
from edge.domain.ids import OfferId
from tests.edge.api.fakes import PASSWORD, Store
from tests.edge.api.services.shop import Shop, open_shop
from tests.pages.gateway import WEB
from tests.pages.trials import Figures, Trials


@dataclass(kw_only=True)
class Desk:
    """An open desk. ``url``: where its pages are; ``store``: the faked parts."""

    url: str
    shop: Shop
    trials: Trials
    store: Store
    portfolio: StoredPortfolio
    pictures: StoredPictures

    @property
    def key(self) -> str:
        """The admin key."""
        return PASSWORD

    def listening(self, device: str) -> int:
        """How many lines are open for the pages of ``device``."""
        return int(device in self.store.broker.lines)

    def proposes(self, offer: str) -> bool:
        """Whether the catalogue that decides holds the offer."""
        catalogue = self.shop.runtime.state.catalogue.in_force
        return catalogue is not None and OfferId(offer) in catalogue.offers_by_id


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Desk]:
    """A desk on a free loopback port, over a store that is made in ``folder``."""
    async with open_shop(folder) as shop:
        portfolio, store, trials = StoredPortfolio(shop.runtime), Store(pages=WEB), Trials()
        pictures = StoredPictures(shop.runtime.database, shop.runtime.clock)
        guard = store.access.guard
        site = store.site(
            PortfolioRoutes(guard, portfolio),
            AssetRoutes(guard, pictures),
            DraftingRoutes(guard, CampaignDrafting(shop.runtime)),
            ExperimentRoutes(guard, trials),
            KpiRoutes(guard, Figures()),
        )
        following = asyncio.create_task(shop.runtime.pipeline.catalogue_refresh.follow())
        async with serve(site, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            yield Desk(
                url=url,
                shop=shop,
                store=store,
                trials=trials,
                portfolio=portfolio,
                pictures=pictures,
            )
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
