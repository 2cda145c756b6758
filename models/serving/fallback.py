"""The answer when there is no bundle, or a broken one: what this shopper buys most, then the trend.

The edge's decider takes it where ``registry`` has no bundle, or one failed.

P-TopFreq@25 (how often an item was in the last 25 trips) is the strongest simple recommender on
grocery baskets; it needs numpy, the shopper's counters and the store's trend, and nothing else.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from models.features.request import ModelRequest, no_items
from models.items import UNKNOWN, Keys, positions_in
from models.serving.ranker import OFFER, OWN, TRENDING, Shortlist
from models.strategies.p_topfreq import p_topfreq_25, recent_trips

LABEL = "p-topfreq-25@1"

# A shopper's own list and the store's trend weigh the same after three trips.
_TRUST_TRIPS = 3.0


class FrequentFallback:
    """A ``Ranker`` that cannot fail for want of a file."""

    label = LABEL
    digest = hashlib.sha256(LABEL.encode()).hexdigest()

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        """Own items first, then the trend, until ``limit``; every offer not in the basket."""
        offers = np.setdiff1d(extra, view.basket)
        own = np.empty(0, np.int64)
        if view.profile is not None:
            own = p_topfreq_25(view.profile, len(view.profile))
        keys, chances = view.trend.ranked(view.moment)
        # So many more, since those in the basket are struck below.
        trending = keys[np.lexsort((keys, -chances))[: limit + len(view.basket)]]
        merged = _first_seen(np.concatenate([offers, own, trending]), view.basket)
        # Offers stand first, so none of them is cut off, even beyond the limit.
        merged = np.sort(merged[: max(limit, len(offers))])
        bits = np.zeros(len(merged), np.uint16)
        for source, bit in ((own, OWN), (trending, TRENDING), (offers, OFFER)):
            bits[np.isin(merged, source)] |= bit
        return Shortlist(keys=merged, sources=bits)

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        """Own rate and the store's share, weighted ``k/(k+3)`` after k trips. Shape (n,)."""
        known, shares = view.trend.ranked(view.moment)
        order = np.argsort(known, kind="stable")
        trend = _looked_up(known[order], shares[order], keys)
        if view.profile is None or not view.profile.trips:
            return trend
        profile = view.profile
        order = np.argsort(profile.keys, kind="stable")
        trips = min(profile.trips, 25)
        rates = (recent_trips(profile)[order] / np.float32(trips)).astype(np.float32)
        own = _looked_up(profile.keys[order], rates, keys)
        trust = np.float32(profile.trips / (profile.trips + _TRUST_TRIPS))
        return np.clip(trust * own + (1 - trust) * trend, 0, 1).astype(np.float32)

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:  # noqa: ARG002 - the port's own arguments
        """None: without tables only the own list and the trend are known."""
        return no_items()


def _first_seen(keys: Keys, without: Keys) -> Keys:
    """``keys`` in order, each once, none of ``without``."""
    _, first = np.unique(keys, return_index=True)
    kept = keys[np.sort(first)]
    return kept[~np.isin(kept, without)]


def _looked_up(
    known: Keys, values: npt.NDArray[np.float32], keys: Keys
) -> npt.NDArray[np.float32]:
    at = positions_in(known, keys)
    if not len(values):
        return np.zeros(len(keys), np.float32)
    return np.where(at == UNKNOWN, np.float32(0), values[at])
