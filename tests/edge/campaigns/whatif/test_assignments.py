from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.campaigns.whatif.assignments import (
    AS_IT_FELL,
    EVERYWHERE,
    Assignments,
    concerned,
    outcomes,
)
from edge.domain.assignment import Assignment
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.errors import NotReplayable
from edge.domain.experiment import Arm, Design, Layer, Variant
from edge.domain.ids import Token
from edge.state.catalogue import catalogue_of
from tests.edge.builders import ANN, NOW, campaign, offer
from tests.edge.campaigns.whatif.day import OFFERS, TESTED, goods


def sold(*campaigns: Campaign, holdout_pct: int = 0) -> Catalogue:
    found = goods(campaigns=campaigns or (TESTED,))
    return catalogue_of(found, Tuning(holdout_pct=holdout_pct))[0]


def arm(catalogue: Catalogue, token: str) -> str:
    return Assignment(catalogue, Token(token), 0, NOW).of("june").name


def test_the_ways_of_a_test_are_its_holdout_and_its_variants_by_weight() -> None:
    uneven = replace(
        TESTED, variants=(replace(TESTED.variants[0], weight=3), TESTED.variants[1])
    )
    ways = dict(outcomes(sold(uneven), "june", ANN))
    assert ways == pytest.approx({"held-out": 0.2, "a": 0.6, "b": 0.2})


@given(
    pct=st.integers(0, 100), weights=st.lists(st.integers(1, 9), max_size=4), token=st.text()
)
def test_chances_sum_to_one_and_no_way_has_none(
    pct: int, weights: list[int], token: str
) -> None:
    arms = tuple(Variant(name=f"v{n}", weight=weight) for n, weight in enumerate(weights))
    test = campaign(holdout_pct=pct, variants=arms)
    chances = [chance for _, chance in outcomes(sold(test), "june", Token(token))]
    assert sum(chances) == pytest.approx(1)
    assert min(chances) > 0


def test_people_really_fall_as_often_as_the_chances_say() -> None:
    catalogue, people = sold(), 4_000
    seen = Counter(arm(catalogue, f"c-{n}") for n in range(people))
    for name, chance in outcomes(catalogue, "june", ANN):
        assert seen[name] / people == pytest.approx(chance, abs=0.03)


@given(token=st.text(min_size=1))
def test_a_way_falls_so_for_everybody(token: str) -> None:
    draws = Assignments(sold())
    names = [name for name, _ in outcomes(draws.catalogue, "june", Token(token))]
    fallen = [arm(catalogue, token) for _, catalogue in draws.falls(["june"], Token(token))]
    assert fallen == names


@pytest.mark.parametrize(
    "test",
    [
        replace(TESTED, design=Design.SWITCHBACK),
        replace(TESTED, layer=Layer(name="l", first=0, last=0)),
        campaign("another"),
    ],
    ids=["time is drawn, not people", "outside of its layer", "not there"],
)
def test_a_draw_that_is_not_the_person_s_stays_as_it_fell(test: Campaign) -> None:
    catalogue = sold(test)
    assert outcomes(catalogue, "june", ANN) == [(AS_IT_FELL, 1.0)]
    ((chance, same),) = Assignments(catalogue).falls(["june"], ANN)
    assert (chance, same) == (1.0, catalogue)


def test_nobody_in_particular_is_not_drawn() -> None:
    catalogue = sold(holdout_pct=10)
    assert outcomes(catalogue, "june", None) == [(AS_IT_FELL, 1.0)]
    assert outcomes(catalogue, EVERYWHERE, None) == [(AS_IT_FELL, 1.0)]


def test_the_global_holdout_is_a_draw_like_any_other() -> None:
    draws = Assignments(sold(holdout_pct=10))
    falls = draws.falls([EVERYWHERE], ANN)
    arms = [Assignment(catalogue, ANN, 0, NOW).everywhere for _, catalogue in falls]
    assert [chance for chance, _ in falls] == pytest.approx([0.1, 0.9])
    assert arms == [Arm.HELD_OUT, Arm.TREATED]


def test_draws_of_several_campaigns_multiply() -> None:
    other = campaign("july", holdout_pct=50)
    falls = Assignments(sold(TESTED, other)).falls(["june", "july"], ANN)
    assert len(falls) == 6
    assert sum(chance for chance, _ in falls) == pytest.approx(1)
    assert min(chance for chance, _ in falls) == pytest.approx(0.1)


def test_too_many_ways_are_refused() -> None:
    many = [campaign(f"c{n}", holdout_pct=50) for n in range(9)]
    with pytest.raises(NotReplayable, match="256 ways"):
        Assignments(sold(*many)).falls([c.id for c in many], ANN)


def test_a_change_concerns_campaigns_that_differ_and_those_whose_offers_do() -> None:
    before = sold(TESTED, campaign("july"))
    other = goods(
        offers=(*OFFERS, offer("o-new", 4, campaign="may")),
        campaigns=(TESTED, campaign("july", holdout_pct=20)),
    )
    after, _ = catalogue_of(other, Tuning(holdout_pct=0))
    assert concerned(before, after) == ("july", "may")
    assert concerned(before, before) == ()
    assert concerned(before, sold(TESTED, campaign("july"), holdout_pct=5)) == (EVERYWHERE,)
