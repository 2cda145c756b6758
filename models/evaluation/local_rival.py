"""What answers in a store without a bundle, as it would have on past days: the fallback with the pairs of that time.

``edge.app.night_learning`` holds the store's own bundle against it; ``gate.compare`` asks both.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from models.assortment import Assortment, SoldProduct
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.local_fallback import LocalFallback
from models.serving.ranker import Shortlist
from models.sources.journey import Journey
from models.statistics.pairs import KnownPairs, PairCounts, known_pairs


class LocalRival:
    """The fallback, told what the store had sold together by then and what it sells."""

    def __init__(self, pairs: KnownPairs, sold: Assortment) -> None:
        self._local = LocalFallback()
        self._pairs = pairs
        self._sold = sold
        self.label = self._local.label
        self.digest = self._local.digest

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        """See ``Ranker.shortlist``."""
        return self._local.shortlist(self._told(view), limit, extra)

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        """See ``Ranker.score``."""
        return self._local.score(self._told(view), keys)

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:
        """See ``Ranker.by_strategy``."""
        return self._local.by_strategy(self._told(view), name, limit)

    def _told(self, view: ModelRequest) -> ModelRequest:
        return replace(view, pairs=self._pairs, sold=self._sold)


def local_rival(journey: Journey, until_day: int) -> LocalRival:
    """With everything that was sold together up to local day ``until_day``."""
    trips, items, counts = journey.trips, journey.items, PairCounts()
    for trip in np.argsort(trips.day, kind="stable").tolist():
        if trips.day[trip] > until_day:
            break
        counts.record(items.keys[trips.of(trip)], int(trips.day[trip]))
    counts.publish(until_day)
    rows = zip(
        items.keys.tolist(),
        items.category_names[items.category].tolist(),
        items.type_names[items.type].tolist(),
        items.price_cents.tolist(),
        strict=True,
    )
    sold = Assortment("till", [SoldProduct(*row) for row in rows])
    return LocalRival(known_pairs(counts.to_bytes()), sold)
