"""What stands in the store now, and what would stand there after a change: the change as data, not yet made.

Publishing, promoting a winner and every check begin with one; `check_change` judges it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.export import campaign_body, offer_body
from edge.campaigns.authoring.offer_body import offer_of
from edge.domain.campaign import Campaign
from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.storage.catalogue import campaigns, offers, products


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A change to what stands: ``coming`` is put over it, and the offers ``gone`` are taken away."""

    coming: PortfolioBody
    gone: frozenset[OfferId] = frozenset()

    @property
    def touched(self) -> tuple[str, ...]:
        """The campaigns that it changes, by id."""
        named = {one.id for one in self.coming.campaigns}
        return tuple(sorted(named | {one.campaign for one in self.coming.offers}))

    @property
    def ids(self) -> frozenset[str]:
        """The campaigns and offers that it brings."""
        return frozenset(self.touched) | {one.id for one in self.coming.offers}

    def campaigns_over(self, standing: tuple[Campaign, ...]) -> dict[str, Campaign]:
        """The campaigns as they would stand."""
        made = map(campaign_of, self.coming.campaigns)
        # Of one id the last one stays, so what is coming goes over what stands.
        return {one.id: one for one in (*standing, *made)}

    def offers_over(self, standing: tuple[Offer, ...]) -> tuple[Offer, ...]:
        """The offers as they would stand."""
        made = map(offer_of, self.coming.offers)
        kept = (one for one in standing if one.id not in self.gone)
        return tuple({one.id: one for one in (*kept, *made)}.values())


def whole(conn: sqlite3.Connection) -> PortfolioBody:
    """Everything that stands, as a portfolio that could be published again."""
    return _written(conn, campaigns.every(conn), offers.every(conn))


def of_campaign(
    conn: sqlite3.Connection, id_: str, skus: Mapping[ItemKey, Sku] | None = None
) -> PortfolioBody:
    """One campaign with its offers as they stand; empty where nothing does. ``skus``: of what is sold, if at hand."""
    found = campaigns.find(conn, id_)
    own = () if found is None else (found,)
    return _written(conn, own, offers.of_campaign(conn, id_), skus)


def of_offer(conn: sqlite3.Connection, id_: str) -> PortfolioBody:
    """One offer as it stands, without its campaign; empty where it does not."""
    found = offers.find(conn, OfferId(id_))
    return _written(conn, (), () if found is None else (found,))


def _written(
    conn: sqlite3.Connection,
    running: tuple[Campaign, ...],
    offered: tuple[Offer, ...],
    skus: Mapping[ItemKey, Sku] | None = None,
) -> PortfolioBody:
    if skus is None:
        # All that is sold is read only where an offer has to be named by it.
        skus = products.skus(conn) if offered else {}
    bodies = (offer_body(offer, skus) for offer in offered)
    return PortfolioBody(
        campaigns=tuple(map(campaign_body, running)),
        offers=tuple(body for body in bodies if body is not None),
    )
