"""Names that name nothing, or two things at once: ids, products, places, strategies, campaigns and their parents.

`check` calls it; what names nothing is told here and left alone by every other check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from edge.campaigns.checks.findings import Fault, Finding, error, warning
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.offer import OFFER_TYPES, Offer
from edge.domain.placement import CHANNELS, PLACEMENTS
from models.serving.ranker import BY_CHANCE
from models.strategies.registry import STRATEGIES

# Names that a sentence tells.
_TOLD = 5


def names(study: PreparedPortfolio) -> Iterator[Finding]:
    """Of offers, of campaigns, and of the strategies that the store has chosen."""
    yield from _twice("offer", (offer.id for offer in study.offers))
    for offer in study.lasting:
        yield from _of_offer(study, offer)
    for campaign in study.going:
        yield from _of_campaign(campaign)
    # Also those that came to their end: later iterations go on from them.
    for campaign in study.campaigns:
        yield from _of_parents(study, campaign)
    yield from _strategies("tuning", study.portfolio.tuning.strategies.items())


def _twice(what: str, ids: Iterable[str], *within: str) -> Iterator[Finding]:
    for id_, count in sorted(Counter(ids).items()):
        if count > 1:
            yield error(
                Fault.DUPLICATE,
                *within,
                id_,
                says=f"the {what} {id_} is there {count} times",
                mend="give each an id of its own, or leave one of them out",
            )


def _of_offer(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    yield from _unknown(Fault.UNKNOWN_PLACEMENT, offer.id, offer.placements, PLACEMENTS)
    yield from _unknown(Fault.UNKNOWN_CHANNEL, offer.id, offer.channels, CHANNELS)
    yield from _unknown(Fault.UNKNOWN_TYPE, offer.id, [offer.offer_type], OFFER_TYPES)
    yield from _twice("creative", (creative.id for creative in offer.creatives), offer.id)
    missing = sorted(key for key in offer.items if key not in study.portfolio.products)
    if missing or not offer.items:
        which = ", ".join(map(str, missing[:_TOLD])) or "no product at all"
        yield error(
            Fault.UNKNOWN_PRODUCT,
            offer.id,
            says=f"offer {offer.id} is on what is not sold here: {which} ({len(missing)} in all)",
            mend="name products of this store's assortment",
        )
    if study.campaign_of(offer) is None:
        yield warning(
            Fault.NO_CAMPAIGN,
            offer.id,
            offer.campaign,
            says=f"offer {offer.id} is of the campaign {offer.campaign!r}, which is not there: nobody is held out",
            mend=f"write the campaign {offer.campaign!r} beside it, with its dates and its holdout",
        )


def _of_campaign(campaign: Campaign) -> Iterator[Finding]:
    yield from _twice("variant", (variant.name for variant in campaign.variants), campaign.id)
    yield from _strategies(
        campaign.id, (row for variant in campaign.variants for row in variant.strategies)
    )


def _strategies(where: str, rows: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    rows = sorted(set(rows))
    yield from _unknown(Fault.UNKNOWN_PLACEMENT, where, [row[0] for row in rows], PLACEMENTS)
    yield from _unknown(
        Fault.UNKNOWN_STRATEGY, where, [row[1] for row in rows], (BY_CHANCE, *STRATEGIES)
    )


def _unknown(
    code: Fault, where: str, given: Iterable[str], known: Collection[str]
) -> Iterator[Finding]:
    what = code.value.removeprefix("unknown-")
    for name in sorted(set(given).difference(known)):
        yield error(
            code,
            where,
            name,
            says=f"{where} names the {what} {name!r}, and there is none of that name",
            mend=f"write one of {', '.join(sorted(known))}",
        )


def _of_parents(study: PreparedPortfolio, campaign: Campaign) -> Iterator[Finding]:
    campaigns = study.portfolio.campaigns
    if campaign.parent is None:
        return
    if campaign.parent not in campaigns:
        yield error(
            Fault.UNKNOWN_PARENT,
            campaign.id,
            campaign.parent,
            says=f"campaign {campaign.id} goes on from {campaign.parent!r}, which is not there",
            mend="name the campaign of which this is the next iteration, or none",
        )
    line = [campaign.id]
    parent = campaigns.get(campaign.parent)
    while parent is not None and parent.id not in line:
        line.append(parent.id)
        parent = campaigns.get(parent.parent or "")
    # Each circle is told once: by the first of its names.
    if parent is not None and parent.id == campaign.id == min(line):
        yield error(
            Fault.LINEAGE_CYCLE,
            *sorted(line),
            says=f"campaigns {', '.join(line)} are each the next iteration of the other",
            mend="let the first of them have no parent",
        )
