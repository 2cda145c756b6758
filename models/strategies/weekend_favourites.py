"""Weekend favourites: what this store sells on more of its weekend baskets than of the others.

``registry`` lists it; a bundle or the store's own counts rank by it where a placement asks.

Only sales of this store count, so a store that was never open on a weekend lists nothing.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.protocol import ReasonWords, StrategyEntry, untaken

# Of weekend baskets at least so many times as often as of all of them, after leaning on these.
_MORE = 1.05
# Fewer weekend baskets than this say nothing.
_BASKETS_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekendFavourites:
    """The same for everybody, on every day of the week; most sold at weekends first."""

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        keys, baskets, factors = view.trend.weekend()
        at = np.flatnonzero((factors >= _MORE) & (baskets >= _BASKETS_MIN))
        return untaken(view, keys[at[np.lexsort((keys[at], -baskets[at]))]], n)


WEEKEND_FAVOURITES = StrategyEntry(
    name="weekend-favourites",
    says="What this store sells more of at weekends than on other days",
    reason="weekend",
    words=ReasonWords(
        to_the_person="A weekend favourite here",
        to_an_associate="A weekend favourite here",
        to_everybody="A weekend favourite here",
    ),
    make=lambda _context: WeekendFavourites(),
)
