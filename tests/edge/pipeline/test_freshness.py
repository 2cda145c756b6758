"""Every input carries its age, and its age one of three rungs; the decision keeps to it and every screen says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from edge.decision.steps.touchpoint import address
from edge.domain.catalogue import Catalogue
from edge.domain.decision import Decision, InputFreshness
from edge.domain.ids import ItemKey
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.ranker import Shortlist
from tests.edge.builders import (
    FRESH,
    NOW,
    catalogue,
    decision,
    later,
    offer,
    personal,
    profile,
    promotion,
)
from tests.edge.fakes import Rates

_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60

USE, DEGRADE, DROP = InputFreshness
MATRIX: Mapping[str, tuple[tuple[int | None, InputFreshness], ...]] = {
    "profile": ((7 * _DAY_S, USE), (200 * _DAY_S, DEGRADE), (400 * _DAY_S, DROP), (None, DROP)),
    "trend": ((_DAY_S, USE), (20 * _DAY_S, DEGRADE), (40 * _DAY_S, DROP), (None, DROP)),
    "stock": ((_HOUR_S, USE), (3 * _DAY_S, DEGRADE), (8 * _DAY_S, DROP), (None, DROP)),
    "prices": ((_DAY_S, USE), (9 * _DAY_S, DEGRADE), (31 * _DAY_S, DROP), (None, DROP)),
    "offers": ((_DAY_S, USE), (9 * _DAY_S, DEGRADE), (15 * _DAY_S, DROP), (None, DROP)),
    "promotions": ((_DAY_S, USE), (9 * _DAY_S, DEGRADE), (15 * _DAY_S, DROP), (None, DROP)),
    "clock": ((0, USE), (10 * _MINUTE_S, DEGRADE), (2 * _HOUR_S, DROP), (None, USE)),
}
CELLS = [(name, age, rung) for name, row in MATRIX.items() for age, rung in row]

SOLD = catalogue(
    offers=[offer("long", 1), offer("ends", 2, ends_at=later(5 * _MINUTE_S))],
    promotions=[promotion(7)],
)


class Watched(Rates):
    """A ranker that keeps what it was let see."""

    def __init__(self) -> None:
        super().__init__(Rates.falling(12).chances)
        self.views: list[ModelRequest] = []

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        self.views.append(view)
        return super().shortlist(view, limit, extra)


def made(name: str, age: int | None, sold: Catalogue = SOLD) -> tuple[Decision, ModelRequest]:
    ages = (
        {**FRESH, name: age}
        if age is not None
        else {k: v for k, v in FRESH.items() if k != name}
    )
    watched = Watched()
    given = personal(ages_s=ages, out_of_stock=(ItemKey(3),), limit=6)
    return decision(given, sold, watched, profile(9)), watched.views[0]


def _offers(found: Decision) -> set[str]:
    return {choice.offer for choice in found.choices if choice.offer}


# What may be seen of an input, by its rung.
SEEN: Mapping[str, Callable[[Decision, ModelRequest], Mapping[InputFreshness, bool]]] = {
    "profile": lambda _, view: (
        dict.fromkeys((USE, DEGRADE), view.profile is not None) | {DROP: view.profile is None}
    ),
    "stock": lambda found, _: (
        dict.fromkeys((USE, DEGRADE), "3" not in _skus(found)) | {DROP: "3" in _skus(found)}
    ),
    "prices": lambda found, _: (
        dict.fromkeys((USE, DEGRADE), None not in _prices(found))
        | {DROP: _prices(found) == {None}}
    ),
    "offers": lambda found, _: (
        dict.fromkeys((USE, DEGRADE), _offers(found) == {"long", "ends"})
        | {DROP: not _offers(found)}
    ),
    "promotions": lambda _, view: (
        dict.fromkeys((USE, DEGRADE), view.promoted is not None) | {DROP: view.promoted is None}
    ),
    "trend": lambda _, view: dict.fromkeys(InputFreshness, view.trend is not None),
    "clock": lambda found, _: {
        USE: _offers(found) == {"long", "ends"},
        DEGRADE: _offers(found) == {"long"},
        DROP: not _offers(found),
    },
}


def _skus(found: Decision) -> set[str]:
    return {choice.sku for choice in found.choices}


def _prices(found: Decision) -> set[int | None]:
    return {slot.price_cents for slot in found.slots}


@pytest.mark.parametrize(("name", "age", "rung"), CELLS)
def test_each_age_of_each_input_has_its_rung_and_the_decision_keeps_to_it(
    name: str, age: int | None, rung: InputFreshness
) -> None:
    found, view = made(name, age)
    assert found.rungs[name] is rung
    assert SEEN[name](found, view)[rung]
    others = {other: of for other, of in found.rungs.items() if other != name}
    assert set(others.values()) == {USE}


@pytest.mark.parametrize(("name", "age", "rung"), CELLS)
def test_the_screen_says_which_rung_is_in_force(
    name: str, age: int | None, rung: InputFreshness
) -> None:
    found, _ = made(name, age)
    show = address(found, NOW, {})
    assert show.freshness == {n: r.value for n, r in found.rungs.items()}
    assert show.freshness[name] == rung.value
    assert set(show.freshness) == set(MATRIX)


def test_with_nothing_heard_of_at_all_something_is_still_shown() -> None:
    found = decision(personal(ages_s={}), SOLD, Rates.falling(12))
    assert found.choices
    assert set(found.rungs.values()) == {DROP, USE}  # the clock alone is believed unasked
