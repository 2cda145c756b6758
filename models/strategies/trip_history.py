"""Who bought what in which of their last 64 trips, for the methods that compare households.

``published_registry`` reads it once, and ``neighbour_vectors`` compares households by it.

These matrices hold people. They live in memory while methods are measured and are never written
anywhere; nothing of them is in a bundle.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.features.profile import TRIPS_REMEMBERED, Profile
from models.sources.journey import Ints, Journey
from models.statistics.tables import Tables, positions_or_unknown

Doubles: TypeAlias = npt.NDArray[np.float64]
Sparse: TypeAlias = Any  # scipy.sparse's matrices, which are untyped

_BITS = np.arange(TRIPS_REMEMBERED, dtype=np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class TripHistory:
    """Lines (household, item, slot) of distinct trips up to a cut; slot 0 = newest trip.

    ``household``, ``item``, ``slot``: shapes (r,); items as vocabulary positions. ``trips``: trips
    remembered of each household, 1..64, shape (h,).
    """

    household: Ints
    item: Ints
    slot: Ints
    trips: Ints
    items: int

    def vectors(self, weights: Doubles) -> Sparse:
        """One row a household: each item's weights summed over the trips that held it. (h, V) CSR.

        ``weights[n, s]``: what slot s counts for a household of n trips. Shape (65, 64).
        """
        sparse: Any = import_module("scipy.sparse")  # untyped; comes with the training extras
        values = weights[self.trips[self.household], self.slot]
        shape = (len(self.trips), self.items)
        matrix = sparse.csr_matrix((values, (self.household, self.item)), shape)
        matrix.eliminate_zeros()
        return matrix


def read_trip_history(journey: Journey, tables: Tables, cut_day: int) -> TripHistory:
    """The last 64 trips of every household up to and including ``cut_day``."""
    trips = journey.trips
    inside = np.flatnonzero((trips.day <= cut_day) & (trips.household >= 0))
    household, own = np.unique(trips.household[inside], return_inverse=True)
    ends = np.searchsorted(own, np.arange(len(household)), side="right")
    slot = np.full(len(trips), TRIPS_REMEMBERED, np.int32)
    slot[inside] = ends[own] - 1 - np.arange(len(inside))
    number = np.zeros(len(trips), np.int32)
    number[inside] = own
    lengths = np.diff(trips.bounds)
    slots, owners = np.repeat(slot, lengths), np.repeat(number, lengths)
    item = tables.items.positions(journey.items.keys)[trips.items]
    kept = (slots < TRIPS_REMEMBERED) & (item >= 0)
    return TripHistory(
        household=owners[kept],
        item=item[kept],
        slot=slots[kept],
        trips=np.minimum(np.bincount(own), TRIPS_REMEMBERED).astype(np.int32),
        items=len(tables),
    )


def own_vector(profile: Profile, tables: Tables, weights: Doubles) -> Doubles:
    """The same vector of one live shopper, from their counters. Shape (V,)."""
    held = (profile.masks[:, None] >> _BITS & np.uint64(1)).astype(np.float64)
    vector = np.zeros(len(tables) + 1)
    # Strangers to the vocabulary all fall into the last place, which is cut off.
    vector[positions_or_unknown(tables, profile.keys)] = held @ weights[len(profile.days)]
    return vector[:-1]


# A household this near, as part of the shopper's own square, is the shopper as of the cut.
_SAME = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherHouseholds:
    """Households as vectors (h, V) with their squared lengths (h,)."""

    vectors: Sparse
    squares: Doubles

    @classmethod
    def of(cls, vectors: Sparse) -> "OtherHouseholds":
        """The households of ``TripHistory.vectors``."""
        return cls(
            vectors=vectors, squares=np.asarray(vectors.multiply(vectors).sum(axis=1))[:, 0]
        )

    def meet(self, own: Doubles) -> tuple[Doubles, Doubles]:
        """Dot product with, and squared distance to every household; infinite to one's own row."""
        dots: Doubles = self.vectors @ own
        square = float(own @ own)
        distances = square + self.squares - 2 * dots
        distances[distances <= _SAME * square] = np.inf
        return dots, distances

    def sum(self, weights: Doubles) -> Doubles:
        """The households' vectors, weighted and summed. Shape (V,)."""
        rows = np.flatnonzero(weights)
        total: Doubles = weights[rows] @ self.vectors[rows]
        return total


def nearest(closeness: Doubles, k: int) -> npt.NDArray[np.bool_]:
    """Which ``k`` come first by finite ``closeness``, and all that equal the last of them."""
    finite = np.isfinite(closeness)
    if finite.sum() <= k:
        return finite
    least = np.partition(closeness[finite], -k)[-k]
    chosen: npt.NDArray[np.bool_] = finite & (closeness >= least)
    return chosen
