"""Campaigns, offers and pictures as the console sees and sends them.

The services of portfolio, drafting and pictures fill these shapes; the marketer's routes take and answer them.
"""

from __future__ import annotations

from pydantic import Field

from devices.messages.fields import Time
from edge.api.views.response import ResponseView
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.offer_body import Body, Id, Language, Name, OfferBody
from edge.campaigns.authoring.overview import CampaignLine
from edge.campaigns.checks.findings import Finding
from edge.campaigns.checks.portfolio_view import PortfolioFigures as Glance
from edge.storage.catalogue.assets import Asset
from edge.storage.catalogue.campaign_versions import Edition, Hand


class FindingView(ResponseView):
    """What the control tower found: who is in it, what is wrong, and the mend."""

    code: str
    grade: str
    culprits: tuple[str, ...]
    says: str
    mend: str


class Judgement(ResponseView):
    """Whether a change was made, and what the tower says of it; with an error among the findings it was not."""

    published: bool
    version: int | None = None
    findings: tuple[FindingView, ...] = ()


class HandView(ResponseView):
    """Who took a step, and when."""

    by: str
    at: Time


class EditionView(ResponseView):
    """One version of a campaign and whose hands it went through."""

    campaign: str
    version: int
    state: str
    why: str
    drafted: HandView
    approved: HandView | None = None
    published: HandView | None = None
    ended_at: Time | None = None


class CampaignView(ResponseView):
    """One campaign: how it stands (empty while it only waits), and its versions, newest first."""

    campaign: CampaignLine
    standing: PortfolioBody
    versions: tuple[EditionView, ...]


class PortfolioView(ResponseView):
    """The portfolio at a glance, as `storeside campaigns list` counts it.

    ``counts``: state -> campaigns; ``age_days`` of what runs; ``published_a_day`` in the last four weeks;
    ``backlog`` by impact × ease; ``lines`` of iterations; ``missing``: picture -> offers that show it, though it
    is not here.
    """

    counts: dict[str, int]
    age_days: dict[str, int]
    published_a_day: float
    backlog: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    missing: dict[str, tuple[str, ...]]


class AssetView(ResponseView):
    """One picture of the library; it is served at ``/assets/{sha256}``. ``used_by``: the offers that show it."""

    sha256: str
    name: str
    media: str
    tags: tuple[str, ...]
    size_bytes: int
    added_at: Time
    used_by: tuple[str, ...] = ()


class Step(Body):
    """A step of a campaign's way; without ``version`` the newest takes it that can."""

    version: int | None = Field(default=None, ge=1)


class Halt(Body):
    """Whether a campaign is to be paused."""

    paused: bool = True


class Sketch(Body):
    """An offer to be drawn: by one creative or by the first that fits, at one placement or at all of its own."""

    offer: OfferBody
    creative: Id | None = None
    placement: Name | None = None
    locale: Language = "en"


class ProductView(ResponseView):
    """One product as a marketer picks it. Money in cents of the store's currency."""

    sku: str
    name: str
    category: str
    department: str
    price_cents: int


def finding_view(found: Finding) -> FindingView:
    """A finding as the console is told of it."""
    return FindingView(
        code=found.code.value,
        grade=found.grade,
        culprits=found.culprits,
        says=found.says,
        mend=found.mend,
    )


def edition_view(one: Edition) -> EditionView:
    """A version without its body."""
    return EditionView(
        campaign=one.campaign,
        version=one.version,
        state=one.state.value,
        why=one.why,
        drafted=_hand(one.drafted),
        approved=None if one.approved is None else _hand(one.approved),
        published=None if one.published is None else _hand(one.published),
        ended_at=one.ended_at,
    )


def asset_view(one: Asset, used_by: tuple[str, ...] = ()) -> AssetView:
    """A picture without its bytes."""
    return AssetView(
        sha256=one.sha256,
        name=one.name,
        media=one.media,
        tags=one.tags,
        size_bytes=one.size_bytes,
        added_at=one.added_at,
        used_by=used_by,
    )


def portfolio_view(glance: Glance, missing: dict[str, tuple[str, ...]]) -> PortfolioView:
    """The portfolio in figures, with the pictures that are missing."""
    return PortfolioView(
        counts={state.value: count for state, count in glance.counts.items()},
        age_days=dict(glance.age_days),
        published_a_day=glance.published_a_day,
        backlog=glance.backlog,
        lines=glance.lines,
        missing=missing,
    )


def _hand(hand: Hand) -> HandView:
    return HandView(by=hand.by, at=hand.at)
