"""Step 4: what could be recommended here and now – habits, neighbours, complements, trend, resupply, offers.

`flow` calls it with the situation; what it finds is scored next.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import numpy.typing as npt

from edge.decision.steps.context import DecisionContext
from models.features.request import no_items
from models.items import Keys
from models.serving.ranker import BY_CHANCE, STRATEGY, Ranker, Shortlist

# A portfolio of many offers must not push a person's own products off the shortlist.
_OFFERS_SHARE = 4


# What a named strategy puts first; the others stay, so that a short list is filled and no place is blank.
_STRATEGY_SHARE = 4


def shortlist(context: DecisionContext, ranker: Ranker) -> Shortlist:
    """At most ``tuning.shortlist`` candidates; items on live offers take a quarter of the places at most.

    Where the placement has a named strategy, the first quarter is its list, in its order.
    """
    limit = context.catalogue.tuning.shortlist
    order = _ordered(context, ranker, limit // _STRATEGY_SHARE)
    offers = _on_offer(context, limit // _OFFERS_SHARE)
    # The strategy's places come off the model's, so that no more are scored than tuning allows.
    found = ranker.shortlist(context.view, limit - len(order), offers)
    return _led(found, order) if len(order) else found


def _ordered(context: DecisionContext, ranker: Ranker, limit: int) -> Keys:
    """The list of the placement's strategy; empty where there is none, or it has nothing to say."""
    name = context.strategy
    return no_items() if name == BY_CHANCE else ranker.by_strategy(context.view, name, limit)


def _led(found: Shortlist, order: Keys) -> Shortlist:
    """``found`` and the strategy's items together."""
    # A union of numpy is sorted, and the keys of a shortlist must be: rows are found by bisection.
    keys = np.union1d(found.keys, order)
    sources = np.zeros(len(keys), np.uint16)
    sources[np.searchsorted(keys, found.keys)] = found.sources
    # Added to the bits, not in their place: what proposed it besides still gives its reasons.
    sources[np.searchsorted(keys, order)] |= STRATEGY
    return Shortlist(keys=keys, sources=sources, order=order)


def _on_offer(context: DecisionContext, limit: int) -> npt.NDArray[np.int64]:
    """Keys of items on live offers, ascending; of too many those with the largest discount, then lowest key."""
    # The mapping has the largest discount first, so the first of it are the ones to keep.
    return np.sort(np.fromiter(islice(context.standing.by_item, limit), np.int64))
