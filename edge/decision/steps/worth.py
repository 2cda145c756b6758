"""What every candidate is worth here: the value equation over a whole shortlist at once.

`arbitrate` calls it and takes the rows in the order that it gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.product_rules import AllowedItems
from edge.decision.steps.score import Scored
from edge.domain.customer_value import CHURN_RISK
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.domain.value import TELLS, WHOLE, Ints, loss_pct, trust_pct, worth
from models.serving.ranker import ANNIVERSARY, RESUPPLY, SOURCE_NAMES

# Hundredths of a cent that must be expected of an offer for the whole boost, and how many boosts are too many.
_FULL = 1_000
_RAISED_AT_MOST = 10


# How telling each combination of sources is: the most telling of them.
# A table of every combination: a look-up for each row, no loop over its bits.
_REVEALS: Ints = np.array(
    [
        max((TELLS.get(n, 0) for i, n in enumerate(SOURCE_NAMES) if bits >> i & 1), default=0)
        for bits in range(1 << len(SOURCE_NAMES))
    ],
    np.int64,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorthTerms:
    """The terms of every row's worth. Shapes (n,), int64: ``worth`` in hundredths of a point, others in per cent."""

    worth: Ints
    timeliness: Ints
    loss: Ints
    trust: Ints

    def of(self, row: int) -> tuple[int, int, int, int]:
        """One row's."""
        return (
            int(self.worth[row]), int(self.timeliness[row]), int(self.loss[row]), int(self.trust[row])
        )  # fmt: skip


def _terms(
    context: DecisionContext,
    scored: Scored,
    allowed: AllowedItems,
    offers: Mapping[ItemKey, Offer],
    relevance: Ints,
) -> WorthTerms:
    sources, tuning = scored.candidates.sources, context.catalogue.tuning
    due = sources & (RESUPPLY | ANNIVERSARY) > 0
    reveals = _REVEALS[sources]
    # Not on the list at arrival, by which the model is judged.
    timed = context.placement.can_be_overlooked
    timeliness = due.astype(np.int64) * (tuning.timeliness_pct if timed else 0)
    if timed:
        # Set, not added: what is due and on its last day is timely once.
        timeliness[_rows_of(scored, _last_day(context, offers))] = tuning.timeliness_pct
    loss = loss_pct(reveals, context.placement.surface, tuning.privacy_weight_pct)
    whole = np.full(len(sources), WHOLE, np.int64)
    trust = whole if context.by_chance_alone else _trust(context, allowed)
    return WorthTerms(
        worth=worth(relevance, timeliness, loss, trust),
        timeliness=timeliness,
        loss=loss,
        trust=trust,
    )


def _last_day(context: DecisionContext, offers: Mapping[ItemKey, Offer]) -> list[ItemKey]:
    """Items whose offer ends within a day."""
    soon = context.inputs.at + timedelta(days=1)
    return [key for key, offer in offers.items() if offer.ends_at <= soon]


def _trust(context: DecisionContext, allowed: AllowedItems) -> Ints:
    """What is left of the person's trust in each row's category, in per cent."""
    noes = context.inputs.disliked
    if not noes:
        return np.full(len(allowed.products), WHOLE, np.int64)
    rows = (0 if p is None else noes.get(p.category, 0) for p in allowed.products)
    return np.fromiter(map(trust_pct, rows), np.int64, len(allowed.products))


def ranked(
    context: DecisionContext,
    scored: Scored,
    allowed: AllowedItems,
    offers: Mapping[ItemKey, Offer],
) -> tuple[list[int], WorthTerms]:
    """Rows that no rule removed, worthiest first with ``offers``, and the terms of every row's worth.

    On the list by which the model is judged worth is the chance alone, whatever else speaks for or against an item.
    """
    places, merit = _merit(scored)
    # A hundredfold, so that a boost in per cent adds to it in whole numbers.
    relevance = merit * 100
    if offers and not context.by_chance_alone:
        raised = merit * context.catalogue.tuning.offer_boost_pct
        relevance = relevance + raised * _raises(context, scored, allowed, offers) // _FULL
    terms = _terms(context, scored, allowed, offers, relevance)
    kept = np.ones(len(relevance), np.bool_)
    # Removed rows keep their place in every array and are only left out of the order.
    kept[list(allowed.removed)] = False
    # `lexsort` takes its last key first.
    order = np.lexsort((places, -terms.worth))
    return order[kept[order]].tolist(), terms


def _merit(scored: Scored) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How equal worth is settled, and what each row is worth without offers. Shapes (n,).

    A named strategy hands out the candidates' own chances in its order: its first gets the largest, its second
    the next. So its order stands, and an offer still weighs what it weighs among chances.
    """
    keys, order = scored.candidates.keys, scored.candidates.order
    places = np.arange(len(keys))
    if not len(order):
        # Rows are in the order of their keys; what only fills up has an order of its own, behind them.
        filling = scored.candidates.filling
        places[np.searchsorted(keys, filling)] = len(keys) + np.arange(len(filling))
        return places, scored.points
    # What the strategy does not list stands behind its list, by its own chance.
    listed = np.full(len(keys), len(order))
    listed[np.searchsorted(keys, order)] = np.arange(len(order))
    rows = np.lexsort((places, -scored.points, listed))
    places[rows] = np.arange(len(keys))
    merit = np.empty_like(scored.points)
    merit[rows] = np.sort(scored.points)[::-1]
    return places, merit


def _raises(
    context: DecisionContext,
    scored: Scored,
    allowed: AllowedItems,
    offers: Mapping[ItemKey, Offer],
) -> Ints:
    """How much of the boost each row gets, in parts of ``_FULL``. Shape (n,)."""
    raises = np.zeros(len(scored.points), np.int64)
    rows = _rows_of(scored, offers)
    raises[rows] = _FULL
    if allowed.expected:
        raises[rows] = [
            # What nobody foresaw has the whole boost, as everything has without a model.
            min(max(allowed.expected.get((key, offer.id), _FULL), 0), _RAISED_AT_MOST * _FULL)
            for key, offer in offers.items()
        ]
    priorities = context.catalogue.priorities
    if priorities:
        # An offer of no campaign weighs as it is.
        pct = [priorities.get(offer.campaign, WHOLE) for offer in offers.values()]
        raises[rows] = raises[rows] * np.array(pct, np.int64) // WHOLE
    risks = churn_risks(context, offers.values())
    if risks:
        more = context.catalogue.tuning.win_back_pct
        pct = [WHOLE + more * risks.get(offer.id, 0) // WHOLE for offer in offers.values()]
        raises[rows] = raises[rows] * np.array(pct, np.int64) // WHOLE
    return raises


def churn_risks(context: DecisionContext, offers: Iterable[Offer]) -> Mapping[OfferId, int]:
    """Of the offers whose audience asks for churn risk, the person's in per cent; none where it is not known."""
    audiences = context.catalogue.audiences
    # No offer raises anything on the list by which the model is judged.
    if not context.catalogue.tuning.win_back_pct or not context.placement.can_be_overlooked:
        return {}
    asking = [o.id for o in offers if o.audience and CHURN_RISK in audiences[o.audience].reads]
    # The risk is worked out only where an offer is for those who may be leaving.
    risk = context.churn_risk_pct() if asking else -1
    return dict.fromkeys(asking, risk) if risk > 0 else {}


def _rows_of(scored: Scored, keys: Iterable[ItemKey]) -> npt.NDArray[np.intp]:
    """The rows of items that are on the shortlist, whose keys are ascending."""
    return np.searchsorted(scored.candidates.keys, np.fromiter(keys, np.int64))
