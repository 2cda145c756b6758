"""Caps, limits and budgets that leave nothing to show or to give, or that let one offer starve the others.

`check` calls it with the prepared portfolio; findings go back to whoever publishes.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.checks.audiences import covers, shared_screens
from edge.campaigns.checks.findings import Fault, Finding, error, warning
from edge.campaigns.checks.prepared_portfolio import OfferReach, PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.offer import Offer


def caps(study: PreparedPortfolio) -> Iterator[Finding]:
    """Of the store, of each campaign and of each offer; then who uses up what others need."""
    tuning = study.portfolio.tuning
    for name, cap in (("person_cap", tuning.person_cap), ("category_cap", tuning.category_cap)):
        yield from _zero(name, name, cap)
    for campaign in study.going:
        yield from _zero(campaign.id, "weekly_cap", campaign.weekly_cap)
        yield from _needed(study, campaign)
        yield from _budget(study, campaign)
    for offer in study.lasting:
        yield from _zero(offer.id, "weekly_cap", offer.weekly_cap)
        yield from _zero(offer.id, "per_person", offer.per_person)
        yield from _zero(offer.id, "per_store", offer.per_store)
        yield from _limits(study, offer)
    yield from _greedy(study)


def _zero(where: str, what: str, cap: int | None) -> Iterator[Finding]:
    if cap is not None and cap < 1:
        yield error(
            Fault.CAP_ZERO,
            where,
            says=f"{where}: {what} is {cap}, so nothing of it can ever be shown or given",
            mend=f"set {what} to one or more, or take it away",
        )


def _needed(study: PreparedPortfolio, campaign: Campaign) -> Iterator[Finding]:
    need, tuning = study.portfolio.needs.get(campaign.id, 0), study.portfolio.tuning
    given = tuning.person_cap
    if campaign.weekly_cap is not None:
        given = min(given, campaign.weekly_cap)
    # A cap of nought is a finding of its own.
    if 0 < given < need:
        yield error(
            Fault.CAP_DEADLOCK,
            campaign.id,
            says=f"campaign {campaign.id}: its challenge takes {need} showings a week, and caps let {given} through",
            mend=f"raise its weekly_cap to {need} or more, or ask for fewer steps",
        )


def _limits(study: PreparedPortfolio, offer: Offer) -> Iterator[Finding]:
    # A limit below one is a finding of its own.
    if offer.per_store is None or offer.per_store < 1:
        return
    given = study.portfolio.given.get(offer.id, 0)
    if given >= offer.per_store:
        yield error(
            Fault.GIVEN_AWAY,
            offer.id,
            says=f"offer {offer.id}: it was redeemed {given} times, and per_store is {offer.per_store}",
            mend="raise per_store, or take the offer out",
        )
    if offer.per_person is not None and offer.per_person > offer.per_store:
        yield warning(
            Fault.LIMITS_CROSSED,
            offer.id,
            says=f"offer {offer.id}: one person may redeem it {offer.per_person} times, the store {offer.per_store}",
            mend="let per_person be the smaller of the two",
        )


def _budget(study: PreparedPortfolio, campaign: Campaign) -> Iterator[Finding]:
    if campaign.budget_cents is None:
        return
    left = campaign.budget_cents - study.portfolio.spent_cents.get(campaign.id, 0)
    # Without a limit nothing is promised that could be added up.
    promised = {
        offer.id: offer.discount_cents * (offer.per_store - given)
        for offer in study.members.get(campaign.id, ())
        if offer.per_store is not None
        and (given := study.portfolio.given.get(offer.id, 0)) < offer.per_store
    }
    if left <= 0:
        yield error(
            Fault.BUDGET_SPENT,
            campaign.id,
            says=f"campaign {campaign.id}: nothing is left of its budget_cents of {campaign.budget_cents}",
            mend="raise budget_cents, or take the campaign out",
        )
    elif sum(promised.values()) > left:
        yield error(
            Fault.BUDGET_SHORT,
            campaign.id,
            *promised,
            says=f"campaign {campaign.id} promises {sum(promised.values())}, and {left} are left of its budget_cents",
            mend="raise budget_cents, or lower per_store of its offers",
        )


def _greedy(study: PreparedPortfolio) -> Iterator[Finding]:
    """Offers that may take all showings of their category, and the offers that are left without."""
    tuning = study.portfolio.tuning
    limit = min(tuning.category_cap, tuning.person_cap)
    for wide in study.reaches.values():
        if not 0 < limit <= _most(wide):
            continue
        starving = [
            narrow.offer.id
            for narrow in study.reaches.values()
            if narrow.offer.category == wide.offer.category
            and _most(narrow) < limit
            and _is_within(narrow, wide)
        ]
        if starving:
            yield warning(
                Fault.CAP_DEADLOCK,
                wide.offer.id,
                *starving,
                says=f"offer {wide.offer.id} can use up all {limit} showings a week of its category,"
                f" and {', '.join(starving)} would have none",
                mend=f"lower the weekly_cap of {wide.offer.id} well below {limit}",
            )


def _most(reach: OfferReach) -> int:
    """How often one person may be shown it in a week."""
    campaign = None if reach.campaign is None else reach.campaign.weekly_cap
    return reach.offer.weekly_cap if campaign is None else min(reach.offer.weekly_cap, campaign)


def _is_within(narrow: OfferReach, wide: OfferReach) -> bool:
    return (
        len(shared_screens(narrow, wide)) == len(narrow.placements)
        # No bit of the narrow one's hours outside the wide one's.
        and not narrow.hours & ~wide.hours
        and wide.starts_at <= narrow.starts_at
        and narrow.ends_at <= wide.ends_at
        and covers(wide, narrow)
    )
