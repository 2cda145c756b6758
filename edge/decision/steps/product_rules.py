"""Step 7: what is allowed – stock, just bought, public-screen safety; of offers see ``offer_rules.py``.

`flow` calls it once arms are drawn; what passes competes in `arbitrate`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.experiment import Arms
from edge.decision.steps.offer_rules import PermittedOffers, permit
from edge.decision.steps.score import Scored, expected
from edge.domain.catalogue import Product
from edge.domain.decision import Rule
from edge.domain.ids import ItemKey, OfferId
from edge.domain.live_offers import largest_first
from edge.domain.offer import Offer


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedItems:
    """What may be shown, and what may not and why.

    ``products``: one for each row of the shortlist, None for what is not sold here. ``removed``: row -> rule.
    ``offers``: the best offer left for an item; ``withheld``: the best for an item counted without holdouts,
    where that is one that a holdout takes away; ``expected``: what an offer leaves, where that can be foreseen,
    in hundredths of a cent. ``lost_offers``: (item, offer) -> rule; the item itself stays.
    """

    products: Sequence[Product | None]
    removed: Mapping[int, Rule]
    offers: Mapping[ItemKey, Offer]
    withheld: Mapping[ItemKey, Offer]
    expected: Mapping[tuple[ItemKey, OfferId], int]
    lost_offers: Mapping[tuple[ItemKey, OfferId], Rule]


def allow(context: DecisionContext, scored: Scored, arms: Arms) -> AllowedItems:
    """Sort candidates into allowed and removed; the first rule that applies names the reason."""
    keys = cast("list[ItemKey]", scored.candidates.keys.tolist())
    products = list(map(context.catalogue.products.get, keys))
    removed = _removed(context, keys, products)
    # Offers of what may not be shown are not asked about: no rule and no holdout took them away.
    items = set(keys).difference(keys[row] for row in removed)
    offering = permit(context, items, arms)
    best = _Best(context, scored)
    offers = {key: best.of(key, rivals) for key, rivals in offering.permitted.items()}
    return AllowedItems(
        products=products,
        removed=removed,
        offers=offers,
        withheld=_withheld(offering, offers, best),
        expected=best.expected,
        lost_offers={**offering.lost, **_outdone(offering, offers)},
    )


class _Best:
    """Of an item's offers the one of which most is expected, the first of equals; where nothing is known, the first."""

    def __init__(self, context: DecisionContext, scored: Scored) -> None:
        self._context = context
        self._scored = scored
        self.expected = dict[tuple[ItemKey, OfferId], int]()

    def of(self, key: ItemKey, rivals: Sequence[Offer]) -> Offer:
        """The best for an item."""
        # Rivals come with the largest discount first.
        if not self._scored.redemption:
            return rivals[0]
        return max(rivals, key=lambda offer: self._expect(key, offer))

    def _expect(self, key: ItemKey, offer: Offer) -> int:
        product = self._context.catalogue.products[key]
        found = expected(self._context, self._scored, offer, product) or 0
        self.expected[key, offer.id] = found
        return found


def _withheld(
    offering: PermittedOffers, offers: Mapping[ItemKey, Offer], best: _Best
) -> Mapping[ItemKey, Offer]:
    """For each item with a withheld offer: that offer, where it would beat what is left."""
    found = dict[ItemKey, Offer]()
    for key, rivals in offering.withheld.items():
        left = (offers[key],) if key in offers else ()
        winner = best.of(key, sorted((*rivals, *left), key=largest_first))
        if winner in rivals:
            found[key] = winner
    return found


def _outdone(
    offering: PermittedOffers, offers: Mapping[ItemKey, Offer]
) -> Mapping[tuple[ItemKey, OfferId], Rule]:
    return {
        (key, offer.id): Rule.OFFER_OUTDONE
        for key, rivals in offering.permitted.items()
        for offer in rivals
        if offer is not offers[key]
    }


def _removed(
    context: DecisionContext, keys: Sequence[ItemKey], products: Sequence[Product | None]
) -> dict[int, Rule]:
    """Rows that may not be shown here. Few of the hundreds are concerned, so only those are looked at."""
    barred = _barred_items(context)
    # A shortlist's keys are ascending.
    removed = {bisect_left(keys, key): barred[key] for key in barred.keys() & keys}
    if None in products:
        for row, product in enumerate(products):
            if product is None:
                # A rule about the person says more than that it is not sold here.
                removed.setdefault(row, Rule.NOT_SOLD_HERE)
    return removed


def _barred_items(context: DecisionContext) -> dict[ItemKey, Rule]:
    """Every item that may not be shown here, with the rule; the most telling rule keeps the word."""
    inputs = context.inputs
    # Later lines overwrite earlier ones: what the person has in hand says more than the shelf.
    barred = dict[ItemKey, Rule]()
    if context.placement.can_be_overlooked:
        barred.update(dict.fromkeys(context.catalogue.sensitive, Rule.SENSITIVE_IN_PUBLIC))
    # A count too old to be believed bars nothing.
    if context.known_stock:
        barred.update(dict.fromkeys(inputs.out_of_stock, Rule.OUT_OF_STOCK))
    barred.update(dict.fromkeys(inputs.rejected, Rule.REJECTED))
    barred.update(dict.fromkeys(_substitutes(context), Rule.SUBSTITUTE_BOUGHT))
    barred.update(dict.fromkeys(inputs.just_bought, Rule.JUST_BOUGHT))
    barred.update(dict.fromkeys(inputs.basket, Rule.IN_BASKET))
    return barred


def _substitutes(context: DecisionContext) -> set[ItemKey]:
    """What serves instead of something just bought: who has bought one wants no other."""
    catalogue = context.catalogue
    bought = (catalogue.products.get(key) for key in context.inputs.just_bought)
    kinds = {product.kind for product in bought if product is not None and product.kind}
    return {key for kind in kinds for key in catalogue.kinds[kind]}
