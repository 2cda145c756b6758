"""Step 4: what could be recommended here and now – habits, neighbours, complements, trend, resupply, offers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.steps.context import Context
from models.ranker import Ranker, Shortlist

# A portfolio of many offers must not push a person's own products off the shortlist.
_OFFERS_SHARE = 4


def shortlist(context: Context, ranker: Ranker) -> Shortlist:
    """At most ``tuning.shortlist`` candidates; items on live offers take a quarter of the places at most."""
    limit = context.catalogue.tuning.shortlist
    return ranker.shortlist(context.view, limit, _on_offer(context, limit // _OFFERS_SHARE))


def _on_offer(context: Context, limit: int) -> npt.NDArray[np.int64]:
    """Keys of items on live offers, ascending; of too many those with the largest discount, then lowest key."""
    best = dict[int, int]()
    for offer in context.live_offers:
        for key in offer.items:
            best[key] = max(offer.discount_cents, best.get(key, 0))
    chosen = sorted(best, key=lambda key: (-best[key], key))[:limit]
    return np.array(sorted(chosen), np.int64)
