"""Step 4: what could be recommended here and now – habits, neighbours, complements, trend, resupply, offers."""

from __future__ import annotations

import numpy as np

from edge.steps.context import Context
from models.ranker import Ranker, Shortlist


def shortlist(context: Context, ranker: Ranker) -> Shortlist:
    """At most ``tuning.shortlist`` candidates, every item on a live offer among them."""
    on_offer = {key for offer in context.live_offers for key in offer.items}
    extra = np.array(sorted(on_offer), np.int64)
    return ranker.shortlist(context.view, context.catalogue.tuning.shortlist, extra)
