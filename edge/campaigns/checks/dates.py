"""Dates and hours in which nothing can be said: spans that are over, or that never meet.

`check` calls it with the prepared portfolio.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.checks import week_hours
from edge.campaigns.checks.findings import Fault, Finding, error
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.offer import Offer


def dates(study: PreparedPortfolio) -> Iterator[Finding]:
    """Campaigns first: of what is wrong with one its offers are not blamed as well."""
    for one in study.campaigns:
        yield from _over(study, "campaign", one)
    silent = {c.id for c in study.going if not week_hours.spoken(c) & study.hours_of(c)}
    for name in sorted(silent):
        yield error(
            Fault.NEVER_SPEAKS,
            name,
            says=f"campaign {name} has windows, but none of their hours comes by from its start to its end",
            mend="give it a window with hours and days that lie within its dates",
        )
    for offer in study.offers_by_id.values():
        campaign = study.campaign_of(offer)
        if campaign is None or study.lasts(campaign):
            yield from _over(study, "offer", offer)
            if campaign is not None and campaign.id not in silent and study.lasts(offer):
                yield from _apart(study, offer, campaign)


def _over(study: PreparedPortfolio, what: str, span: Offer | Campaign) -> Iterator[Finding]:
    if span.ends_at <= span.starts_at:
        yield error(
            Fault.ENDS_BEFORE_START,
            span.id,
            says=f"{what} {span.id} ends at {span.ends_at:%Y-%m-%d %H:%M}, before it has started",
            mend="let it end after its start",
        )
    elif span.ends_at <= study.at:
        yield error(
            Fault.ENDED,
            span.id,
            says=f"{what} {span.id}: it ended at {span.ends_at:%Y-%m-%d %H:%M}, before now",
            mend="give it a later end, or leave it out",
        )


def _apart(study: PreparedPortfolio, offer: Offer, campaign: Campaign) -> Iterator[Finding]:
    common = study.hours_of(offer, campaign)
    if not common:
        yield error(
            Fault.OUTSIDE_CAMPAIGN,
            offer.id,
            campaign.id,
            says=f"offer {offer.id} has no day in common with its campaign {campaign.id}",
            mend="let the dates of the offer lie within those of its campaign",
        )
    elif not common & week_hours.spoken(campaign):
        yield error(
            Fault.NEVER_SPEAKS,
            offer.id,
            campaign.id,
            says=f"offer {offer.id} lives only at hours at which its campaign {campaign.id} is silent",
            mend="let the offer live longer, or open a window of the campaign within its dates",
        )
