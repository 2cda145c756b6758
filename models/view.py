"""What one decision may look at."""

from dataclasses import dataclass, field

import numpy as np

from models.counters import Profile
from models.items import Keys
from models.moment import Moment
from models.trend import StoreTrend


def no_items() -> Keys:
    """An empty array of item keys."""
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The inputs of one decision; whoever builds it has already asked for consent.

    ``profile`` None = anonymous. ``basket``: keys in the live basket, shape ``(b,)``, int64.
    """

    profile: Profile | None
    trend: StoreTrend
    moment: Moment
    basket: Keys = field(default_factory=no_items)
