"""The tables of a store without a bundle: its assortment, and what it was seen to sell together.

``serving.local_fallback`` ranks by them as a bundle does by its own, with the same features and strategies.

Nothing in them comes from anywhere else: no chain, no other store, no household.
"""

import numpy as np

from models.assortment import Assortment
from models.items import UNKNOWN, positions_in
from models.statistics.pairs import KnownPairs
from models.statistics.promotion_lift import no_lifts
from models.statistics.tables import STATS, Tables
from models.statistics.trend import PARTS

# As the bundles' complements: together at least so many times as often as by chance.
_LIFT_MIN = 1.2
_KIN = 24


def local_tables(sold: Assortment, pairs: KnownPairs) -> Tables:
    """Tables of V = ``len(sold.items)`` items; their shares are what is believed before any sale."""
    items, size = sold.items, len(sold.items)
    kin, cosine = _kin(sold, pairs)
    return Tables(
        items=items,
        stats=np.zeros((size, len(STATS)), np.float32),
        day=sold.chances,
        parts=np.repeat(sold.chances[None], PARTS, axis=0),
        worth=np.zeros(size, np.float32),
        kin=kin,
        kin_cosine=cosine,
        # Without households there are no neighbourhoods.
        vectors=np.zeros((size, 1), np.float32),
        centres=np.zeros((1, 1), np.float32),
        lists=np.full((1, 1), UNKNOWN, np.int32),
        list_rates=np.zeros((1, 1), np.float32),
        lifts=no_lifts(size),
    )


def _kin(
    sold: Assortment, pairs: KnownPairs
) -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.int32]],
    np.ndarray[tuple[int, int], np.dtype[np.float32]],
]:
    """For each item its partners by cosine, best first, ties by position. Shapes (V, 24)."""
    size = len(sold.items)
    kin = np.full((size, _KIN), UNKNOWN, np.int32)
    cosine = np.zeros((size, _KIN), np.float32)
    at = positions_in(sold.items.keys, pairs.keys)
    one, other = at[pairs.one], at[pairs.other]
    mine, theirs = pairs.counts[pairs.one], pairs.counts[pairs.other]
    lift = pairs.together * max(pairs.baskets, 1) / np.maximum(mine * theirs, 1)
    kept = (one >= 0) & (other >= 0) & (lift >= _LIFT_MIN)
    one, other = one[kept], other[kept]
    near = pairs.cosines()[kept]
    order = np.lexsort((other, -near, one))
    one, other, near = one[order], other[order], near[order]
    place = np.arange(len(one)) - np.searchsorted(one, one)
    first = place < _KIN
    kin[one[first], place[first]] = other[first]
    cosine[one[first], place[first]] = near[first]
    return kin, cosine
