"""Step 8: competing candidates become one list; every loser keeps the name of the rule it lost to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

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
    winners, alike = _pick(context, ranked, allowed.products)
    choices = (
        _choice(
            scored,
            _Entry(row=row, product=p, offer=allowed.offers.get(p.key), worth=int(worth[row])),
        )
        for row, p in winners
    )
    lost = _lost(scored, allowed, [row for row, _ in winners], alike)
    return Chosen(choices=tuple(choices), losers=(*lost, *_lost_offers(scored, allowed)))


def _ranked(
    context: Context, scored: Scored, allowed: Allowed
) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Rows that no rule removed, worthiest first, and the worth of every row in hundredths of a point."""
    worth = scored.points * 100
    if allowed.offers:
        boosted = np.isin(scored.candidates.keys, np.fromiter(allowed.offers, np.int64))
        worth = worth + scored.points * context.catalogue.tuning.offer_boost_pct * boosted
    kept = np.ones(len(worth), np.bool_)
    kept[list(allowed.removed)] = False
    # Rows are in the order of their keys, so a stable sort settles ties by key.
    order = np.argsort(-worth, kind="stable")
    return order[kept[order]].tolist(), worth


def _pick(
    context: Context, ranked: Sequence[int], products: Sequence[Product | None]
) -> tuple[list[tuple[int, Product]], list[int]]:
    """Rows that win, best first, and rows that would but for too many of their category."""
    limit, per_category = context.inputs.limit, context.placement.per_category
    winners, alike, categories = list[tuple[int, Product]](), list[int](), Counter[str]()
    for row in ranked:
        if len(winners) >= limit:
            break
        product = products[row]
        if product is None or categories[product.category] >= per_category:
            alike.append(row)
        else:
            winners.append((row, product))
            categories[product.category] += 1
    return winners, alike


def _lost(
    scored: Scored, allowed: Allowed, winners: Sequence[int], alike: Sequence[int]
) -> Iterable[Loser]:
    """Everything but the winners, in the shortlist's order. Hundreds a decision: made in one sweep."""
    skus, points = _skus(scored, allowed), scored.points.tolist()
    rules = [Rule.LOWER_WORTH] * len(skus)
    for row, rule in allowed.removed.items():
        rules[row] = rule
    for row in alike:
        rules[row] = Rule.TOO_MUCH_ALIKE
    for row in sorted(winners, reverse=True):
        del skus[row], points[row], rules[row]
    return map(Loser._make, zip(skus, points, rules, repeat(None), strict=False))


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
