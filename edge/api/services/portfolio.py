"""Campaigns and offers as the console steers them: judged aside from the loop, written in one piece.

The portfolio's routes call it; what is published here is in force as soon as the catalogue is refreshed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from devices.messages import Show
from edge.api.views.portfolio import (
    CampaignView,
    EditionView,
    Halt,
    Judgement,
    PortfolioView,
    Sketch,
    Step,
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
from edge.pipeline.runtime import Runtime
from edge.storage.catalogue import campaign_versions, products
from edge.storage.catalogue.campaign_versions import Edition, Hand


class StoredPortfolio:
    """Campaigns and offers; one change at a time, so that what was judged is what stands."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        # A portfolio is held against all that the store sells: too much to read in the loop.
        self._read = runtime.database.read_aside
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
        return [edition_view(one) for one in await self._runtime.database.write(draft)]

    async def approve(self, id_: str, step: Step, by: str) -> EditionView:
        """Approve a draft."""
        work = partial(
            publishing.approve, campaign=id_, version=step.version, hand=self._hand(by)
        )
        return edition_view(await self._runtime.database.write(work))

    async def publish(self, id_: str, step: Step, by: str) -> Judgement:
        """Put an approved version live unless the checks forbid it."""
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
        """Stop a campaign without asking the checks, or let it go on if they allow."""
        async with self._one_at_a_time:
            change = partial(publishing.with_pause, campaign=id_, paused=halt.paused)
            proposal = await self._read(change)
            if halt.paused:
                return await self._enforce(proposal, by, "paused", ChangeVerdict())
            return await self._put(proposal, by, "resumed")

    async def put_offer(self, offer: OfferBody, by: str) -> Judgement:
        """Put one offer over what stands unless the checks forbid it."""
        async with self._one_at_a_time:
            proposal = PendingChange(coming=PortfolioBody(offers=(offer,)))
            return await self._put(proposal, by, "published")

    async def preview(self, sketch: Sketch) -> Sequence[Show]:
        """An offer as each screen would draw it."""
        offer, now = offer_of(sketch.offer), self._runtime.clock.now()

        def draw(conn: sqlite3.Connection) -> tuple[Show, ...]:
            sold = {product.key: product for product in products.every(conn)}
            return drawn(offer, sold, now, creative=sketch.creative, locale=sketch.locale)

        shows = await self._read(draw)
        return [s for s in shows if sketch.placement in {None, s.placement}]

    async def _put(
        self, proposal: PendingChange, by: str, why: str, edition: Edition | None = None
    ) -> Judgement:
        found = await self._read(
            partial(judged, rules=rules_of(self._runtime), proposal=proposal, at=self._at())
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
        live = await self._runtime.database.write(
            lambda conn: publishing.put(conn, proposal, hand, why, edition)
        )
        # Only after the disk, from which the refresh reads.
        self._runtime.pipeline.catalogue_refresh.changed.set()
        return Judgement(published=True, version=live[0].version, findings=told)

    def _hand(self, by: str) -> Hand:
        return Hand(by, self._runtime.clock.now())

    def _at(self) -> datetime:
        return self._runtime.clock.business(self._runtime.clock.now())


def rules_of(runtime: Runtime) -> StoreRules:
    """What this store holds every change of its portfolio against."""
    refresh = runtime.pipeline.catalogue_refresh
    return StoreRules(
        tuning=refresh.tuning,
        sensitive_categories=refresh.sensitive_categories,
        zone=ZoneInfo(runtime.facts.time_zone),
    )
