"""Whether an offer may stand in a message to one person now: asked of the very rules that every screen asks.

`sending` asks it when a message with an offer is due; the step `offer_rules` answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edge.campaigns.triggers.person_context import TriggerParts
from edge.decision.steps.context import DecisionContext, Evidence, describe
from edge.decision.steps.experiment import Arms
from edge.decision.steps.offer_rules import permit
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Inputs, Rule
from edge.domain.ids import DecisionId, OfferId
from edge.domain.offer import Offer
from edge.domain.placement import PHONE
from edge.domain.trigger import SuppressionReason
from edge.state.catalogue import Ages
from edge.state.customers import Person
from edge.state.decider import remembered
from models.statistics.trend import StoreTrend

_HUSH: Mapping[Rule, SuppressionReason] = {
    Rule.OFFER_HELD_OUT: SuppressionReason.HELD_OUT,
    Rule.OFFER_QUIET: SuppressionReason.OUT_OF_HOURS,
    Rule.OFFER_AUDIENCE: SuppressionReason.NOT_MEANT,
    Rule.OFFER_OTHER_TEST: SuppressionReason.NOT_MEANT,
    Rule.OFFER_OTHER_ARM: SuppressionReason.NOT_MEANT,
    Rule.OFFER_SPENT: SuppressionReason.OFFER_OVER,
    Rule.OFFER_GIVEN: SuppressionReason.OFFER_OVER,
}


def judge(
    offer: OfferId, person: Person, ground: TriggerParts, ages: Ages, at: datetime
) -> tuple[Offer | None, SuppressionReason | None]:
    """The offer, where it is known, and why it may not be sent to this person at ``at`` (business time), if so."""
    catalogue = ground.catalogue.in_force
    known = None if catalogue is None else catalogue.offers_by_id.get(offer)
    if catalogue is None or known is None:
        return None, SuppressionReason.OFFER_OVER
    context = _context(person, ground, catalogue, ages, at)
    if known not in context.standing.offers:
        return known, SuppressionReason.OFFER_OVER
    draws = {known.campaign: context.assignment.of(known.campaign)}
    arms = Arms(everywhere=context.assignment.everywhere, campaigns=draws)
    # Rules judge the offer, not the item: any of its items gives the same answer.
    item = known.items[0]
    lost = permit(context, {item}, arms).lost
    rule = lost.get((item, offer))
    # What is not in the table is a cap of some kind.
    return known, None if rule is None else _HUSH.get(rule, SuppressionReason.CAPPED)


def _context(
    person: Person, ground: TriggerParts, catalogue: Catalogue, ages: Ages, at: datetime
) -> DecisionContext:
    """The situation of somebody who reads a message: no zone, no basket, nothing bought a moment ago."""
    day, hour = ground.site.moment(at)
    inputs = Inputs(
        id=DecisionId("message"),
        at=at,
        day=day,
        hour=hour,
        # A message is read where a phone's page is: an offer that may not stand there may not be sent.
        placement=PHONE,
        limit=1,
        visit=None,
        zone=None,
        token=person.customer.token,
        # The sender has asked for consent; none of the offers' rules reads it here.
        purposes=(),
        # No digests: this situation is asked about and never stored.
        profile=None,
        trend="",
        catalogue=catalogue.digest,
        model="",
        ages_s={**ages.in_seconds(at), "profile": 0},
        place=ground.site.place,
        segments=person.customer.segments,
        spent=ground.catalogue.spending.over(catalogue),
        **remembered(person, at),
    )
    evidence = Evidence(profile=person.profile, trend=StoreTrend.empty())
    return describe(inputs, evidence, catalogue)
