"""What methods that compare households have in common: own and others' vectors become one list.

``tifu_knn`` and ``up_cf`` rank with it, each with its own notion of likeness.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.g_topfreq import GTopFreq
from models.strategies.gp_topfreq import continued
from models.strategies.protocol import best
from models.strategies.trip_history import Doubles, OtherHouseholds, TripHistory, own_vector


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourVectors:
    """Every household's vector at the cut: for measuring only, never in a bundle.

    ``weights``: what each of the last trips counts, see ``TripHistory.vectors``.
    """

    weights: Doubles
    crowd: OtherHouseholds
    tables: Tables

    @classmethod
    def of(cls, past: TripHistory, tables: Tables, weights: Doubles) -> Self:
        """The households of ``past``."""
        return cls(
            weights=weights, crowd=OtherHouseholds.of(past.vectors(weights)), tables=tables
        )

    def rank(self, view: ModelRequest, n: int, worth: Callable[[Doubles], Doubles]) -> Keys:
        """The items that ``worth`` makes most of, from the shopper's own vector; then what everybody buys.

        An unknown shopper gets what everybody buys.
        """
        popular = GTopFreq(tables=self.tables).rank(view, n)
        if view.profile is None:
            return popular
        own = own_vector(view.profile, self.tables, self.weights)
        return continued(best(view, self.tables, worth(own), n), popular, n)
