"""TIFU-KNN: how often a shopper buys each item, lately most, blended with the nearest households.

``published_registry`` measures it, ``evaluation.tune`` chose its settings.

After Hu, He, Gao and Zhang, "Modeling personalized item frequency information for next-basket
recommendation", SIGIR 2020. Trips fall into groups, counted from the newest; inside a group a trip
fades by its place, and a group by its age. Groups are averaged, so vectors of long and short
histories compare.
"""

from dataclasses import dataclass

import numpy as np

from models.features.profile import TRIPS_REMEMBERED
from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.neighbour_vectors import NeighbourVectors
from models.strategies.trip_history import Doubles, TripHistory, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class TifuSettings:
    """``group``: trips a group; ``trip_decay``, ``group_decay``: what the next older one is worth.

    ``neighbours``: households that speak beside the shopper, whose own part is ``own``, 0..1.
    """

    group: int = 64
    trip_decay: float = 0.94
    group_decay: float = 1.0
    neighbours: int = 50
    own: float = 0.2

    def weights(self) -> Doubles:
        """What each slot counts for a household of n trips. Shape (65, 64)."""
        slot = np.arange(TRIPS_REMEMBERED)
        table = np.zeros((TRIPS_REMEMBERED + 1, TRIPS_REMEMBERED))
        for trips in range(1, TRIPS_REMEMBERED + 1):
            group = slot[:trips] // self.group
            inside = np.minimum(self.group, trips - group * self.group)
            fading = self.trip_decay ** (slot[:trips] % self.group)
            table[trips, :trips] = fading / inside * self.group_decay**group / (group[-1] + 1)
        return table


# Validation NDCG@10 over ``tune.TIFU_AXES``: .2373, with all trips in one group, where the decay of
# groups has no part. Groups of 4, 7 and 16 at their own best decays .2364, .2339, .2350; trip decay .9
# .232, .98 .233; own part .1 .228, .3 .2368, .9 .233; 25 households .2350, 100 .2348, 300 .228.
TUNED = TifuSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class TifuKnn:
    """A ``Strategy`` that asks the households it was made over."""

    settings: TifuSettings
    others: NeighbourVectors
    name = "tifu-knn"

    @classmethod
    def over(
        cls, past: TripHistory, tables: Tables, settings: TifuSettings = TUNED
    ) -> "TifuKnn":
        """The method over the households of ``past``."""
        return cls(
            settings=settings, others=NeighbourVectors.of(past, tables, settings.weights())
        )

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``; an unknown shopper gets what everybody buys."""
        return self.others.rank(view, n, self._worth)

    def _worth(self, own: Doubles) -> Doubles:
        crowd = self.others.crowd
        _, distances = crowd.meet(own)
        # One's own row is infinitely far, and so never among them.
        near = nearest(-distances, self.settings.neighbours).astype(np.float64)
        share = (1 - self.settings.own) / max(near.sum(), 1)
        return self.settings.own * own + crowd.sum(near * share)
