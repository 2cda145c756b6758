"""Published methods to be measured against, over the same counters the ranker uses."""

from typing import Any

import numpy as np
import numpy.typing as npt

from models.counters import Profile
from models.items import Keys

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


def filled(own: Keys, popular: Keys, n: int) -> Keys:
    """``own`` continued with ``popular`` up to ``n`` items, each once (GP-TopFreq)."""
    return np.concatenate([own, popular[~np.isin(popular, own)]])[:n]


def _first(profile: Profile, n: int, *columns: npt.NDArray[Any]) -> Keys:
    """Keys by descending columns, the first deciding; ties by ascending key."""
    # Any: columns of unlike integer kinds; widened here before the sign turns.
    falling = [-column.astype(np.int64) for column in reversed(columns)]
    return profile.keys[np.lexsort((profile.keys, *falling))[:n]]
