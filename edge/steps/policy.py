"""Step 7: what is allowed – stock, just bought, public-screen safety, and caps shared by all surfaces."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from edge.domain.catalogue import Product
from edge.domain.decision import Rule
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.steps.context import Context
from edge.steps.experiment import Arm
from edge.steps.score import Scored, expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be shown, and what may not and why.

    ``products``: one for each row of the shortlist, None for what is not sold here. ``removed``: row -> rule.
    ``offers``: the best offer left for an item; ``expected``: what it leaves, where that can be foreseen, in
    hundredths of a cent. ``lost_offers``: (item, offer) -> rule; the item itself stays.
    """

    products: Sequence[Product | None]
    removed: Mapping[int, Rule]
    offers: Mapping[ItemKey, Offer]
    expected: Mapping[ItemKey, int]
    lost_offers: Mapping[tuple[ItemKey, OfferId], Rule]


def allow(context: Context, scored: Scored, arm: Arm) -> Allowed:
    """Sort candidates into allowed and removed; the first rule that applies names the reason."""
    keys = cast("list[ItemKey]", scored.candidates.keys.tolist())
    products = list(map(context.catalogue.products.get, keys))
    removed = _removed(context, keys, products)
    items = set(keys).difference(keys[row] for row in removed)
    offers, lost = _offers(context, items, arm)
    best = {key: _best(context, scored, key, rivals) for key, rivals in offers.items()}
    return Allowed(
        products=products,
        removed=removed,
        offers={key: offer for key, (offer, _) in best.items()},
        expected={key: found for key, (_, found) in best.items() if found is not None},
        lost_offers=lost,
    )


def _removed(
    context: Context, keys: Sequence[ItemKey], products: Sequence[Product | None]
) -> dict[int, Rule]:
    """Rows that may not be shown here. Few of the hundreds are concerned, so only those are looked at."""
    barred = _barred_items(context)
    # A shortlist's keys are ascending.
    removed = {bisect_left(keys, key): barred[key] for key in barred.keys() & keys}
    if None in products:
        for row, product in enumerate(products):
            if product is None:
                removed.setdefault(row, Rule.NOT_SOLD_HERE)
    return removed


def _barred_items(context: Context) -> dict[ItemKey, Rule]:
    """Every item that may not be shown here, with the rule; the most telling rule keeps the word."""
    inputs = context.inputs
    barred = dict[ItemKey, Rule]()
    if context.placement.can_be_overlooked:
        barred.update(dict.fromkeys(context.catalogue.sensitive, Rule.SENSITIVE_IN_PUBLIC))
    if context.known_stock:
        barred.update(dict.fromkeys(inputs.out_of_stock, Rule.OUT_OF_STOCK))
    barred.update(dict.fromkeys(inputs.just_bought, Rule.JUST_BOUGHT))
    barred.update(dict.fromkeys(inputs.basket, Rule.IN_BASKET))
    return barred


def _offers(
    context: Context, items: set[ItemKey], arm: Arm
) -> tuple[dict[ItemKey, list[Offer]], dict[tuple[ItemKey, OfferId], Rule]]:
    """The permitted offers of each item, largest discount first, and the offers that rules took away."""
    permitted = dict[ItemKey, list[Offer]]()
    lost = dict[tuple[ItemKey, OfferId], Rule]()
    for offer in sorted(context.live_offers, key=lambda o: (-o.discount_cents, o.id)):
        concerned = [key for key in offer.items if key in items]
        if not concerned:
            continue
        rule = _offer_rule(context, offer, arm)
        for key in concerned:
            if rule is not None:
                lost[key, offer.id] = rule
            else:
                permitted.setdefault(key, []).append(offer)
    return permitted, lost


def _best(
    context: Context, scored: Scored, key: ItemKey, rivals: Sequence[Offer]
) -> tuple[Offer, int | None]:
    """The offer of which most is expected, the first of equals; where nothing is known, the first."""
    product = context.catalogue.products[key]
    found = [(expected(context, scored, offer, product), offer) for offer in rivals]
    value, offer = max(found, key=lambda one: one[0] or 0)
    return offer, value


def _offer_rule(context: Context, offer: Offer, arm: Arm) -> Rule | None:
    """Why this person may not see ``offer`` now, if anything."""
    if arm is Arm.HELD_OUT:
        return Rule.OFFER_HELD_OUT
    if context.inputs.exposures.get(offer.id, 0) >= offer.weekly_cap:
        return Rule.OFFER_CAPPED
    known = context.catalogue.offers_by_id
    rivals = (known[i] for i in context.inputs.elsewhere if i != offer.id and i in known)
    if any(rival.category == offer.category for rival in rivals):
        return Rule.OFFER_CONFLICT
    return None
