"""What one shop knows before each of its trips: people's own past, its trend, and what everybody buys.

``rehearse`` counts trip after trip into it, and asks it for the view of the next.
"""

import numpy as np
import numpy.typing as npt

from models.assortment import Assortment, SoldProduct
from models.features.profile import Profile
from models.features.profile_replay import remember_trips
from models.features.request import ModelRequest, no_items
from models.items import Keys, place_number
from models.sources.journey import Journey
from models.statistics.pairs import NO_PAIRS, KnownPairs, PairCounts, known_pairs
from models.statistics.trend import StoreTrend
from models.strategies.protocol import taken


class ShopSoFar:
    """Counters of a shop that began empty. ``baskets``: trips counted; ``empty``: lists that held nothing."""

    def __init__(self, journey: Journey, *, untold: bool) -> None:
        """``journey``: the shop's trips alone; ``untold``: nobody tells what is promoted."""
        self.baskets = 0
        self.empty = 0
        self._journey = journey
        self._untold = untold
        self._profiles: dict[int, Profile] = {}
        self._trend = StoreTrend()
        self._pairs = PairCounts()
        self._known: tuple[int, KnownPairs] = (self._pairs.edition, NO_PAIRS)
        self._sold: npt.NDArray[np.int64] = np.zeros(len(journey.items), np.int64)
        # A shop knows its shelves before it has sold anything.
        self._sold_here = _assortment(journey)

    def view(self, trip: int, basket: Keys | None = None) -> ModelRequest:
        """What a decision could look at as the trip began; who never came before is not known."""
        made = self._journey.trips
        moment, store = made.moment(trip), int(made.store[trip])
        week = self._journey.week_of(moment.day)
        return ModelRequest(
            profile=self._profiles.get(int(made.household[trip])),
            trend=self._trend,
            moment=moment,
            basket=no_items() if basket is None else basket,
            place=place_number(store),
            promoted=None if self._untold else self._journey.leaflets.on(store, week),
            pairs=self._seen_together(),
            sold=self._sold_here,
        )

    def count(self, trip: int) -> None:
        """The trip is over: its buyer's past, the trend and the sales know of it."""
        made = self._journey.trips
        household = int(made.household[trip])
        # A basket without a card is nobody's past.
        if household >= 0:
            profile = self._profiles.setdefault(household, Profile.empty())
            remember_trips(self._journey, profile, range(trip, trip + 1))
        bought, moment = self._journey.items.keys[made.of(trip)], made.moment(trip)
        self._trend.record(bought, moment)
        self._pairs.record(bought, moment.day)
        self._sold[made.of(trip)] += 1
        self.baskets += 1

    def sells(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of ``keys`` are on the shop's shelves."""
        return self._sold_here.items.positions(keys) >= 0

    def popular(self, view: ModelRequest, n: int = 10) -> Keys:
        """What was in most baskets here so far and is not in this one, ties by key."""
        keys = self._journey.items.keys
        # So many more, since those in the basket are struck.
        wanted = n + len(view.basket)
        worth = self._sold - np.isin(keys, taken(view)) * (1 << 40)
        top = np.argpartition(-worth, min(wanted, len(worth) - 1))[: wanted + 1]
        top = top[worth[top] > 0]
        return keys[top[np.lexsort((keys[top], -worth[top]))]][:n]

    def _seen_together(self) -> KnownPairs:
        """The pairs of the edition that decisions see."""
        if self._known[0] != self._pairs.edition:
            self._known = (self._pairs.edition, known_pairs(self._pairs.to_bytes()))
        return self._known[1]


def _assortment(journey: Journey) -> Assortment:
    """The goods of the shop's own table."""
    items = journey.items
    columns = zip(
        items.keys.tolist(),
        items.category_names[items.category].tolist(),
        items.type_names[items.type].tolist(),
        items.price_cents.tolist(),
        strict=True,
    )
    return Assortment("rehearsal", [SoldProduct(*one) for one in columns])
