"""All campaigns in a list, standing or still waiting, and the portfolio at a glance.

The console's list and ``storeside campaigns list`` show it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from edge.campaigns.authoring.campaign_body import campaign_of
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.offer_body import Body
from edge.campaigns.checks.portfolio_view import (
    PortfolioEntry,
    PortfolioFigures,
    State,
    view,
)
from edge.domain.campaign import Campaign
from edge.domain.experiment import Design
from edge.storage.catalogue import campaign_versions, campaigns, offers
from edge.storage.catalogue.campaign_versions import Edition
from edge.storage.catalogue.campaign_versions import VersionState as Step

_WAITING = frozenset({Step.DRAFT, Step.APPROVED})


class CampaignLine(Body):
    """One campaign. ``version`` is None where the centre sent it; ``waiting``: a newer version that is not live.

    Units: ``holdout_pct`` of the people; ``offers`` that stand, or would.
    """

    id: str
    name: str
    state: State
    version: int | None
    waiting: int | None
    offers: int
    holdout_pct: int
    variants: tuple[str, ...]
    bandit: bool
    design: Design
    starts_at: datetime
    ends_at: datetime
    parent: str | None
    impact: int
    ease: int


def listed(conn: sqlite3.Connection, at: datetime) -> tuple[CampaignLine, ...]:
    """Every campaign at business time ``at``, in the order of their ids."""
    newest, live = (
        _by_campaign(campaign_versions.newest(conn)),
        _by_campaign(campaign_versions.live(conn)),
    )
    count = Counter(offer.campaign for offer in offers.every(conn))
    for edition in newest.values():
        # Nothing of it stands yet: the draft's own offers are counted.
        if edition.campaign not in count:
            count[edition.campaign] = len(
                PortfolioBody.model_validate_json(edition.body).offers
            )
    return tuple(
        _line(
            entry,
            at,
            live=live.get(entry.campaign.id),
            newest=newest.get(entry.campaign.id),
            offered=count[entry.campaign.id],
        )
        for entry in _entries(conn, at)
    )


def at_a_glance(conn: sqlite3.Connection, at: datetime) -> PortfolioFigures:
    """Counts, ages, throughput, backlog and lines of iterations at business time ``at``."""
    return view(_entries(conn, at), at)


def _entries(conn: sqlite3.Connection, at: datetime) -> tuple[PortfolioEntry, ...]:
    """One entry a campaign: as it stands, or else as it waits.

    Publications are dated in real time, and what the centre sent not at all: in a demo's recorded day the
    first would lie in the future, so that none is dated after ``at``.
    """
    standing, live = campaigns.every(conn), _by_campaign(campaign_versions.live(conn))
    made = [_standing(one, live.get(one.id), at) for one in standing]
    known = {one.id for one in standing}
    made += [
        _waiting(one)
        for one in campaign_versions.newest(conn)
        if one.campaign not in known and one.state in _WAITING
    ]
    return tuple(sorted(made, key=lambda entry: entry.campaign.id))


def _by_campaign(found: Iterable[Edition]) -> Mapping[str, Edition]:
    return {one.campaign: one for one in found}


def _standing(campaign: Campaign, live: Edition | None, at: datetime) -> PortfolioEntry:
    published = None if live is None else live.published
    told = campaign.starts_at if published is None else published.at
    return PortfolioEntry(
        campaign=campaign,
        written_at=told if live is None else live.drafted.at,
        is_approved=True,
        published_at=min(told, at),
    )


def _waiting(edition: Edition) -> PortfolioEntry:
    (campaign,) = PortfolioBody.model_validate_json(edition.body).campaigns
    return PortfolioEntry(
        campaign=campaign_of(campaign),
        written_at=edition.drafted.at,
        is_approved=edition.state is Step.APPROVED,
    )


def _line(
    entry: PortfolioEntry,
    at: datetime,
    *,
    live: Edition | None,
    newest: Edition | None,
    offered: int,
) -> CampaignLine:
    campaign = entry.campaign
    waits = newest is not None and newest.state in _WAITING
    return CampaignLine(
        id=campaign.id,
        name=campaign.name,
        state=entry.state(at),
        version=None if live is None else live.version,
        waiting=newest.version if newest is not None and waits else None,
        offers=offered,
        holdout_pct=campaign.holdout_pct,
        variants=tuple(variant.name for variant in campaign.variants),
        bandit=campaign.bandit,
        design=campaign.design,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        parent=campaign.parent,
        impact=campaign.impact,
        ease=campaign.ease,
    )
