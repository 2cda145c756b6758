from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import catalogue as catalogue_module
from edge.domain.assignment import Assignment
from edge.domain.catalogue import Catalogue
from edge.domain.experiment import (
    NO_CAMPAIGN,
    Arm,
    ArmDraw,
    Design,
    Layer,
    SwitchbackSchedule,
    Variant,
    held_out,
)
from edge.domain.ids import Token
from tests.edge.builders import ANN, BEN, NOW, campaign, catalogue, later

TOKENS = [Token(f"c-{n}") for n in range(400)]
TWO = (Variant(name="a"), Variant(name="b"))


def assignment(sold: Catalogue, token: Token | None = ANN, days: float = 0) -> Assignment:
    return Assignment(sold, token, 7, later(days=days))


@given(st.sampled_from([ANN, BEN, *TOKENS]), st.integers(0, 100))
def test_the_global_holdout_is_drawn_by_its_own_salt(token: Token, pct: int) -> None:
    sold = catalogue(holdout_pct=pct)
    out = assignment(sold, token).everywhere is Arm.HELD_OUT
    assert out == held_out(sold.tuning.holdout_salt, token, pct)


def test_nobody_in_particular_is_outside() -> None:
    sold = catalogue(campaigns=[campaign(variants=TWO)], holdout_pct=100)
    assert assignment(sold, None).everywhere is Arm.OUTSIDE
    assert assignment(sold, None).of("june") == ArmDraw(Arm.OUTSIDE, TWO[0])


def test_an_offer_without_a_campaign_is_held_back_from_nobody() -> None:
    assert assignment(catalogue()).of("nobody-knows") is NO_CAMPAIGN
    assert NO_CAMPAIGN.name == "treated"


def test_a_treated_person_is_called_by_their_variant_and_a_held_out_one_is_not() -> None:
    assert ArmDraw(Arm.TREATED, TWO[1]).name == "b"
    assert ArmDraw(Arm.HELD_OUT, TWO[1]).name == "held-out"
    assert ArmDraw(Arm.TREATED, None).name == "treated"


def test_who_comes_by_often_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sold = catalogue(campaigns=[campaign(holdout_pct=50)])
    first = assignment(sold).of("june")
    monkeypatch.setattr(type(sold.campaigns["june"]), "arm", None)
    assert assignment(sold).of("june") == first


def test_only_so_many_people_are_kept_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module, "_REMEMBERED", 3)
    sold = catalogue(campaigns=[campaign(holdout_pct=50)])
    found = {t: assignment(sold, t).of("june") for t in TOKENS[:10]}
    assert {t: assignment(sold, t).of("june") for t in TOKENS[:10]} == found
    assert len(sold._drawn) <= 3  # noqa: SLF001 - what is kept, nobody can ask for


def test_a_switchback_is_asked_anew_each_time() -> None:
    shared = campaign(design=Design.SWITCHBACK, rota=SwitchbackSchedule(period_minutes=60))
    sold = catalogue(campaigns=[shared])
    arms = {assignment(sold, ANN, n / 24).of("june").arm for n in range(10)}
    assert arms == {Arm.TREATED, Arm.HELD_OUT}


def test_exclusive_layers_share_nobody_and_together_hold_everybody() -> None:
    parts = [
        campaign("one", layer=Layer(name="week", last=4_000)),
        campaign("two", layer=Layer(name="week", first=4_000)),
    ]
    sold = catalogue(campaigns=parts)
    for token in TOKENS:
        inside = [assignment(sold, token).of(c).arm is not Arm.OUTSIDE for c in ("one", "two")]
        assert sum(inside) == 1


# Strategies as arms (C35).

LED = (
    Variant(name="led", strategies=(("kiosk-home", "trending"),)),
    Variant(name="plain"),
)


def test_a_variant_puts_its_strategy_in_charge_of_its_people_at_its_placement() -> None:
    sold = catalogue(campaigns=[campaign(variants=LED)])
    for token in TOKENS[:50]:
        drawn = assignment(sold, token)
        led = drawn.of("june").name == "led"
        assert drawn.strategy_at("kiosk-home") == ("trending" if led else None)
        assert drawn.strategy_at("till-addon") is None


@pytest.mark.parametrize(
    "changed", [{"paused": True}, {"ends_at": NOW}, {"holdout_pct": 100}], ids=str
)
def test_a_test_that_does_not_run_or_is_kept_from_them_rules_nothing(
    changed: dict[str, Any],
) -> None:
    only = campaign(variants=LED[:1], **changed)
    assert assignment(catalogue(campaigns=[only])).strategy_at("kiosk-home") is None


def test_of_two_tests_of_one_placement_the_first_by_id_rules() -> None:
    other = replace(LED[0], strategies=(("kiosk-home", "low-price"),))
    tests = [campaign("b", variants=LED[:1]), campaign("a", variants=(other,))]
    assert assignment(catalogue(campaigns=tests)).strategy_at("kiosk-home") == "low-price"
