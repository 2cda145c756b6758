"""Step 5: how likely each candidate is bought, and each offer on one redeemed; each kind in one batch.

`flow` calls it with the shortlist; the bundle's ranker answers, and arms are drawn next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edge.decision.steps.context import DecisionContext
from edge.domain.catalogue import Product
from edge.domain.decision import InputFreshness
from edge.domain.ids import OfferId
from edge.domain.offer import Offer
from models.offers.worth import points_of, worth
from models.serving.ranker import Ranker, RedemptionPredictor, Shortlist

# Chances are kept in ten-thousandths: coarser than the last bits in which two processors' arithmetic may differ,
# finer than any difference a shopper could notice. This is what lets a decision replay byte for byte elsewhere.
POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Candidates with their chances.

    ``points``: shape (n,), int64, chance in ten-thousandths, in the shortlist's row order. ``redemption``:
    chance that this person redeems a live offer on a candidate, in ten-thousandths; empty where it is not known.
    """

    candidates: Shortlist
    points: npt.NDArray[np.int64]
    redemption: Mapping[OfferId, int] = field(default_factory=dict[OfferId, int])


def score(context: DecisionContext, candidates: Shortlist, ranker: Ranker) -> Scored:
    """Ask the model once for all candidates, and once for all offers on them."""
    if len(candidates.keys) == 0:
        return Scored(candidates=candidates, points=np.empty(0, np.int64))
    # In double precision, so that the product rounds nothing before `rint` does.
    chance = ranker.score(context.view, candidates.keys).astype(np.float64)
    # A model may stray out of its range; the value equation's whole numbers are made for chances.
    points = np.rint(np.clip(chance, 0.0, 1.0) * POINTS).astype(np.int64)
    return Scored(
        candidates=candidates,
        points=points,
        redemption=_redemption(context, candidates, ranker),
    )


def expected(
    context: DecisionContext, scored: Scored, offer: Offer, product: Product
) -> int | None:
    """What ``offer`` leaves on ``product``, times the chance that it is redeemed, in hundredths of a cent.

    None where the chance is not known. The margin is ``tuning.margin_pct`` of the price. This is what a
    redemption is worth, not what the offer adds: whoever redeems might have bought anyway.
    """
    points = scored.redemption.get(offer.id)
    if points is None:
        return None
    # Cents times per cent are hundredths of a cent; the discount is brought to the same unit.
    margin = product.price_cents * context.catalogue.tuning.margin_pct
    return worth(points, margin, offer.discount_cents * 100)


def _redemption(
    context: DecisionContext, candidates: Shortlist, ranker: Ranker
) -> Mapping[OfferId, int]:
    """Asked for a known person alone, of a model that knows offers, while prices can be believed."""
    profile = context.view.profile
    if (
        profile is None
        or context.inputs.token is None
        or not isinstance(ranker, RedemptionPredictor)
    ):
        return {}
    keys = frozenset(candidates.keys.tolist())
    by_item = context.standing.by_item
    concerned = {o.id: o for key in keys & by_item.keys() for o in by_item[key]}
    # One order of the batch, whatever order the centre told offers in.
    offers = [concerned[id_] for id_ in sorted(concerned)]
    if not offers or context.rungs["prices"] is InputFreshness.DROP:
        return {}
    items = [offer.items for offer in offers]
    chances = ranker.redemption(profile, items, context.coupons, context.inputs.day)
    if chances is None:
        return {}
    return dict(zip([offer.id for offer in offers], points_of(chances).tolist(), strict=True))
