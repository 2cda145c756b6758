"""What a simulated shopper says no to: never what they are about to take, and never what they favour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from edge.lab.simulate.options import OPENS
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth
from edge.lab.simulate.population import Shopper, invent
from edge.lab.simulate.portfolio import TILL, build_portfolio
from edge.lab.simulate.response_model import ANNOYING, ResponseModel
from edge.lab.simulate.visit import SimulatedVisit, VisitSurroundings

POPULATION = invent(1, 10)
PORTFOLIO = build_portfolio(POPULATION, OPENS, OPENS + timedelta(days=3))
SKU = min(PORTFOLIO.items_of(TILL))


def visits(chance: float) -> list[SimulatedVisit]:
    """Forty visits of somebody with this chance to take the product, who was told of it far too often."""
    planted = PlantedTruth(campaigns={TILL: PlantedResponse(annoyed_pct=100)})
    responses = ResponseModel(planted, PORTFOLIO)
    who: Shopper = replace(POPULATION.shoppers[0], chances={SKU: chance} if chance else {})
    offers = [(o.id, "x") for o in PORTFOLIO.offers if o.campaign == TILL]
    for _ in range(ANNOYING):
        responses.sees(who, offers, OPENS)
    scenery = SimpleNamespace(seed=1, responses=responses, clock=SimpleNamespace(true=OPENS))
    return [
        SimulatedVisit(
            who=who, number=n, scenery=cast("VisitSurroundings", scenery), member=True
        )
        for n in range(40)
    ]


def test_what_they_never_buy_is_refused_on_every_visit() -> None:
    assert all(one.refuses(SKU) for one in visits(0))


def test_what_they_seldom_buy_is_refused_unless_they_take_it_on_this_visit() -> None:
    seldom = visits(0.15)
    assert [one.refuses(SKU) for one in seldom] == [not one.wants(SKU) for one in seldom]
    assert any(one.wants(SKU) for one in seldom)


def test_what_they_favour_is_never_refused() -> None:
    often = visits(0.4)
    assert not any(one.refuses(SKU) for one in often)
    assert not all(one.wants(SKU) for one in often)
