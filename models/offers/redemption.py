"""How likely offers are redeemed by one shopper: a bundle's second graph with what it has to look up.

``serving.open_bundle`` asks it for the chances that the edge's step ``score`` multiplies with ``worth``.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from models.bundle.scorer import Scorer
from models.features.profile import Profile
from models.items import Items
from models.offers.facts import OfferFacts, OfferHistory, OfferTarget, target_of
from models.offers.features import OFFER_FEATURES, describe_offers
from models.statistics.tables import Floats

# More than a store has offers at once, so that each is resolved once and not a visit.
_AIMS_KEPT = 4_096

Offered = tuple[int, ...]
"""The keys of all items that one offer names."""


class RedemptionScorer:
    """Opens offers once, describes each once a visit, and scores those asked for in one batch."""

    def __init__(self, scorer: Scorer, items: Items, owner: str) -> None:
        """``items`` is the bundle's vocabulary; ``owner``, its digest, names it in the memos of profiles."""
        self._scorer = scorer
        self._items = items
        self._owner = (owner, "redemption")
        self._aims: OrderedDict[Offered, OfferTarget] = OrderedDict()

    def chances(
        self, profile: Profile, offers: Sequence[Offered], history: OfferHistory, day: int
    ) -> Floats:
        """Chance 0..1 that each offer is redeemed. Shape (n,), float32; order is kept."""
        return self._scorer.score(self.features(profile, offers, history, day))

    def features(
        self, profile: Profile, offers: Sequence[Offered], history: OfferHistory, day: int
    ) -> Floats:
        """What the graph is given. Shape (n, len(OFFER_FEATURES)), float32; order is kept."""
        kept = self._kept(profile, history, day)
        # Each once: two offers may name the same items.
        new = [one for one in dict.fromkeys(offers) if one not in kept]
        if new:
            aims = [self._aim(one) for one in new]
            rows = describe_offers(profile, aims, history, self._items, day)
            kept.update(zip(new, rows, strict=True))
        table = np.empty((len(offers), len(OFFER_FEATURES)), np.float32)
        for row, one in enumerate(offers):
            table[row] = kept[one]
        return table

    def _kept(self, profile: Profile, history: OfferHistory, day: int) -> dict[Offered, Floats]:
        """The rows described so far; a history is frozen for a visit, as the profile is."""
        found = profile.recall(self._owner, day)
        if isinstance(found, _Described) and found.history is history:
            return found.rows
        fresh = _Described(history)
        profile.remember(self._owner, day, fresh)
        return fresh.rows

    def _aim(self, offer: Offered) -> OfferTarget:
        aim = self._aims.get(offer)
        if aim is None:
            aim = target_of(OfferFacts(items=np.array(offer, np.int64)), self._items)
            self._aims[offer] = aim
            if len(self._aims) > _AIMS_KEPT:
                self._aims.popitem(last=False)
        return aim


class _Described:
    """Rows by offer, and the history that they were described with."""

    def __init__(self, history: OfferHistory) -> None:
        self.history = history
        self.rows: dict[Offered, Floats] = {}
