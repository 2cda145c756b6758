"""Item-item cosine: what is most often in the same trips as what the shopper buys and has taken.

``published_registry`` measures it, ``evaluation.tune`` chose its settings.

An item is its own nearest, with a cosine of one, so what is bought again and again leads the list
of a known shopper. The store's trend settles what the cosines leave open.
"""

from dataclasses import dataclass

import numpy as np

from models.features.profile import Profile
from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Floats, Tables, scattered
from models.strategies.p_topfreq import recent_trips
from models.strategies.protocol import best, taken

# As many as P-TopFreq@25 counts, so that the two compare.
_TRIPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CosineSettings:
    """What a cosine of one counts: to an item ``habits`` holds, to one in the ``basket``.

    ``habits`` weighs the items of the last 25 trips by their share of them, ``trend`` the store's
    shares by day part.
    """

    habits: float = 0.0
    basket: float = 0.5
    trend: float = 0.1


# Validation NDCG@10 of whole trips and half-shown baskets together, over ``tune.COSINE_AXES``: .2157.
# Kin of the habits at .01 gives .2147, at .1 .2129; baskets 1 .2143; trend .3 .2151, 1 .2111. A mean over the
# basket, or cosines of 300 kin an item, moved nothing by more than .001.
TUNED = CosineSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCosine:
    """Runs from a bundle's tables alone: cosines of pairs, nobody's purchases."""

    settings: CosineSettings = TUNED
    tables: Tables
    name = "item-cosine"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``; with nothing known, the trend."""
        tables, settings = self.tables, self.settings
        _, trend = view.trend.shares(tables.prior, view.moment.part)
        worth = settings.trend * trend.astype(np.float64)
        at = tables.items.positions(taken(view))
        at = at[at >= 0]
        worth += settings.basket * scattered(len(tables), tables.kin[at], tables.kin_cosine[at])
        if view.profile is not None:
            habits = _habits(view.profile, tables)
            own = np.flatnonzero(habits)
            cosines = tables.kin_cosine[own] * habits[own, None]
            worth += habits + settings.habits * scattered(len(tables), tables.kin[own], cosines)
        return best(view, tables, worth, n)


def _habits(profile: Profile, tables: Tables) -> Floats:
    """Each item's share of the last 25 trips. Shape (V,)."""
    shares = np.zeros(len(tables), np.float32)
    at = tables.items.positions(profile.keys)
    known = at >= 0
    rates = recent_trips(profile) / max(min(len(profile.days), _TRIPS), 1)
    shares[at[known]] = rates[known]
    return shares
