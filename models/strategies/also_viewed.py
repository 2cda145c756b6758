"""Also viewed: what people who looked at the same products on the store's screens looked at, too.

``registry`` lists it; a bundle or the store's own counts rank by it where a placement asks.

Ranked by the summed cosine of looks in one sitting, which hold nobody. Where nothing of the kind is known the list is
empty, and whoever asked fills it.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import leading, scattered
from models.strategies.protocol import ReasonWords, StrategyEntry, taken, untaken

# What somebody looked at before that says little of what they look for now.
_LATELY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoViewed:
    """It starts from the person's latest looks and from the basket."""

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``; nothing that the person looked at themselves."""
        known = view.co_views
        seeds = np.union1d(view.viewed[:_LATELY], taken(view))
        begun = np.isin(known.keys, seeds)[known.one]
        worth = scattered(len(known.keys), known.other[begun], known.cosines()[begun])
        found = known.keys[leading(worth, len(worth))]
        return untaken(view, found[~np.isin(found, view.viewed)], n)


ALSO_VIEWED = StrategyEntry(
    name="also-viewed",
    says="What others looked at together with what the shopper looked at",
    reason="also-viewed",
    words=ReasonWords(
        to_the_person="Others looked at it, too",
        to_an_associate="Looked at by others, too",
    ),
    make=lambda _context: AlsoViewed(),
)
