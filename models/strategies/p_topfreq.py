"""P-TopFreq: what this shopper buys most, over all remembered trips or the last 25 of them.

``published_registry`` measures both, ``serving.fallback`` answers by the second, and the edge's counters
compare with it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.protocol import untaken

_LAST_25 = np.uint64((1 << 25) - 1)


def recent_trips(profile: Profile) -> npt.NDArray[np.uint8]:
    """In how many of the last 25 trips each item was; rows as in ``profile.keys``. Shape (n,)."""
    counts: npt.NDArray[np.uint8] = np.bitwise_count(profile.masks & _LAST_25)
    return counts


def p_topfreq_25(profile: Profile, n: int) -> Keys:
    """Personal top frequency over the last 25 trips: count, then latest, then trips, then key."""
    return _first(profile, n, recent_trips(profile), profile.last_days, profile.counts)


def p_topfreq(profile: Profile, n: int) -> Keys:
    """Personal top frequency over everything remembered: count, then latest, then key."""
    return _first(profile, n, profile.counts, profile.last_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PTopFreq:
    """All trips count; nobody's history but the shopper's own, so nothing for an unknown shopper."""

    tables: Tables
    name = "p-topfreq"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        if view.profile is None:
            return no_items()
        return known(view, p_topfreq(view.profile, len(view.profile)), self.tables)[:n]


@dataclass(frozen=True, slots=True, kw_only=True)
class PTopFreq25:
    """The last 25 trips count: the strongest simple method on grocery baskets."""

    tables: Tables
    name = "p-topfreq-25"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        if view.profile is None:
            return no_items()
        return known(view, p_topfreq_25(view.profile, len(view.profile)), self.tables)[:n]


def known(view: ModelRequest, keys: Keys, tables: Tables) -> Keys:
    """``keys`` in order without strangers to the vocabulary and what is in the basket already."""
    return untaken(view, keys[tables.items.positions(keys) >= 0], len(keys))


def _first(profile: Profile, n: int, *columns: npt.NDArray[Any]) -> Keys:
    """Keys by descending columns, the first deciding; ties by ascending key."""
    # Any: columns of unlike integer kinds; widened here before the sign turns.
    falling = [-column.astype(np.int64) for column in reversed(columns)]
    return profile.keys[np.lexsort((profile.keys, *falling))[:n]]
