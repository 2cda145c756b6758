"""Groups of households with like taste, kept as centroids and lists, never as people.

``tabulate`` calls it; the tables keep its centroids and lists.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Positions

Floats = npt.NDArray[np.float32]
_ROUNDS = 25
# Households x items held at once, about 130 MB an array; of more households so many are drawn.
_CELLS_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdClusters:
    """Sizes of the groups.

    A centre with fewer than ``crowd`` households, or a listed item with fewer than ``buyers`` of
    them, would point at people and is left out.
    """

    dimensions: int = 32
    centres: int = 48
    crowd: int = 20
    list_length: int = 400
    buyers: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """(household, item) of every distinct trip line, shapes (r,); ``items``: how many items."""

    household: npt.NDArray[np.int64]
    item: npt.NDArray[np.int32]
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredItems:
    """``vectors`` (V, D) unit, ``worth`` (V,), ``centres`` (K, D) unit, ``lists`` and ``rates`` (K, l)."""

    vectors: Floats
    worth: Floats
    centres: Floats
    lists: Positions
    rates: Floats


def cluster_households(
    purchases: Purchases, sizes: HouseholdClusters, seed: int
) -> ClusteredItems:
    """Learn item vectors from who buys what, group the households, list each group's items."""
    people, household = np.unique(purchases.household, return_inverse=True)
    if not len(people):
        return _nobody(purchases.items, sizes)
    number = np.arange(len(people))
    most = max(_CELLS_MAX // max(purchases.items, 1), sizes.crowd)
    if len(people) > most:
        number = np.full(len(people), -1)
        drawn = np.random.default_rng(seed).choice(len(people), most, replace=False)
        number[np.sort(drawn)] = np.arange(most)
        people = people[number >= 0]
    kept = number[household] >= 0
    cells = number[household[kept]] * purchases.items + purchases.item[kept]
    cells, times = np.unique(cells, return_counts=True)
    trips = np.zeros((len(people), purchases.items), np.float32)
    trips.ravel()[cells] = times
    buyers = (trips > 0).sum(axis=0)
    worth = np.log1p(len(people) / (1 + buyers)).astype(np.float32)
    taste = np.log1p(trips) * worth
    taste /= np.maximum(np.linalg.norm(taste, axis=1, keepdims=True), 1e-6)
    vectors = _unit(_item_factors(taste, sizes.dimensions, seed))
    places = _unit(taste @ vectors)
    centres, home = _centres(places, sizes, seed)
    lists, rates = _lists(trips, home, len(centres), sizes)
    return ClusteredItems(
        vectors=vectors, worth=worth, centres=centres, lists=lists, rates=rates
    )


def _nobody(items: int, sizes: HouseholdClusters) -> ClusteredItems:
    """Where no buyer is known: one centre, which leads nowhere."""
    length = min(sizes.list_length, items)
    return ClusteredItems(
        vectors=np.zeros((items, sizes.dimensions), np.float32),
        worth=np.zeros(items, np.float32),
        centres=np.zeros((1, sizes.dimensions), np.float32),
        lists=np.full((1, length), -1, np.int32),
        rates=np.zeros((1, length), np.float32),
    )


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float32)
    unit: Floats = rows / np.maximum(lengths, np.float32(1e-6))
    return unit


def _item_factors(taste: Floats, dimensions: int, seed: int) -> Floats:
    """Right singular vectors by random projection with three power rounds, scaled. (V, D)."""
    draw = np.random.default_rng(seed)
    # Eight more than are kept: a random projection blurs its last directions.
    width = min(dimensions + 8, *taste.shape)
    basis = taste @ draw.standard_normal((taste.shape[1], width), np.float32)
    for _ in range(3):
        # Made orthogonal each time, or all columns would turn to the largest direction.
        basis, _ = np.linalg.qr(basis)
        basis = taste @ (taste.T @ basis)
    basis, _ = np.linalg.qr(basis)
    _, sizes, right = np.linalg.svd(basis.T @ taste, full_matrices=False)
    factors = (right[:dimensions] * np.sqrt(sizes[:dimensions])[:, None]).T
    # Few households or items have fewer directions; the tables' shape stays.
    short = dimensions - factors.shape[1]
    return np.pad(factors, ((0, 0), (0, short))).astype(np.float32)


def _centres(
    places: Floats, sizes: HouseholdClusters, seed: int
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Spherical k-means; small groups dissolve into their nearest neighbours."""
    draw = np.random.default_rng(seed)
    # No more than there are crowds: smaller groups would dissolve in any case.
    number = max(1, min(sizes.centres, len(places) // max(sizes.crowd, 1)))
    centres = _spread(places, number, draw)
    home = (places @ centres.T).argmax(axis=1)
    for _ in range(_ROUNDS):
        sums = np.zeros_like(centres)
        np.add.at(sums, home, places)
        crowded = np.bincount(home, minlength=len(centres)) >= sizes.crowd
        if not crowded.any():
            # Not one crowd in all: one centre stays, since features ask for the nearest.
            crowded[np.bincount(home, minlength=len(centres)).argmax()] = True
        centres = _unit(sums[crowded])
        home = (places @ centres.T).argmax(axis=1)
    # The last assignment may have thinned a group again; its list will simply be short.
    return centres, home


def _spread(places: Floats, number: int, draw: np.random.Generator) -> Floats:
    """Starting centres far from each other: each next drawn by its squared distance."""
    chosen = [int(draw.integers(len(places)))]
    for _ in range(number - 1):
        nearest = (places @ places[chosen].T).max(axis=1)
        distance = np.maximum(1 - nearest.astype(np.float64), 1e-9) ** 2
        chosen.append(int(draw.choice(len(places), p=distance / distance.sum())))
    return places[chosen]


def _lists(
    trips: Floats, home: npt.NDArray[np.intp], number: int, sizes: HouseholdClusters
) -> tuple[Positions, Floats]:
    length = min(sizes.list_length, trips.shape[1])
    lists = np.full((number, length), -1, np.int32)
    rates = np.zeros((number, length), np.float32)
    for group in range(number):
        members = trips[home == group]
        shown = members / np.maximum(members.sum(axis=1, keepdims=True), 1)
        rate = shown.mean(axis=0) if len(members) else np.zeros(trips.shape[1], np.float32)
        rate[(members > 0).sum(axis=0) < sizes.buyers] = 0
        best = np.argsort(-rate, kind="stable")[:length]
        lists[group] = np.where(rate[best] > 0, best, -1)
        rates[group] = rate[best] * 100
    return lists, rates
