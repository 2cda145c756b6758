"""Arms of a test that nobody is in, or that have nothing to show; and offers that no arm shows.

`check` calls it with the prepared portfolio.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.checks.findings import Fault, Finding, error
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.experiment import Variant
from edge.domain.ids import OfferId


def variants(study: PreparedPortfolio) -> Iterator[Finding]:
    """Each campaign that has a test."""
    for campaign in study.going:
        for variant in campaign.variants:
            yield from _weight(campaign, variant)
            yield from _offers(study, campaign, variant)
            yield from _creatives(study, campaign, variant)
        yield from _unlisted(study, campaign)


def _weight(campaign: Campaign, variant: Variant) -> Iterator[Finding]:
    if variant.weight < 1:
        yield error(
            Fault.VARIANT_WEIGHT,
            campaign.id,
            variant.name,
            says=f"campaign {campaign.id}: nobody is in its variant {variant.name}, whose weight is {variant.weight}",
            mend="give it a weight of one or more, or take it out",
        )


def _offers(
    study: PreparedPortfolio, campaign: Campaign, variant: Variant
) -> Iterator[Finding]:
    own = {offer.id for offer in study.members.get(campaign.id, ())}
    where = f"campaign {campaign.id}: its variant {variant.name}"
    foreign = [OfferId(name) for name in sorted(set(variant.offers) - own)]
    for name in foreign:
        other = study.offers_by_id.get(name)
        if other is not None and other.campaign != campaign.id:
            yield error(
                Fault.OFFER_SHARED,
                name,
                campaign.id,
                other.campaign,
                says=f"{where} shows offer {name}, which is of the campaign {other.campaign}",
                mend="make an offer of its own for each campaign",
            )
    lost = [name for name in foreign if name not in study.offers_by_id]
    if lost and len(lost) == len(set(variant.offers)):
        yield error(
            Fault.VARIANT_EMPTY,
            campaign.id,
            variant.name,
            says=f"{where} has nothing to show: none of its offers is there",
            mend="name offers of the campaign, or none for all of them",
        )
    elif lost:
        yield error(
            Fault.VARIANT_OFFER,
            campaign.id,
            *lost,
            says=f"{where} shows {', '.join(lost)}, which there is not",
            mend="name offers of the campaign",
        )


def _creatives(
    study: PreparedPortfolio, campaign: Campaign, variant: Variant
) -> Iterator[Finding]:
    members = study.members.get(campaign.id, ())
    known = {creative.id for offer in members for creative in offer.creatives}
    lost = sorted(set(variant.creatives) - known)
    if lost:
        yield error(
            Fault.VARIANT_CREATIVE,
            campaign.id,
            *lost,
            says=f"campaign {campaign.id}: no offer of it has the creative {lost[0]} of its variant {variant.name}",
            mend="name creatives of the campaign's offers",
        )


def _unlisted(study: PreparedPortfolio, campaign: Campaign) -> Iterator[Finding]:
    # An arm that names no offers shows all, so that none is left out.
    if not campaign.variants or not all(variant.offers for variant in campaign.variants):
        return
    listed = {name for variant in campaign.variants for name in variant.offers}
    for offer in study.members.get(campaign.id, ()):
        if offer.id not in listed:
            yield error(
                Fault.UNLISTED,
                offer.id,
                campaign.id,
                says=f"offer {offer.id} is in no variant of its campaign {campaign.id}, so it is never shown",
                mend="name it in a variant, or take it out",
            )
