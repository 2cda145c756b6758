"""Step 8: competing candidates become one list; every loser keeps the name of the rule it lost to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from edge.domain.catalogue import Product
from edge.domain.decision import Choice, Claim, Loser, Rule
from edge.domain.ids import OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.places import Places, Test
from edge.steps.context import Context
from edge.steps.policy import Allowed
from edge.steps.score import POINTS, Scored
from models.ranker import ANNIVERSARY, BY_CHANCE, COMPLEMENT, RESUPPLY, STRATEGY

# Hundredths of a cent that must be expected of an offer for the whole boost, and how many boosts are too many.
_FULL = 1_000
_RAISED_AT_MOST = 10

# They stand behind the others: what is asked for comes before what is suggested.
_KEPT = frozenset({Claim.COMPLEMENT, Claim.EXPLORE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The outcome of the competition: winners best first, losers in the shortlist's order.

    ``strategy``: what ordered it; ``chance`` also where a named one had nothing that may be shown.
    """

    choices: tuple[Choice, ...]
    losers: tuple[Loser, ...]
    strategy: str = BY_CHANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A candidate that may win."""

    row: int
    product: Product
    offer: Offer | None
    expected: int | None
    worth: int
    claim: Claim


def choose(context: Context, scored: Scored, allowed: Allowed) -> Chosen:
    """Take the worthiest items within the placement's limit and variety.

    Worth is the chance in ten-thousandths, raised for an item on a permitted offer: by
    ``tuning.offer_boost_pct`` where nothing is known of the offer's redemption, else in proportion to what
    is expected of it, so much for ten cents and tenfold at most. An offer that is expected to leave nothing
    raises nothing. Equal worth goes to the smaller key, so that every machine orders alike.

    Then claims are heard, of which a named strategy knows none: what the person is due for comes before what
    they do not buy, and some places are kept for what goes with the basket or was never bought.
    """
    ranked, worth = _ranked(context, scored, allowed)
    seated = _seat(context, scored, allowed, ranked)
    choices = tuple(
        _choice(
            scored,
            _Entry(
                row=row,
                product=p,
                offer=allowed.offers.get(p.key),
                expected=allowed.expected.get(p.key),
                worth=int(worth[row]),
                claim=claim,
            ),
        )
        for row, claim in seated.taken
        if (p := allowed.products[row]) is not None
    )
    lost = _lost(scored, allowed, seated)
    strategies = context.catalogue.tuning.strategies
    led = any(scored.candidates.sources[row] & STRATEGY for row, _ in seated.taken)
    return Chosen(
        choices=choices,
        losers=(*lost, *_lost_offers(scored, allowed)),
        strategy=strategies[context.placement.name] if led else BY_CHANCE,
    )


def _ranked(
    context: Context, scored: Scored, allowed: Allowed
) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Rows that no rule removed, worthiest first, and the worth of every row in hundredths of a point."""
    places, merit = _merit(scored)
    worth = merit * 100
    if allowed.offers:
        raised = merit * context.catalogue.tuning.offer_boost_pct
        worth = worth + raised * _raises(scored, allowed) // _FULL
    kept = np.ones(len(worth), np.bool_)
    kept[list(allowed.removed)] = False
    order = np.lexsort((places, -worth))
    return order[kept[order]].tolist(), worth


def _merit(scored: Scored) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How equal worth is settled, and what each row is worth without offers. Shapes (n,).

    A named strategy hands out the candidates' own chances in its order: its first gets the largest, its second
    the next. So its order stands, and an offer still weighs what it weighs among chances.
    """
    keys, order = scored.candidates.keys, scored.candidates.order
    places = np.arange(len(keys))
    if not len(order):
        # Rows are in the order of their keys.
        return places, scored.points
    listed = np.full(len(keys), len(order))
    listed[np.searchsorted(keys, order)] = np.arange(len(order))
    rows = np.lexsort((places, -scored.points, listed))
    places[rows] = np.arange(len(keys))
    merit = np.empty_like(scored.points)
    merit[rows] = np.sort(scored.points)[::-1]
    return places, merit


def _raises(scored: Scored, allowed: Allowed) -> npt.NDArray[np.int64]:
    """How much of the boost each row gets, in parts of ``_FULL``. Shape (n,)."""
    raises = np.zeros(len(scored.points), np.int64)
    # A shortlist's keys are ascending.
    rows = np.searchsorted(scored.candidates.keys, np.fromiter(allowed.offers, np.int64))
    raises[rows] = [
        min(max(allowed.expected.get(key, _FULL), 0), _RAISED_AT_MOST * _FULL)
        for key in allowed.offers
    ]
    return raises


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seated:
    """Rows with their claims, best first; and why rows are not among them that worth alone would have put there."""

    taken: list[tuple[int, Claim]]
    reasons: Mapping[int, Rule]


def _seat(context: Context, scored: Scored, allowed: Allowed, ranked: list[int]) -> _Seated:
    """Give the places away."""
    places = Places(
        limit=context.inputs.limit,
        per_category=context.placement.per_category,
        category=lambda row: None if (p := allowed.products[row]) is None else p.category,
    )
    reasons = dict.fromkeys(places.fill(ranked), Rule.TOO_MUCH_ALIKE)
    if len(scored.candidates.order):
        return _Seated(taken=places.taken, reasons=reasons)
    is_due, is_known = _due(context, scored, ranked), _known(context, scored)
    due = [row for row in ranked if is_due[row] and row not in places]
    gone = places.yield_to(due, Claim.DUE, lambda row: not (is_known[row] or is_due[row]))
    reasons |= dict.fromkeys(gone, Rule.DUE_FIRST)
    points: list[int] = scored.points.tolist()
    for claim, count, claims in _kept(context, scored, is_known):
        missing = count - sum(claims[row] for row, _ in places.taken)
        if missing > 0:
            likeliest = sorted(row for row in ranked if claims[row])
            likeliest.sort(key=points.__getitem__, reverse=True)
            gone = places.keep(missing, likeliest, claim, _ways(claims, is_due))
            reasons |= dict.fromkeys(gone, Rule.PLACE_KEPT)
    return _Seated(taken=_in_order(places.taken, ranked, is_due, is_known), reasons=reasons)


def _due(context: Context, scored: Scored, ranked: list[int]) -> list[bool]:
    """Rows that come before what the person does not buy: due and likely enough, or one of a date.

    What is bought once a year has no chance that a model of weekly baskets could know, so it needs none.
    """
    sources = scored.candidates.sources
    if not context.placement.reminds:
        return [False] * len(sources)
    likely = scored.points >= context.catalogue.tuning.due_chance_pct * (POINTS // 100)
    due = (sources & RESUPPLY > 0) & likely
    if (sources & ANNIVERSARY).any():
        due[[row for row in ranked if sources[row] & ANNIVERSARY][:1]] = True
    rows: list[bool] = due.tolist()
    return rows


def _known(context: Context, scored: Scored) -> list[bool]:
    """Rows that the person has bought before."""
    profile = context.view.profile
    if profile is None:
        return [False] * len(scored.points)
    rows: list[bool] = np.isin(scored.candidates.keys, profile.keys).tolist()
    return rows


def _kept(
    context: Context, scored: Scored, is_known: list[bool]
) -> Iterable[tuple[Claim, int, list[bool]]]:
    """Places kept: the claim, how many, and whose it is. Without a past everything is new, and nothing is kept."""
    given, placement = context.inputs, context.placement
    if placement.complements and given.basket:
        yield (
            Claim.COMPLEMENT,
            placement.complements,
            (scored.candidates.sources & COMPLEMENT > 0).tolist(),
        )
    pct = context.catalogue.tuning.explore_pct
    count = placement.explore_places(given.limit, pct, given.visit or given.id)
    if count and any(is_known):
        yield Claim.EXPLORE, count, [not known for known in is_known]


def _ways(claims: list[bool], is_due: list[bool]) -> tuple[Test, Test]:
    """Who gives way to a kept place: the last that has no such claim itself, rather not what is due."""
    return (lambda row: not (claims[row] or is_due[row])), (lambda row: not claims[row])


def _in_order(
    taken: list[tuple[int, Claim]], ranked: list[int], is_due: list[bool], is_known: list[bool]
) -> list[tuple[int, Claim]]:
    """Worthiest first, but what is not bought behind what is due, and kept places last."""
    rank = {row: ranked.index(row) for row, _ in taken}
    last_due = max((rank[row] for row, _ in taken if is_due[row]), default=-1)

    def place(seat: tuple[int, Claim]) -> tuple[bool, int, bool, int]:
        row, claim = seat
        behind = not is_known[row] and not is_due[row] and rank[row] < last_due
        return claim in _KEPT, last_due if behind else rank[row], behind, rank[row]

    return sorted(taken, key=place)


def _lost(scored: Scored, allowed: Allowed, seated: _Seated) -> Iterable[Loser]:
    """Everything but the winners, in the shortlist's order. Hundreds a decision: made in one sweep."""
    skus, points = _skus(scored, allowed), scored.points.tolist()
    rules = [Rule.LOWER_WORTH] * len(skus)
    for row, rule in (*allowed.removed.items(), *seated.reasons.items()):
        rules[row] = rule
    for row in sorted((row for row, _ in seated.taken), reverse=True):
        del skus[row], points[row], rules[row]
    return map(Loser._make, zip(skus, points, rules, repeat(None), strict=False))


def _choice(scored: Scored, entry: _Entry) -> Choice:
    offer = None if entry.offer is None else entry.offer.id
    return Choice(
        sku=entry.product.sku,
        points=int(scored.points[entry.row]),
        worth=entry.worth // 100,
        sources=scored.candidates.names(entry.row),
        offer=offer,
        offer_points=None if offer is None else scored.redemption.get(offer),
        offer_expected=entry.expected,
        claim=entry.claim,
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
