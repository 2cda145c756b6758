"""UP-CF@r: the item shares of a shopper's last r trips, summed over the shopper and their like.

``published_registry`` measures it, ``evaluation.tune`` chose its settings.

After Faggioli, Polato and Aiolli, "Recency aware collaborative filtering for next basket
recommendation", UMAP 2020. Likeness is the asymmetric cosine, raised to a power, so that the
nearest households speak loudest; the shopper is the nearest, with a likeness of one.
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
class UpSettings:
    """``recent``: trips that count (r). ``neighbours``: how many households speak (k).

    ``asymmetry`` (alpha): the part that the shopper's own length has in the likeness, 0..1;
    ``locality`` (q): the power that the likeness is raised to.
    """

    recent: int = 25
    asymmetry: float = 0.5
    locality: float = 3.0
    neighbours: int = 25

    def weights(self) -> Doubles:
        """What each slot counts for a household of n trips. Shape (65, 64)."""
        trips = np.arange(TRIPS_REMEMBERED + 1)[:, None]
        counted = np.clip(trips, 1, self.recent)
        slot = np.arange(TRIPS_REMEMBERED)
        return np.where(slot < np.minimum(counted, trips), 1 / counted, 0)


# Validation NDCG@10 over ``tune.UP_AXES``: .2296. Trips 15 .221, 40 .226, 64 .225; asymmetry 0 .226,
# .75 .224, 1 .197; power 1 .195, 5 .2285, 10 .228; 15 households .2290, 50 .2287, 900 .2183.
TUNED = UpSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpCf:
    """A ``Strategy`` that asks the households it was made over."""

    settings: UpSettings
    others: NeighbourVectors
    name = "up-cf"

    @classmethod
    def over(cls, past: TripHistory, tables: Tables, settings: UpSettings = TUNED) -> "UpCf":
        """The method over the households of ``past``."""
        return cls(
            settings=settings, others=NeighbourVectors.of(past, tables, settings.weights())
        )

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``; an unknown shopper gets what everybody buys."""
        return self.others.rank(view, n, self._worth)

    def _worth(self, own: Doubles) -> Doubles:
        return own + self.others.crowd.sum(self._likeness(own))

    def _likeness(self, own: Doubles) -> Doubles:
        """The power of the likeness to the nearest households; zero for the others. Shape (h,)."""
        dots, distances = self.others.crowd.meet(own)
        # One's own row: the shopper speaks already, with a likeness of one.
        dots[np.isinf(distances)] = 0
        alpha = self.settings.asymmetry
        lengths = float(own @ own) ** alpha * self.others.crowd.squares ** (1 - alpha)
        likeness = np.divide(dots, lengths, out=np.zeros_like(dots), where=dots > 0)
        chosen = nearest(likeness, self.settings.neighbours)
        return np.where(chosen, likeness, 0) ** self.settings.locality
