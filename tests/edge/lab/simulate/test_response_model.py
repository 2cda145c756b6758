from __future__ import annotations

from datetime import timedelta

import pytest

from edge.lab.simulate.options import OPENS
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth
from edge.lab.simulate.population import invent
from edge.lab.simulate.portfolio import BOARD, FRUIT, SUMMER, TILL, VOICES, build_portfolio
from edge.lab.simulate.response_model import ANNOYING, ResponseModel

POPULATION = invent(1, 10)
PORTFOLIO = build_portfolio(POPULATION, OPENS, OPENS + timedelta(days=3))
WHO = POPULATION.shoppers[0]
WARM = "A small treat for your table"


def responses(**campaigns: PlantedResponse) -> ResponseModel:
    planted = {name.replace("_", "-"): response for name, response in campaigns.items()}
    return ResponseModel(PlantedTruth(campaigns=planted), PORTFOLIO)


def offers(campaign: str) -> list[str]:
    return [o.id for o in PORTFOLIO.offers if o.campaign == campaign]


def item(campaign: str) -> str:
    return min(PORTFOLIO.items_of(campaign))


def factor(found: ResponseModel, campaign: str, *passed: str, after_days: float = 0) -> float:
    at = OPENS + timedelta(days=after_days)
    return found.factor(WHO, item(campaign), at, frozenset(passed))


def test_an_offer_seen_moves_all_products_of_its_campaign_and_no_other() -> None:
    found = responses(fruit_week=PlantedResponse(lift_pct=50))
    found.sees(WHO, [(offers(FRUIT)[-1], "x")], OPENS)
    assert factor(found, FRUIT) == pytest.approx(1.5)
    assert factor(found, VOICES) == 1


def test_two_offers_on_one_screen_are_one_showing() -> None:
    found = responses(fruit_week=PlantedResponse(lift_pct=50, fatigue_pct=50))
    found.sees(WHO, [(o, "x") for o in offers(FRUIT)], OPENS)
    assert factor(found, FRUIT) == pytest.approx(1.5)
    found.sees(WHO, [(offers(FRUIT)[0], "x")], OPENS)
    assert factor(found, FRUIT) == pytest.approx(1.25)


def test_a_creative_is_known_by_its_words() -> None:
    found = responses(two_voices=PlantedResponse(creatives={"warm": 30}))
    found.sees(WHO, [(offers(VOICES)[0], "Less for this")], OPENS)
    assert factor(found, VOICES) == 1
    found.sees(WHO, [(offers(VOICES)[0], WARM)], OPENS)
    assert factor(found, VOICES) == pytest.approx(1.3)


def test_an_effect_is_over_after_its_days() -> None:
    found = responses(fruit_week=PlantedResponse(lift_pct=50, lasts_days=2))
    found.sees(WHO, [(offers(FRUIT)[0], "x")], OPENS)
    assert factor(found, FRUIT, after_days=1.9) == pytest.approx(1.5)
    assert factor(found, FRUIT, after_days=2.1) == 1


def test_a_shared_screen_moves_whoever_walks_past_and_only_then() -> None:
    found = responses(window_board=PlantedResponse(spillover_pct=40))
    assert factor(found, BOARD, BOARD) == pytest.approx(1.4)
    assert factor(found, BOARD) == 1


def test_a_campaign_of_long_ago_moves_nobody() -> None:
    found = responses(fruit_week=PlantedResponse(lift_pct=50))
    found.sees(WHO, [(offers(SUMMER)[0], "x")], OPENS)
    assert factor(found, FRUIT) == 1


def test_only_the_fourth_showing_annoys() -> None:
    found = responses(till_thanks=PlantedResponse(annoyed_pct=100))
    for shown in range(1, ANNOYING + 1):
        found.sees(WHO, [(offers(TILL)[0], "x")], OPENS)
        assert found.is_annoyed(WHO, item(TILL), 1) is (shown == ANNOYING)
