"""A town whose people shop as a real grocer's households did: which products, how often, how often they came.

``run`` calls it where a source is given, in place of ``population.invent``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from devices.simulator.chance import pick
from edge.lab.simulate.population import (
    ZONES,
    Population,
    Shopper,
    SimulatedProduct,
    people_for,
    person,
)
from models.errors import TooLittleData
from models.sources.journey import Journey, read_journey

# The products that are bought most stand for the store; a household must have come so often to be learned from.
_GOODS, _LEAST_TRIPS = 200, 8
# What was bought on fewer of a household's trips is an accident; nothing is surer than this.
_SELDOM, _SUREST = 0.02, 0.6


def learn(source: str, seed: int, visits_a_day: int) -> Population:
    """The busiest store of ``source`` and its households, drawn again until there are enough of them.

    Raises:
        SourceUnreadable: there is no such data.
        TooLittleData: no household came often enough to be learned from.
    """
    journey = read_journey(source)
    trips = journey.trips
    # The first is the busiest.
    own = np.flatnonzero(trips.store == journey.stores[0])
    held = np.concatenate([trips.of(int(trip)) for trip in own])
    counts = np.bincount(held, minlength=len(journey.items))
    # Stable, so that equal sales keep the items' order on every machine.
    sold = np.argsort(-counts, kind="stable")[:_GOODS]
    goods = {good.sku: good for good in _goods(journey, sold.tolist())}
    homes = list(_homes(journey, own, frozenset(sold.tolist())))
    if not homes:
        raise TooLittleData(what="households to learn from", got=0, needed=1)
    people = people_for(visits_a_day, sum(a_week for _, a_week in homes) / len(homes))
    shoppers = tuple(_drawn(seed, number, homes) for number in range(people))
    return Population(seed=seed, goods=goods, shoppers=shoppers)


def _goods(journey: Journey, sold: list[int]) -> Iterator[SimulatedProduct]:
    items = journey.items
    for item in sold:
        category = str(items.category_names[items.category[item]])
        department = str(items.department_names[items.department[item]])
        yield SimulatedProduct(
            sku=str(items.keys[item]),
            name=journey.name(item),
            category=category,
            department=department,
            price_cents=max(1, int(items.price_cents[item])),
            zone=_zone(department, category),
        )


_FRESH = frozenset({"PRODUCE", "FLORAL", "DELI", "SALAD BAR", "PASTRY", "MEAT", "SEAFOOD"})
_CHILLED = ("FROZEN", "FRZN", "MILK", "CHEESE", "YOGURT", "EGG", "ICE CREAM", "BUTTER")
_HOME = frozenset({"DRUG GM", "COSMETICS", "NUTRITION", "HOUSEWARES", "AUTOMOTIVE", "TOYS"})


def _zone(department: str, category: str) -> str:
    """Where such things lie in this store."""
    _, fresh, chilled, grocery, home, _ = ZONES
    if department in _FRESH:
        return fresh
    if department in _HOME:
        return home
    return chilled if any(word in category for word in _CHILLED) else grocery


def _homes(
    journey: Journey, own: npt.NDArray[np.int64], sold: frozenset[int]
) -> Iterator[tuple[Mapping[str, float], float]]:
    """Of each household: on which part of its trips it bought each product, and its trips in a week."""
    trips, keys = journey.trips, journey.items.keys
    # At least one, for a source may be shorter than a week.
    weeks = max(1, (journey.last_day - int(journey.lines.day.min())) // 7)
    households = trips.household[own]
    # Below nought is nobody's single basket.
    for household in np.unique(households[households >= 0]):
        rows = own[households == household]
        if len(rows) < _LEAST_TRIPS:
            continue
        items, counts = np.unique(
            np.concatenate([trips.of(int(row)) for row in rows]), return_counts=True
        )
        shares = {
            str(keys[item]): min(_SUREST, count / len(rows))
            for item, count in zip(items.tolist(), counts.tolist(), strict=True)
            if item in sold and count / len(rows) > _SELDOM
        }
        if shares:
            # Once a day at most, as a simulation lets people come.
            yield shares, min(7.0, len(rows) / weeks)


def _drawn(seed: int, number: int, homes: list[tuple[Mapping[str, float], float]]) -> Shopper:
    shares, a_week = pick(homes, seed, number, "shops like")
    return person(seed, number, shares, a_week)
