"""Step 8: competing candidates become one list; every loser keeps the name of the rule it lost to.

`flow` calls it with what is allowed; `worth` prices every row, `content` fills what won.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.offer_rules import crowded_out
from edge.decision.steps.product_rules import AllowedItems
from edge.decision.steps.score import POINTS, Scored
from edge.decision.steps.worth import WorthTerms, churn_risks, ranked
from edge.domain.catalogue import Product
from edge.domain.decision import Choice, RejectedCandidate, Rule, SlotClaim
from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.slot_allocation import SlotAllocation, Test
from models.serving.ranker import (
    ANNIVERSARY,
    BY_CHANCE,
    COMPLEMENT,
    DISCOVERY,
    RESUPPLY,
    STRATEGY,
)

# They stand behind the others: what is asked for comes before what is suggested.
_KEPT = frozenset({SlotClaim.COMPLEMENT, SlotClaim.EXPLORE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The outcome of the competition: winners best first, losers in the shortlist's order.

    ``strategy``: what ordered it; ``chance`` also where a named one had nothing that may be shown. ``ghosts``:
    offers that would have been among the winners but for a holdout.
    """

    choices: tuple[Choice, ...]
    losers: tuple[RejectedCandidate, ...]
    strategy: str = BY_CHANCE
    ghosts: tuple[OfferId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A candidate that may win."""

    row: int
    product: Product
    offer: Offer | None
    expected: int | None
    terms: tuple[int, int, int, int]
    claim: SlotClaim
    risk: int | None = None


def choose(context: DecisionContext, scored: Scored, allowed: AllowedItems) -> Chosen:
    """Take the worthiest items within the placement's limit and variety.

    Worth is the value equation of `edge.domain.value`. Its relevance is the chance in ten-thousandths, raised for
    an item on a permitted offer: by ``tuning.offer_boost_pct`` where nothing is known of the offer's redemption,
    else in proportion to what is expected of it, so much for ten smallest units and tenfold at most, times the
    priority of its campaign. An offer that is expected to leave nothing raises nothing. Equal worth goes to the
    smaller key, so that every machine orders alike. On the list at arrival, by which the model is judged, worth is the
    chance alone.

    Then claims are heard, of which a named strategy knows none: what the person is due for comes before what
    they do not buy, and some places are kept for what goes with the basket or was never bought.
    """
    held = _compete(context, scored, allowed, allowed.offers)
    offers, seated = held.offers, held.seated
    risks = churn_risks(context, offers.values())
    choices = tuple(
        _choice(
            scored,
            _Entry(
                row=row,
                product=p,
                offer=offers.get(p.key),
                expected=_expected(allowed, offers.get(p.key), p.key),
                terms=held.terms.of(row),
                claim=claim,
                risk=None if (o := offers.get(p.key)) is None else risks.get(o.id),
            ),
        )
        for row, claim in seated.taken
        if (p := allowed.products[row]) is not None
    )
    lost = _lost(scored, allowed, seated)
    led = any(scored.candidates.sources[row] & STRATEGY for row, _ in seated.taken)
    return Chosen(
        choices=choices,
        losers=(*lost, *_lost_offers(scored, allowed, {**allowed.lost_offers, **held.crowded})),
        strategy=context.strategy if led else BY_CHANCE,
        ghosts=_ghosts(context, scored, allowed),
    )


def _ghosts(
    context: DecisionContext, scored: Scored, allowed: AllowedItems
) -> tuple[OfferId, ...]:
    """The competition once more as if nobody were held out: the withheld offers on its winners, sorted."""
    # The second competition costs as much as the first: it is held only where it can find a ghost.
    if not allowed.withheld:
        return ()
    held = _compete(context, scored, allowed, {**allowed.offers, **allowed.withheld})
    won = {o.id for key, o in _won(allowed, held) if o is allowed.withheld.get(key)}
    return tuple(sorted(won))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A competition that was held. ``crowded``: offers that took no part, since the person's week has no room."""

    offers: Mapping[ItemKey, Offer]
    terms: WorthTerms
    seated: _Seated
    crowded: Mapping[tuple[ItemKey, OfferId], Rule] = field(
        default_factory=dict[tuple[ItemKey, OfferId], Rule]
    )


def _compete(
    context: DecisionContext,
    scored: Scored,
    allowed: AllowedItems,
    offers: Mapping[ItemKey, Offer],
) -> _Held:
    """Give the places away; where the winners' offers are too many for the person's week, once more without some."""
    order, terms = ranked(context, scored, allowed, offers)
    held = _Held(offers=offers, terms=terms, seated=_seat(context, scored, allowed, order))
    # The usual case ends here: nothing else is asked while the few winners fit into the week.
    if not crowded_out(context, (offer for _, offer in _won(allowed, held))):
        return held
    products = (allowed.products[row] for row in order)
    # Every offer in the order of worth, not the winners' alone: what moves up has to fit into the week as well.
    wanted = [offers[p.key] for p in products if p is not None and p.key in offers]
    lost = crowded_out(context, wanted)
    kept = {key: offer for key, offer in offers.items() if offer.id not in lost}
    order, terms = ranked(context, scored, allowed, kept)
    return _Held(
        offers=kept,
        terms=terms,
        seated=_seat(context, scored, allowed, order),
        crowded={(key, o.id): lost[o.id] for key, o in offers.items() if o.id in lost},
    )


def _won(allowed: AllowedItems, held: _Held) -> Iterable[tuple[ItemKey, Offer]]:
    """The winners' items with their offers."""
    products = (allowed.products[row] for row, _ in held.seated.taken)
    return ((p.key, held.offers[p.key]) for p in products if p and p.key in held.offers)


def _expected(allowed: AllowedItems, offer: Offer | None, key: ItemKey) -> int | None:
    return None if offer is None else allowed.expected.get((key, offer.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seated:
    """Rows with their claims, best first; and why rows are not among them that worth alone would have put there."""

    taken: list[tuple[int, SlotClaim]]
    reasons: Mapping[int, Rule]


def _seat(
    context: DecisionContext, scored: Scored, allowed: AllowedItems, ranked: list[int]
) -> _Seated:
    """Give the places away."""
    places = SlotAllocation(
        limit=context.inputs.limit,
        per_category=context.placement.per_category,
        category=lambda row: None if (p := allowed.products[row]) is None else p.category,
        # The list by which the model is judged is read by nobody.
        per_name=context.catalogue.tuning.same_name * context.placement.can_be_overlooked,
        name=lambda row: None if (p := allowed.products[row]) is None else p.reads_as,
    )
    reasons = places.fill(ranked)
    # The order of a named strategy is what was chosen, or is under test: no claim may change it.
    if len(scored.candidates.order):
        return _Seated(taken=places.taken, reasons=reasons)
    is_due, is_known = _due(context, scored, ranked), _known(context, scored)
    due = [row for row in ranked if is_due[row] and row not in places]
    # Own favourites give no place: a reminder displaces only what the person does not buy.
    gone = places.yield_to(due, SlotClaim.DUE, lambda row: not (is_known[row] or is_due[row]))
    reasons |= dict.fromkeys(gone, Rule.DUE_FIRST)
    points: list[int] = scored.points.tolist()
    for claim, count, claims in _kept(context, scored, is_known):
        # A list that shows such an item by worth already keeps no further place for one.
        missing = count - sum(claims[row] for row, _ in places.taken)
        if missing > 0:
            # By chance, not worth: an offer buys no kept place. A stable sort leaves equal chances by key.
            likeliest = _unlike_shown(
                context, allowed, places, sorted(row for row in ranked if claims[row])
            )
            likeliest.sort(key=points.__getitem__, reverse=True)
            gone = places.keep(missing, likeliest, claim, _ways(claims, is_due))
            reasons |= dict.fromkeys(gone, Rule.PLACE_KEPT)
    return _Seated(taken=_in_order(places.taken, ranked, is_due, is_known), reasons=reasons)


def _unlike_shown(
    context: DecisionContext, allowed: AllowedItems, places: SlotAllocation, rows: list[int]
) -> list[int]:
    """``rows`` without those that read like what has a place: no kept place is for another pack of it."""
    # Stored decisions of before this was asked are made again as they were.
    if context.inputs.pairs is None:
        return rows
    products = allowed.products
    shown = {p.reads_as for row, _ in places.taken if (p := products[row]) is not None}
    return [r for r in rows if (p := products[r]) is not None and p.reads_as not in shown]


def _due(context: DecisionContext, scored: Scored, ranked: list[int]) -> list[bool]:
    """Rows that come before what the person does not buy: due and likely enough, or one of a date.

    What is bought once a year has no chance that a model of weekly baskets could know, so it needs none.
    """
    sources = scored.candidates.sources
    if not context.placement.reminds:
        return [False] * len(sources)
    likely = scored.points >= context.catalogue.tuning.due_chance_pct * (POINTS // 100)
    due = (sources & RESUPPLY > 0) & likely
    # Only the worthiest: no chance is asked of these, so nothing else would bound how many come first.
    if (sources & ANNIVERSARY).any():
        due[[row for row in ranked if sources[row] & ANNIVERSARY][:1]] = True
    rows: list[bool] = due.tolist()
    return rows


def _known(context: DecisionContext, scored: Scored) -> list[bool]:
    """Rows that the person has bought before."""
    profile = context.view.profile
    if profile is None:
        return [False] * len(scored.points)
    # Both hold each key once, so numpy need not look for doubles.
    rows: list[bool] = np.isin(
        scored.candidates.keys, profile.keys, assume_unique=True
    ).tolist()
    return rows


def _kept(
    context: DecisionContext, scored: Scored, is_known: list[bool]
) -> Iterable[tuple[SlotClaim, int, list[bool]]]:
    """Places kept: the claim, how many, and whose it is. Without a past everything is new, and nothing is kept."""
    given, placement = context.inputs, context.placement
    if placement.complements and given.basket:
        yield (
            SlotClaim.COMPLEMENT,
            placement.complements,
            (scored.candidates.sources & COMPLEMENT > 0).tolist(),
        )
    pct = context.catalogue.tuning.explore_pct
    # Drawn by the visit, so that a screen keeps its layout while somebody stands before it.
    count = placement.explore_places(given.limit, pct, given.visit or given.id)
    if count and any(is_known):
        yield SlotClaim.EXPLORE, count, _new(scored, is_known)


def _new(scored: Scored, is_known: list[bool]) -> list[bool]:
    """Rows for a place kept for something new: discoveries where there are any, else what was never bought."""
    found: list[bool] = (scored.candidates.sources & DISCOVERY > 0).tolist()
    return found if any(found) else [not known for known in is_known]


def _ways(claims: list[bool], is_due: list[bool]) -> tuple[Test, Test]:
    """Who gives way to a kept place: the last that has no such claim itself, rather not what is due."""
    return (lambda row: not (claims[row] or is_due[row])), (lambda row: not claims[row])


def _in_order(
    taken: list[tuple[int, SlotClaim]],
    ranked: list[int],
    is_due: list[bool],
    is_known: list[bool],
) -> list[tuple[int, SlotClaim]]:
    """Worthiest first, but what is not bought behind what is due, and kept places last."""
    rank = {row: ranked.index(row) for row, _ in taken}
    last_due = max((rank[row] for row, _ in taken if is_due[row]), default=-1)

    def place(seat: tuple[int, SlotClaim]) -> tuple[bool, int, bool, int]:
        row, claim = seat
        behind = not is_known[row] and not is_due[row] and rank[row] < last_due
        return claim in _KEPT, last_due if behind else rank[row], behind, rank[row]

    return sorted(taken, key=place)


def _lost(
    scored: Scored, allowed: AllowedItems, seated: _Seated
) -> Iterable[RejectedCandidate]:
    """Everything but the winners, in the shortlist's order. Hundreds a decision: made in one sweep."""
    skus, points = _skus(scored, allowed), scored.points.tolist()
    rules = [Rule.LOWER_WORTH] * len(skus)
    for row, rule in (*allowed.removed.items(), *seated.reasons.items()):
        rules[row] = rule
    # From the end, so that the rows still to be deleted keep their numbers.
    for row in sorted((row for row, _ in seated.taken), reverse=True):
        del skus[row], points[row], rules[row]
    # Not strict: `repeat` has no end.
    return map(RejectedCandidate._make, zip(skus, points, rules, repeat(None), strict=False))


def _choice(scored: Scored, entry: _Entry) -> Choice:
    offer = None if entry.offer is None else entry.offer.id
    worth, timeliness, loss, trust = entry.terms
    return Choice(
        sku=entry.product.sku,
        points=int(scored.points[entry.row]),
        # Reckoned in hundredths of a point, told in points.
        worth=worth // 100,
        sources=scored.candidates.names(entry.row),
        offer=offer,
        offer_points=None if offer is None else scored.redemption.get(offer),
        offer_expected=entry.expected,
        claim=entry.claim,
        timeliness=timeliness,
        loss=loss,
        trust=trust,
        churn_risk_pct=entry.risk,
    )


def _skus(scored: Scored, allowed: AllowedItems) -> list[Sku]:
    """The product's own number for each row; one that is not sold here is named by its key."""
    keys: list[int] = scored.candidates.keys.tolist()
    return [
        Sku(str(key)) if product is None else product.sku
        for key, product in zip(keys, allowed.products, strict=True)
    ]


def _lost_offers(
    scored: Scored, allowed: AllowedItems, lost: Mapping[tuple[ItemKey, OfferId], Rule]
) -> list[RejectedCandidate]:
    """Offers that a rule took off an item: also the ghost exposures of people held out."""
    if not lost:
        return []
    rows = {p.key: row for row, p in enumerate(allowed.products) if p is not None}
    skus, points = _skus(scored, allowed), scored.points
    return [
        RejectedCandidate(skus[rows[key]], int(points[rows[key]]), rule, OfferId(offer))
        for (key, offer), rule in sorted(lost.items())
    ]
