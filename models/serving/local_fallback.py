"""The answer of a store without a bundle: its own habits, sales and pairs, counted since its first basket.

The edge's decider takes it where ``registry`` has no bundle, or one failed. ``fallback`` is what answered before it,
and is kept for the decisions that name it.

Known people are ranked by P-TopFreq@25, the strongest simple recommender on grocery baskets; what the store sells at
this hour and on such a day, and what it sells together with the basket, stand beside it. Everything comes from this
store, so nothing is called popular here that nobody has bought here.
"""

import hashlib
from typing import cast

import numpy as np

from models.assortment import Assortment, SoldProduct
from models.features.due import due_by_date
from models.features.features import SharedFeatures, shared_features
from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.items import UNKNOWN, Keys, positions_in
from models.serving.candidates import shortlist
from models.serving.ranker import Shortlist
from models.statistics.local_tables import local_tables
from models.statistics.pairs import KnownPairs
from models.statistics.tables import Floats, Tables, positions_or_unknown, scattered
from models.strategies.p_topfreq import recent_trips
from models.strategies.protocol import Strategy
from models.strategies.registry import named

LABEL = "local@1"

# A shopper's own list and the store's trend weigh the same after three trips.
_TRUST_TRIPS = 3.0
_LAST_TRIPS = 25
# What a cosine of one to the basket is worth beside a chance.
_TOGETHER = 0.25

_PER_MILLE = np.float32(1000)
# Tables that stay open for one edition of pairs: one catalogue's, and the next one's.
_OPEN = 2


class LocalFallback:
    """A ``Ranker`` that cannot fail for want of a file."""

    label = LABEL
    digest = hashlib.sha256(LABEL.encode()).hexdigest()

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        """See ``Ranker.shortlist``: own items, what goes with the basket, the trend, then the range."""
        here = _here(view)
        by_date = no_items()
        if view.profile is not None:
            by_date = due_by_date(view.profile, view.moment.day, here.tables)
        return shortlist(here.shared(view), limit, extra, here.tables, by_date)

    def score(self, view: ModelRequest, keys: Keys) -> Floats:
        """Own rate and the store's share, weighted ``k/(k+3)`` after k trips, and what goes with the basket. (n,)."""
        here = _here(view)
        shared = here.shared(view)
        at = positions_or_unknown(here.tables, keys).astype(np.intp)
        chances = shared.trend[:, 1].take(at) / _PER_MILLE * _today(view, keys)
        profile = view.profile
        if profile is not None and profile.trips:
            trust = np.float32(profile.trips / (profile.trips + _TRUST_TRIPS))
            chances = trust * _own(profile, keys) + (1 - trust) * chances
        if len(shared.basket_at):
            chances = chances + np.float32(_TOGETHER) * _together(here.tables, shared).take(at)
        found: Floats = np.clip(chances, 0, 1).astype(np.float32)
        return found

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:
        """See ``Ranker.by_strategy``."""
        strategy = _here(view).strategies.get(name)
        return no_items() if strategy is None else strategy.rank(view, limit)


class _LocalKnowledge:
    """What one catalogue and one edition of pairs come to: tables, and the strategies over them."""

    def __init__(self, sold: Assortment, pairs: KnownPairs) -> None:
        self.owner = f"local-{sold.name}-{pairs.digest}"
        self.tables = local_tables(sold, pairs)
        self.strategies: dict[str, Strategy] = named(self.tables, self.owner)

    def shared(self, view: ModelRequest) -> SharedFeatures:
        """What the strategies look at too, gathered once a visit."""
        return shared_features(view, self.tables, self.owner)


def _here(view: ModelRequest) -> _LocalKnowledge:
    """Made once for each catalogue and edition."""
    sold = view.sold or _seen(view)
    kept = view.pairs.memo.get(sold.name)
    if kept is None:
        if len(view.pairs.memo) >= _OPEN:
            view.pairs.memo.clear()
        kept = view.pairs.memo[sold.name] = _LocalKnowledge(sold, view.pairs)
    return cast("_LocalKnowledge", kept)


def _seen(view: ModelRequest) -> Assortment:
    """Where no catalogue is told: all that was sold, each product of a kind of its own."""
    slot = "seen"
    kept = view.trend.memo.get(slot)
    if kept is None:
        keys = np.union1d(view.trend.sold(), view.pairs.keys)
        name = f"seen-{hashlib.sha256(keys.tobytes()).hexdigest()}"
        kept = Assortment(name, [SoldProduct(key, "", str(key), 0) for key in keys.tolist()])
        view.trend.memo[slot] = kept
    return cast("Assortment", kept)


def _own(profile: Profile, keys: Keys) -> Floats:
    """Part of the last 25 trips that held each of ``keys``. Shape (n,)."""
    order = np.argsort(profile.keys, kind="stable")
    rates = recent_trips(profile)[order] / np.float32(min(profile.trips, _LAST_TRIPS))
    at = positions_in(profile.keys[order], keys)
    # -1 reads the last row, which is struck.
    padded = np.append(rates, np.float32(0)).astype(np.float32)
    return np.where(at == UNKNOWN, np.float32(0), padded.take(at))


def _today(view: ModelRequest, keys: Keys) -> Floats:
    """How much likelier each item sells on a day like this, weekend or not. Shape (n,)."""
    known, factors = view.trend.by_day_kind(view.moment)
    padded = np.append(factors, np.float32(1)).astype(np.float32)
    return padded.take(positions_in(known, keys))


def _together(tables: Tables, shared: SharedFeatures) -> Floats:
    """Summed cosine of every item to the basket. Shape (V + 1,)."""
    at = shared.basket_at
    return scattered(len(tables) + 1, tables.kin[at], tables.kin_cosine[at])
