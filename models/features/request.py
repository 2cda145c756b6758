"""What one decision may look at.

The edge fills it in its step ``context``; rankers, strategies and features read nothing else.
"""

from dataclasses import dataclass, field

import numpy as np

from models.assortment import Assortment
from models.features.profile import NOWHERE, Profile
from models.items import Keys
from models.moment import Moment
from models.promoted import Promoted
from models.statistics.pairs import NO_PAIRS, KnownPairs
from models.statistics.trend import StoreTrend


def no_items() -> Keys:
    """An empty array of item keys."""
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """The inputs of one decision; whoever builds it has already asked for consent.

    ``profile`` None = anonymous. ``basket``: keys in the live basket, shape ``(b,)``, int64.
    ``place``: the store's number (``items.place_number``); ``promoted``: what it promotes today,
    None = nobody told. ``pairs``: what this store sells together; ``sold``: what it sells, None = not told. Rankers
    with tables of their own need neither. ``viewed``: what the person looked at lately, the latest first; ``co_views``:
    what is looked at together in this store.
    """

    profile: Profile | None
    trend: StoreTrend
    moment: Moment
    basket: Keys = field(default_factory=no_items)
    place: int = NOWHERE
    promoted: Promoted | None = None
    pairs: KnownPairs = field(default_factory=lambda: NO_PAIRS)
    sold: Assortment | None = None
    viewed: Keys = field(default_factory=no_items)
    co_views: KnownPairs = field(default_factory=lambda: NO_PAIRS)
