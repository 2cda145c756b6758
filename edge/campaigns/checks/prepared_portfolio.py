"""A portfolio made ready for comparison: what of it still counts, and whom, where and when each offer reaches.

`check` makes one and hands it to every check, so that each thing is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from edge.campaigns.checks import week_hours
from edge.campaigns.checks.portfolio import Portfolio
from edge.decision.conditions import Expression
from edge.domain.audience import Condition
from edge.domain.campaign import Campaign
from edge.domain.errors import ExpressionInvalid
from edge.domain.ids import OfferId
from edge.domain.offer import Offer
from edge.domain.placement import SCREENS, Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReach:
    """Whom, where and when an offer can reach; ``condition`` None = everybody.

    ``week_hours`` as in `edge.campaigns.checks.week_hours`.
    ``variants``: the arms of its campaign's test in which it may be shown; None = it has no test.
    """

    offer: Offer
    campaign: Campaign | None
    placements: tuple[Placement, ...]
    starts_at: datetime
    ends_at: datetime
    hours: int
    condition: Condition | None
    variants: frozenset[str] | None


class PreparedPortfolio:
    """One portfolio from one instant on. What came to its end and what is paused is no rival any more."""

    def __init__(self, portfolio: Portfolio, at: datetime) -> None:
        self.portfolio = portfolio
        self.at = at
        self.campaigns = tuple(c for _, c in sorted(portfolio.campaigns.items()))
        self.offers = tuple(sorted(portfolio.offers, key=lambda offer: offer.id))

    @cached_property
    def offers_by_id(self) -> Mapping[OfferId, Offer]:
        """Each offer once, also where an id is there twice."""
        return {offer.id: offer for offer in self.offers}

    @cached_property
    def lasting(self) -> tuple[Offer, ...]:
        """Offers that did not come to their end, and whose campaign did not: only these are looked into."""
        campaigns = self.portfolio.campaigns
        return tuple(
            offer
            for offer in self.offers_by_id.values()
            if self.lasts(offer)
            and (offer.campaign not in campaigns or self.lasts(campaigns[offer.campaign]))
        )

    @cached_property
    def members(self) -> Mapping[str, tuple[Offer, ...]]:
        """Campaign -> its lasting offers, in the order of their ids."""
        found = dict[str, list[Offer]]()
        for offer in self.lasting:
            found.setdefault(offer.campaign, []).append(offer)
        return {name: tuple(offers) for name, offers in found.items()}

    @cached_property
    def going(self) -> tuple[Campaign, ...]:
        """Campaigns that did not come to their end, paused or not."""
        return tuple(campaign for campaign in self.campaigns if self.lasts(campaign))

    @cached_property
    def running(self) -> tuple[Campaign, ...]:
        """Campaigns that speak now or some day."""
        return tuple(campaign for campaign in self.going if not campaign.paused)

    @cached_property
    def reaches(self) -> Mapping[OfferId, OfferReach]:
        """The offers that can reach anybody as far as dates, hours and places go."""
        made = (self._reach(offer) for offer in self.lasting)
        return {reach.offer.id: reach for reach in made if reach is not None}

    @cached_property
    def conditions(self) -> Mapping[str, Condition | ExpressionInvalid]:
        """Text of an audience -> the condition, or why it is none."""
        return {text: _compiled(text) for text in {o.audience for o in self.offers} - {""}}

    def campaign_of(self, offer: Offer) -> Campaign | None:
        """The campaign of an offer, if there is one of that name."""
        return self.portfolio.campaigns.get(offer.campaign)

    def lasts(self, span: Offer | Campaign) -> bool:
        """Whether any of it is still to come."""
        return span.starts_at < span.ends_at and self.at < span.ends_at

    def hours_of(self, *spans: Offer | Campaign) -> int:
        """The hours of the week that all of ``spans`` have in common, from now on."""
        first = max(self.at, *(span.starts_at for span in spans))
        last = min(span.ends_at for span in spans)
        return week_hours.between(first, last, self.portfolio.zone) if first < last else 0

    def _reach(self, offer: Offer) -> OfferReach | None:
        campaign = self.campaign_of(offer)
        spans: list[Offer | Campaign] = [offer] if campaign is None else [offer, campaign]
        found = week_hours.spoken(campaign) & self.hours_of(*spans)
        condition = self.conditions.get(offer.audience)
        screens = tuple(screens_of(offer))
        # A broken condition is told by `unreachable_offers`, and compared with nothing.
        if not (found and screens) or isinstance(condition, ExpressionInvalid):
            return None
        if campaign is not None and campaign.paused:
            return None
        return OfferReach(
            offer=offer,
            campaign=campaign,
            placements=screens,
            starts_at=max(self.at, *(span.starts_at for span in spans)),
            ends_at=min(span.ends_at for span in spans),
            hours=found,
            condition=condition,
            variants=None if campaign is None else variants_showing(campaign, offer.id),
        )


def screens_of(offer: Offer) -> Iterator[Placement]:
    """The screens on which it may stand."""
    return (p for p in SCREENS.values() if offer.stands_at(p.name, p.surface))


def variants_showing(campaign: Campaign, offer: OfferId) -> frozenset[str] | None:
    """The arms in which ``offer`` may be shown and which anybody is in; None where there is no test."""
    if not campaign.variants:
        return None
    return frozenset(
        v.name
        for v in campaign.variants
        if v.weight > 0 and (not v.offers or offer in v.offers)
    )


def _compiled(text: str) -> Condition | ExpressionInvalid:
    try:
        return Expression(text)
    except ExpressionInvalid as error:
        return error
