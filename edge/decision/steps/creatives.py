"""Which of an offer's creatives is shown: drawn by known chances, which are kept with the decision.

`content` draws with it; previews and what-if ask which creatives fit.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.experiment import Arms
from edge.domain.creative import Creative, Modules
from edge.domain.decision import Choice
from edge.domain.experiment import POINTS, draw
from edge.domain.ids import DecisionId
from edge.domain.offer import Offer


def drawn(context: DecisionContext, choice: Choice, arms: Arms) -> Choice:
    """``choice`` with a creative of its offer and the chance that it had; as it was where there is none.

    Only what fits the placement's template and the person's variant is drawn from. In a campaign that learns
    the chances are those of ``context.odds``, of the first of the person's segments that has some, else
    everybody's; in every other, and where nothing is known yet, they are equal.
    """
    if choice.offer is None:
        return choice
    offer = context.catalogue.offers_by_id[choice.offer]
    fitting = fitting_creatives(offer, context.placement.template, _kept(offer, arms))
    if not fitting:
        return choice
    points = _chances(context, offer, fitting)
    taken = _pick(points, offer, context.inputs.id)
    return replace(choice, creative=fitting[taken].id, propensity=points[taken])


def fitting_creatives(
    offer: Offer, template: str, kept: Sequence[str] = ()
) -> tuple[Creative, ...]:
    """The offer's creatives that fit ``template``, of those named in ``kept`` if any are."""
    return tuple(c for c in offer.creatives if c.fits(template) and (not kept or c.id in kept))


def said(offer: Offer, creative: str | None, locale: str) -> Modules:
    """What ``creative`` says in ``locale``; nothing where the offer has none of that name."""
    found = (one.said_in(locale) for one in offer.creatives if one.id == creative)
    return next(found, Modules())


def _kept(offer: Offer, arms: Arms) -> Sequence[str]:
    variant = arms.of(offer.campaign).variant
    return () if variant is None else variant.creatives


def _chances(context: DecisionContext, offer: Offer, fitting: Sequence[Creative]) -> list[int]:
    """Ten-thousandths that sum to all; what rounding leaves goes to the first."""
    campaign = context.catalogue.campaigns.get(offer.campaign)
    learnt = campaign is not None and campaign.bandit
    # Without learning all weigh alike, whatever odds are known from elsewhere.
    odds: Mapping[str, int] = _odds(context, offer) if learnt else dict[str, int]()
    weights = [odds.get(creative.id, 0) for creative in fitting]
    if 0 in weights:  # one that nothing is known of yet: all are drawn evenly
        weights = [1] * len(fitting)
    points = [POINTS * weight // sum(weights) for weight in weights]
    points[0] += POINTS - sum(points)
    return points


def _odds(context: DecisionContext, offer: Offer) -> Mapping[str, int]:
    nothing = dict[str, int]()
    known = context.odds.get(offer.id, dict[str, Mapping[str, int]]())
    # The empty name stands for everybody.
    named = next((s for s in context.inputs.segments if s in known), "")
    return known.get(named, nothing)


def _pick(points: Sequence[int], offer: Offer, decision: DecisionId) -> int:
    """The row drawn by the decision's own id, so that a replay draws it again."""
    return bisect(list(accumulate(points)), draw(f"creative/{offer.id}", decision))
