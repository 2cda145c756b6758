"""Recently bought: what the shopper's latest trips held, newest first.

``registry`` lists it; a bundle ranks by it where a placement asks.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.strategies.protocol import ReasonWords, StrategyEntry, untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentlyBought:
    """Of one trip, what is bought more often comes first. Items new to the bundle are listed too."""

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        profile = view.profile
        if profile is None:
            return no_items()
        often = -profile.counts.astype(np.int64)
        latest = -profile.last_days.astype(np.int64)
        return untaken(view, profile.keys[np.lexsort((profile.keys, often, latest))], n)


RECENTLY_BOUGHT = StrategyEntry(
    name="recently-bought",
    says="What the shopper bought on the latest trips",
    reason="recent",
    words=ReasonWords(
        to_the_person="You bought it lately",
        to_an_associate="Bought lately",
    ),
    make=lambda _context: RecentlyBought(),
)
