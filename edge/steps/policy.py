"""Step 7: what is allowed – stock, just bought, public-screen safety, and caps shared by all surfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.domain.decision import Rule
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.steps.context import Context
from edge.steps.experiment import Arm
from edge.steps.score import Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be shown, and what may not and why.

    ``rows``: rows of the shortlist that no rule removes. ``removed``: row -> rule. ``offers``: the best offer
    left for an item. ``lost_offers``: (item, offer) -> rule; the item itself stays.
    """

    rows: tuple[int, ...]
    removed: Mapping[int, Rule]
    offers: Mapping[ItemKey, Offer]
    lost_offers: Mapping[tuple[ItemKey, OfferId], Rule]


def allow(context: Context, scored: Scored, arm: Arm) -> Allowed:
    """Sort candidates into allowed and removed; the first rule that applies names the reason."""
    keys = scored.candidates.keys.tolist()
    barred = _barred_items(context)
    products = context.catalogue.products
    removed = dict[int, Rule]()
    for row, key in enumerate(keys):
        if key in barred:
            removed[row] = barred[key]
        elif key not in products:
            removed[row] = Rule.NOT_SOLD_HERE
    kept = tuple(row for row in range(len(keys)) if row not in removed)
    offers, lost = _offers(context, {ItemKey(keys[row]) for row in kept}, arm)
    return Allowed(rows=kept, removed=removed, offers=offers, lost_offers=lost)


def _barred_items(context: Context) -> Mapping[int, Rule]:
    """Every item that may not be shown here, with the rule; the earlier rule keeps its word."""
    inputs = context.inputs
    barred = dict[int, Rule]()
    if context.placement.public:
        barred.update(dict.fromkeys(context.catalogue.sensitive, Rule.SENSITIVE_IN_PUBLIC))
    if context.known_stock:
        barred.update(dict.fromkeys(inputs.out_of_stock, Rule.OUT_OF_STOCK))
    barred.update(dict.fromkeys(inputs.just_bought, Rule.JUST_BOUGHT))
    barred.update(dict.fromkeys(inputs.basket, Rule.IN_BASKET))
    return barred


def _offers(
    context: Context, items: set[ItemKey], arm: Arm
) -> tuple[dict[ItemKey, Offer], dict[tuple[ItemKey, OfferId], Rule]]:
    """The best permitted offer of each item, and the offers that rules took away."""
    best = dict[ItemKey, Offer]()
    lost = dict[tuple[ItemKey, OfferId], Rule]()
    for offer in sorted(context.live_offers, key=lambda o: (-o.discount_cents, o.id)):
        rule = _offer_rule(context, offer, arm)
        for key in offer.items:
            if key not in items:
                continue
            if rule is not None:
                lost[key, offer.id] = rule
            else:
                best.setdefault(key, offer)
    return best, lost


def _offer_rule(context: Context, offer: Offer, arm: Arm) -> Rule | None:
    """Why this person may not see ``offer`` now, if anything."""
    if arm is Arm.HELD_OUT:
        return Rule.OFFER_HELD_OUT
    if context.inputs.exposures.get(offer.id, 0) >= offer.weekly_cap:
        return Rule.OFFER_CAPPED
    rivals = (
        context.catalogue.offers_by_id[other]
        for other in context.inputs.elsewhere
        if other != offer.id and other in context.catalogue.offers_by_id
    )
    if any(rival.category == offer.category for rival in rivals):
        return Rule.OFFER_CONFLICT
    return None
