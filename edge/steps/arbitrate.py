"""Step 8: competing candidates become one list; every loser keeps the name of the rule it lost to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from edge.domain.catalogue import Product
from edge.domain.decision import Choice, Loser, Rule
from edge.domain.ids import OfferId, Sku
from edge.domain.offer import Offer
from edge.steps.context import Context
from edge.steps.policy import Allowed
from edge.steps.score import Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The outcome of the competition: winners best first, losers in the shortlist's order."""

    choices: tuple[Choice, ...]
    losers: tuple[Loser, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A candidate that may win."""

    row: int
    product: Product
    offer: Offer | None
    worth: int


def choose(context: Context, scored: Scored, allowed: Allowed) -> Chosen:
    """Take the worthiest items within the placement's limit and variety.

    Worth is the chance in ten-thousandths, raised by ``tuning.offer_boost_pct`` for an item on a permitted
    offer; equal worth goes to the smaller key, so that every machine orders alike.
    """
    ranked, worth = _ranked(context, scored, allowed)
    winners, lost = _pick(context, ranked, allowed.products)
    points: list[int] = scored.points.tolist()
    rules = {**allowed.removed, **lost}
    skus = _skus(scored, allowed)
    rows = sorted(rules)
    # Hundreds a decision: made in one sweep.
    losers = map(
        Loser._make,
        zip(
            [skus[row] for row in rows],
            [points[row] for row in rows],
            [rules[row] for row in rows],
            repeat(None),
            strict=False,
        ),
    )
    choices = (
        _choice(
            scored,
            _Entry(row=row, product=p, offer=allowed.offers.get(p.key), worth=worth[row]),
        )
        for row, p in winners
    )
    return Chosen(choices=tuple(choices), losers=(*losers, *_lost_offers(scored, allowed)))


def _ranked(
    context: Context, scored: Scored, allowed: Allowed
) -> tuple[list[int], Sequence[int]]:
    """Rows that no rule removed, worthiest first, and the worth of every row in hundredths of a point."""
    worth = scored.points * 100
    if allowed.offers:
        boosted = np.isin(scored.candidates.keys, np.fromiter(allowed.offers, np.int64))
        worth = worth + scored.points * context.catalogue.tuning.offer_boost_pct * boosted
    # Rows are in the order of their keys, so a stable sort settles ties by key.
    order: list[int] = np.argsort(-worth, kind="stable").tolist()
    return [row for row in order if row not in allowed.removed], worth.tolist()


def _pick(
    context: Context, ranked: list[int], products: Sequence[Product | None]
) -> tuple[list[tuple[int, Product]], dict[int, Rule]]:
    """Rows that win, best first, and why each other row does not."""
    limit, per_category = context.inputs.limit, context.placement.per_category
    winners, lost, categories = list[tuple[int, Product]](), dict[int, Rule](), Counter[str]()
    for place, row in enumerate(ranked):
        if len(winners) >= limit:
            lost.update(dict.fromkeys(ranked[place:], Rule.LOWER_WORTH))
            break
        product = products[row]
        if product is None or categories[product.category] >= per_category:
            lost[row] = Rule.TOO_MUCH_ALIKE
        else:
            winners.append((row, product))
            categories[product.category] += 1
    return winners, lost


def _choice(scored: Scored, entry: _Entry) -> Choice:
    return Choice(
        sku=entry.product.sku,
        points=int(scored.points[entry.row]),
        worth=entry.worth // 100,
        sources=scored.candidates.names(entry.row),
        offer=None if entry.offer is None else entry.offer.id,
    )


def _skus(scored: Scored, allowed: Allowed) -> list[Sku]:
    """The product's own number for each row; one that is not sold here is named by its key."""
    keys: list[int] = scored.candidates.keys.tolist()
    return [
        Sku(str(key)) if product is None else product.sku
        for key, product in zip(keys, allowed.products, strict=True)
    ]


def _lost_offers(scored: Scored, allowed: Allowed) -> list[Loser]:
    """Offers that a rule took off an item: also the ghost exposures of people held out."""
    if not allowed.lost_offers:
        return []
    rows = {p.key: row for row, p in enumerate(allowed.products) if p is not None}
    skus, points = _skus(scored, allowed), scored.points
    return [
        Loser(skus[rows[key]], int(points[rows[key]]), rule, OfferId(offer))
        for (key, offer), rule in sorted(allowed.lost_offers.items())
    ]
