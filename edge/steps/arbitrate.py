"""Step 8: competing candidates become one list; every loser keeps the name of the rule it lost to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from edge.domain.decision import Choice, Loser, Rule
from edge.domain.ids import ItemKey, Sku
from edge.steps.context import Context
from edge.steps.policy import Allowed
from edge.steps.score import Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The outcome of the competition: winners best first, losers in the shortlist's order."""

    choices: tuple[Choice, ...]
    losers: tuple[Loser, ...]


def choose(context: Context, scored: Scored, allowed: Allowed) -> Chosen:
    """Take the worthiest items within the placement's limit and variety.

    Worth is the chance in ten-thousandths, raised by ``tuning.offer_boost_pct`` for an item on a permitted
    offer; equal worth goes to the smaller key, so that every machine orders alike.
    """
    keys = scored.candidates.keys.tolist()
    points = scored.points.tolist()
    boost = 100 + context.catalogue.tuning.offer_boost_pct
    worth = {
        row: points[row] * (boost if keys[row] in allowed.offers else 100)
        for row in allowed.rows
    }
    ranked = sorted(allowed.rows, key=lambda row: (-worth[row], keys[row]))
    winners, lost = _pick(context, ranked, keys)
    choices = tuple(_choice(context, scored, allowed, row, worth[row]) for row in winners)
    rules = {**allowed.removed, **lost}
    losers = [
        Loser(_sku(context, keys[row]), points[row], rule)
        for row, rule in sorted(rules.items())
    ]
    return Chosen(choices=choices, losers=(*losers, *_lost_offers(context, scored, allowed)))


def _pick(
    context: Context, ranked: list[int], keys: list[int]
) -> tuple[list[int], dict[int, Rule]]:
    """Rows that win, best first, and why each other row does not."""
    limit, per_category = context.inputs.limit, context.placement.per_category
    winners, lost, categories = list[int](), dict[int, Rule](), Counter[str]()
    for row in ranked:
        category = context.catalogue.products[ItemKey(keys[row])].category
        if len(winners) >= limit:
            lost[row] = Rule.LOWER_WORTH
        elif categories[category] >= per_category:
            lost[row] = Rule.TOO_MUCH_ALIKE
        else:
            winners.append(row)
            categories[category] += 1
    return winners, lost


def _choice(context: Context, scored: Scored, allowed: Allowed, row: int, worth: int) -> Choice:
    key = ItemKey(int(scored.candidates.keys[row]))
    offer = allowed.offers.get(key)
    return Choice(
        sku=_sku(context, key),
        points=int(scored.points[row]),
        worth=worth // 100,
        sources=scored.candidates.names(row),
        offer=None if offer is None else offer.id,
    )


def _lost_offers(context: Context, scored: Scored, allowed: Allowed) -> list[Loser]:
    """Offers that a rule took off an item: also the ghost exposures of people held out."""
    row_of = {key: row for row, key in enumerate(scored.candidates.keys.tolist())}
    return [
        Loser(_sku(context, key), int(scored.points[row_of[key]]), rule, offer)
        for (key, offer), rule in sorted(allowed.lost_offers.items())
    ]


def _sku(context: Context, key: int) -> Sku:
    """The product's own number; one that is not in the catalogue is named by its key."""
    product = context.catalogue.products.get(ItemKey(key))
    return Sku(str(key)) if product is None else product.sku
