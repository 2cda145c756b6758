"""TIFU-KNN and UP-CF beside a literal reading of their formulas, household by household."""

from collections import defaultdict
from collections.abc import Callable
from math import ceil, dist, hypot

import numpy as np
import pytest

from models.features.request import ModelRequest
from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.strategies.tifu_knn import TifuKnn, TifuSettings
from models.strategies.trip_history import TripHistory, nearest, read_trip_history
from models.strategies.up_cf import UpCf, UpSettings
from tests.models.town import UNTIL_DAY

Baskets = list[list[int]]
Vector = dict[int, float]


@pytest.fixture(scope="module")
def past(journey: Journey, tables: Tables) -> TripHistory:
    return read_trip_history(journey, tables, UNTIL_DAY)


@pytest.fixture(scope="module")
def baskets(journey: Journey, tables: Tables) -> dict[int, Baskets]:
    """What each household bought up to the cut, newest trip first, items of the vocabulary."""
    found: dict[int, Baskets] = defaultdict(list)
    for trip in np.flatnonzero(journey.trips.day <= UNTIL_DAY)[::-1].tolist():
        keys = journey.items.keys[journey.trips.of(trip)]
        known = keys[tables.items.positions(keys) >= 0].tolist()
        found[int(journey.trips.household[trip])].append(known)
    return found


def tifu_vector(trips: Baskets, settings: TifuSettings) -> Vector:
    m = settings.group
    groups = [trips[start : start + m] for start in range(0, len(trips), m)]
    vector: Vector = defaultdict(float)
    for age, group in enumerate(groups):
        for place, basket in enumerate(group):
            for key in basket:
                inside = settings.trip_decay**place / len(group)
                vector[key] += inside * settings.group_decay**age / len(groups)
    return vector


def up_vector(trips: Baskets, settings: UpSettings) -> Vector:
    vector: Vector = defaultdict(float)
    lately = trips[: settings.recent]
    for basket in lately:
        for key in basket:
            vector[key] += 1 / len(lately)
    return vector


def tifu_worth(own: Vector, others: list[Vector], settings: TifuSettings) -> Vector:
    keys = sorted({key for vector in (own, *others) for key in vector})

    def away(vector: Vector) -> float:
        return dist([own.get(key, 0) for key in keys], [vector.get(key, 0) for key in keys])

    near = sorted(others, key=away)[: settings.neighbours]
    crowd = {key: sum(one.get(key, 0) for one in near) / len(near) for key in keys}
    return {
        key: settings.own * own.get(key, 0) + (1 - settings.own) * crowd[key] for key in keys
    }


def up_worth(own: Vector, others: list[Vector], settings: UpSettings) -> Vector:
    def like(vector: Vector) -> float:
        shared = sum(own.get(key, 0) * share for key, share in vector.items())
        mine, theirs = hypot(*own.values()), hypot(*vector.values())
        alpha = settings.asymmetry
        lengths: float = mine ** (2 * alpha) * theirs ** (2 * (1 - alpha))
        return shared / lengths

    near = sorted(others, key=like, reverse=True)[: settings.neighbours]
    worth = defaultdict(float, own)
    for vector in near:
        for key, share in vector.items():
            worth[key] += like(vector) ** settings.locality * share
    return worth


def ten(worth: Vector) -> list[int]:
    rounded = {key: float(np.float32(value)) for key, value in worth.items() if value > 0}
    return sorted(rounded, key=lambda key: (-rounded[key], key))[:10]


def literal(
    household: int, baskets: dict[int, Baskets], vector: Callable[[Baskets], Vector]
) -> tuple[Vector, list[Vector]]:
    others = [vector(trips) for other, trips in baskets.items() if other != household]
    return vector(baskets[household]), others


@pytest.mark.parametrize(
    "settings",
    [
        TifuSettings(group=7, trip_decay=0.9, group_decay=0.7, neighbours=9, own=0.6),
        TifuSettings(group=3, trip_decay=0.5, group_decay=0.9, neighbours=4, own=0.1),
        TifuSettings(group=64, trip_decay=1.0, group_decay=1.0, neighbours=500, own=0.0),
    ],
)
def test_tifu_knn_is_its_formula(
    past: TripHistory,
    tables: Tables,
    baskets: dict[int, Baskets],
    arrivals: dict[int, ModelRequest],
    settings: TifuSettings,
) -> None:
    method = TifuKnn.over(past, tables, settings)
    for household in (1, 2, 3, 30, 59):
        own, others = literal(household, baskets, lambda trips: tifu_vector(trips, settings))
        wanted = ten(tifu_worth(own, others, settings))
        assert method.rank(arrivals[household], 10).tolist() == wanted


@pytest.mark.parametrize(
    "settings",
    [
        UpSettings(recent=25, asymmetry=0.5, locality=5, neighbours=9),
        UpSettings(recent=3, asymmetry=0.0, locality=1, neighbours=500),
        UpSettings(recent=10, asymmetry=0.75, locality=2, neighbours=5),
    ],
)
def test_up_cf_is_its_formula(
    past: TripHistory,
    tables: Tables,
    baskets: dict[int, Baskets],
    arrivals: dict[int, ModelRequest],
    settings: UpSettings,
) -> None:
    method = UpCf.over(past, tables, settings)
    for household in (1, 2, 3, 30, 59):
        own, others = literal(household, baskets, lambda trips: up_vector(trips, settings))
        wanted = ten(up_worth(own, others, settings))
        assert method.rank(arrivals[household], 10).tolist() == wanted


def test_the_past_holds_the_trips_up_to_the_cut(
    past: TripHistory, baskets: dict[int, Baskets]
) -> None:
    assert past.trips.tolist() == [len(baskets[household]) for household in sorted(baskets)]
    lines = sum(len(basket) for trips in baskets.values() for basket in trips)
    assert len(past.item) == len(past.slot) == len(past.household) == lines


@pytest.mark.parametrize("trips", [1, 6, 7, 8, 64])
def test_weights_without_decay_share_one_whole_among_the_trips(trips: int) -> None:
    plain = TifuSettings(group=7, trip_decay=1.0, group_decay=1.0)
    assert plain.weights()[trips].sum() == pytest.approx(1)
    assert (plain.weights()[trips] > 0).sum() == trips
    assert UpSettings(recent=5).weights()[trips].sum() == pytest.approx(1)
    assert (UpSettings(recent=5).weights()[trips] > 0).sum() == min(trips, 5)


def test_an_older_group_counts_less() -> None:
    weights = TifuSettings(group=7, trip_decay=1.0, group_decay=0.5).weights()[20]
    assert weights[7] == pytest.approx(weights[0] / 2)
    assert weights[14] == pytest.approx(weights[0] / 4 * 7 / 6)  # a group of six
    assert ceil(20 / 7) == 3


def test_all_that_are_as_near_as_the_last_of_the_nearest_belong_to_them() -> None:
    near = nearest(np.array([0.5, 0.9, -np.inf, 0.5, 0.1]), 2)
    assert near.tolist() == [True, True, False, True, False]
    assert nearest(np.array([0.5, -np.inf]), 3).tolist() == [True, False]
