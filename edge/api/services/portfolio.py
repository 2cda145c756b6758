"""Campaigns, offers and pictures as the console steers them: judged aside from the loop, written in one piece."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from devices.messages import Show
from edge.api.console.drafting import ProductView
from edge.api.console.portfolio_views import (
    AssetView,
    CampaignView,
    EditionView,
    Halt,
    Judgement,
    PortfolioView,
    Sketch,
    Step,
    asset_view,
    edition_view,
    finding_view,
    portfolio_view,
)
from edge.campaigns.authoring import picture_library, publishing
from edge.campaigns.authoring.check_change import ChangeVerdict, StoreRules, judged
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import NoSuchCampaign
from edge.campaigns.authoring.offer_body import OfferBody, offer_of
from edge.campaigns.authoring.overview import CampaignLine, at_a_glance, listed
from edge.campaigns.authoring.pending_change import PendingChange, of_campaign, of_offer
from edge.campaigns.authoring.preview import drawn
from edge.campaigns.checks.findings import Finding
from edge.domain.catalogue import Product
from edge.pipeline.runtime import Runtime
from edge.storage.catalogue import assets, campaign_versions, offers, products
from edge.storage.catalogue.campaign_versions import Edition, Hand
from edge.storage.connection import open_reader

T = TypeVar("T")
# As many as one can look through; one more word finds fewer.
_MOST_FOUND = 30
Read = Callable[[sqlite3.Connection], T]


class StoredPortfolio:
    """Fits ``Portfolio``, ``Library``, ``Drafting``; one change at a time, so that what was judged is what stands."""

    def __init__(self, runtime: Runtime, path: Path) -> None:
        """``path``: the store's file, which is read aside from the loop."""
        self._core = runtime
        self._path = path
        self._rules = StoreRules(
            tuning=runtime.catalogue_refresh.tuning,
            sensitive_categories=runtime.catalogue_refresh.sensitive_categories,
            zone=ZoneInfo(runtime.time_zone),
        )
        self._one_at_a_time = asyncio.Lock()

    async def campaigns(self) -> Sequence[CampaignLine]:
        """Every campaign, standing or waiting."""
        return await self._read(partial(listed, at=self._at()))

    async def campaign(self, id_: str) -> CampaignView:
        """One campaign with its offers and versions.

        Raises:
            NoSuchCampaign: it neither stands nor waits.
        """
        at = self._at()

        def look(conn: sqlite3.Connection) -> CampaignView:
            line = next((one for one in listed(conn, at) if one.id == id_), None)
            if line is None:
                raise NoSuchCampaign("there is no such campaign")
            return CampaignView(
                campaign=line,
                standing=of_campaign(conn, id_),
                versions=tuple(map(edition_view, campaign_versions.of(conn, id_))),
            )

        return await self._read(look)

    async def version(self, id_: str, version: int) -> PortfolioBody:
        """What one version of a campaign says."""
        every = await self._read(partial(campaign_versions.of, campaign=id_))
        body = next((one.body for one in every if one.version == version), None)
        if body is None:
            raise NoSuchCampaign("there is no such version")
        return PortfolioBody.model_validate_json(body)

    async def offer(self, id_: str) -> OfferBody:
        """One offer as it stands."""
        found = (await self._read(partial(of_offer, id_=id_))).offers
        if not found:
            raise NoSuchCampaign("there is no such offer")
        return found[0]

    async def glance(self) -> PortfolioView:
        """The portfolio in figures."""
        at = self._at()
        return await self._read(
            lambda conn: portfolio_view(
                at_a_glance(conn, at), dict(picture_library.missing(conn))
            )
        )

    async def draft(self, told: PortfolioBody, by: str) -> Sequence[EditionView]:
        """Keep drafts."""
        draft = partial(publishing.draft, portfolio=told, hand=self._hand(by))
        return [edition_view(one) for one in await self._core.database.write(draft)]

    async def approve(self, id_: str, step: Step, by: str) -> EditionView:
        """Approve a draft."""
        work = partial(
            publishing.approve, campaign=id_, version=step.version, hand=self._hand(by)
        )
        return edition_view(await self._core.database.write(work))

    async def publish(self, id_: str, step: Step, by: str) -> Judgement:
        """Put an approved version live unless the tower forbids it."""
        async with self._one_at_a_time:
            edition, proposal = await self._read(
                partial(publishing.approved, campaign=id_, version=step.version)
            )
            return await self._put(proposal, by, "published", edition)

    async def rollback(self, id_: str, step: Step, by: str) -> Judgement:
        """Make an earlier version the newest."""
        async with self._one_at_a_time:
            edition, proposal = await self._read(
                partial(publishing.earlier, campaign=id_, version=step.version)
            )
            return await self._put(proposal, by, f"back to {edition.version}")

    async def pause(self, id_: str, halt: Halt, by: str) -> Judgement:
        """Stop a campaign without asking the tower, or let it go on if it allows."""
        async with self._one_at_a_time:
            change = partial(publishing.with_pause, campaign=id_, paused=halt.paused)
            proposal = await self._read(change)
            if halt.paused:
                return await self._enforce(proposal, by, "paused", ChangeVerdict())
            return await self._put(proposal, by, "resumed")

    async def put_offer(self, offer: OfferBody, by: str) -> Judgement:
        """Put one offer over what stands unless the tower forbids it."""
        async with self._one_at_a_time:
            proposal = PendingChange(coming=PortfolioBody(offers=(offer,)))
            return await self._put(proposal, by, "published")

    async def preview(self, sketch: Sketch) -> Sequence[Show]:
        """An offer as each screen would draw it."""
        offer, now = offer_of(sketch.offer), self._core.clock.now()

        def draw(conn: sqlite3.Connection) -> tuple[Show, ...]:
            sold = {product.key: product for product in products.every(conn)}
            return drawn(offer, sold, now, creative=sketch.creative, locale=sketch.locale)

        shows = await self._read(draw)
        return [s for s in shows if sketch.placement in {None, s.placement}]

    async def products(self, words: str, skus: Sequence[str]) -> Sequence[ProductView]:
        """The products of these numbers, and some with all these words in name, category or number."""
        wanted, asked = words.casefold().split(), frozenset(skus)
        sold = await self._read(products.every)
        named = [one for one in sold if one.sku in asked]
        found = [one for one in sold if wanted and _has(one, wanted)]
        found.sort(key=lambda one: (not one.name.casefold().startswith(wanted[0]), one.name))
        return [_product_view(one) for one in (*named, *found[:_MOST_FOUND])]

    async def check(self, told: PortfolioBody) -> Judgement:
        """What the tower would say if this were published in place of what stands of its campaigns."""
        at, kept = self._at(), {one.id for one in told.offers}

        def look(conn: sqlite3.Connection) -> tuple[Finding, ...]:
            stand = (one.id for c in told.campaigns for one in offers.of_campaign(conn, c.id))
            gone = frozenset(id_ for id_ in stand if id_ not in kept)
            return judged(conn, self._rules, PendingChange(coming=told, gone=gone), at)

        found = await self._read(look)
        return Judgement(published=False, findings=tuple(map(finding_view, found)))

    async def assets(self, tag: str, word: str) -> Sequence[AssetView]:
        """Pictures with a tag, and with a word in their name or a tag."""

        def look(conn: sqlite3.Connection) -> Sequence[AssetView]:
            used = picture_library.used(conn)
            found = assets.search(conn, tag=tag, word=word)
            return [asset_view(one, used.get(one.sha256, ())) for one in found]

        return await self._read(look)

    async def keep(self, body: bytes, name: str, tags: Sequence[str]) -> AssetView:
        """Take a picture in."""
        work = partial(
            picture_library.keep, body=body, name=name, tags=tags, at=self._core.clock.now()
        )
        return asset_view(await self._core.database.write(work))

    async def picture(self, sha256: str) -> tuple[str, bytes] | None:
        """Media type and bytes, or None."""
        return await self._read(partial(assets.read, sha256=sha256))

    async def _put(
        self, proposal: PendingChange, by: str, why: str, edition: Edition | None = None
    ) -> Judgement:
        found = await self._read(
            partial(judged, rules=self._rules, proposal=proposal, at=self._at())
        )
        return await self._enforce(proposal, by, why, ChangeVerdict(findings=found), edition)

    async def _enforce(
        self,
        proposal: PendingChange,
        by: str,
        why: str,
        verdict: ChangeVerdict,
        edition: Edition | None = None,
    ) -> Judgement:
        told = tuple(map(finding_view, verdict.findings))
        if verdict.forbidden:
            return Judgement(published=False, findings=told)
        hand = self._hand(by)
        live = await self._core.database.write(
            lambda conn: publishing.put(conn, proposal, hand, why, edition)
        )
        self._core.catalogue_refresh.changed.set()
        return Judgement(published=True, version=live[0].version, findings=told)

    async def _read(self, work: Read[T]) -> T:
        """Read aside from the loop: a portfolio is held against all that the store sells."""

        def look() -> T:
            with closing(open_reader(self._path)) as conn:
                conn.execute("BEGIN")
                return work(conn)

        return await asyncio.to_thread(look)

    def _hand(self, by: str) -> Hand:
        return Hand(by, self._core.clock.now())

    def _at(self) -> datetime:
        return self._core.clock.business(self._core.clock.now())


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
