from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.campaigns.experiments.design import begins, design_of, global_design, shares_of
from edge.domain.experiment import Arm, Layer, SwitchbackSchedule, Variant
from tests.edge.builders import NOW, campaign

AB = (Variant(name="a"), Variant(name="b", weight=3))


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "new"},
        {"holdout_pct": 20},
        {"layer": Layer(name="week", last=5_000)},
        {"variants": AB},
        {"rota": SwitchbackSchedule()},
    ],
)
def test_another_draw_has_another_name(change: dict[str, object]) -> None:
    assert design_of(replace(campaign(), **change)) != design_of(campaign())  # type: ignore[arg-type]  # fields


@pytest.mark.parametrize(
    "change", [{"name": "Renamed"}, {"paused": True}, {"weekly_cap": 3}, {"bandit": True}]
)
def test_what_draws_nobody_anew_keeps_the_name(change: dict[str, object]) -> None:
    assert design_of(replace(campaign(), **change)) == design_of(campaign())  # type: ignore[arg-type]  # fields


def test_the_global_draw_has_a_name_of_its_own() -> None:
    assert global_design("s", 10) != global_design("s", 20)
    assert len(global_design("s", 10)) == 12


@given(pct=st.integers(0, 100), weights=st.lists(st.integers(1, 9), max_size=5))
def test_shares_sum_to_one(pct: int, weights: list[int]) -> None:
    variants = tuple(Variant(name=f"v{n}", weight=w) for n, w in enumerate(weights))
    shares = shares_of(campaign(holdout_pct=pct, variants=variants))
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) > 0


def test_shares_are_what_is_really_drawn() -> None:
    test = campaign(holdout_pct=20, variants=AB)
    tokens = [f"c-{n}" for n in range(20_000)]
    in_b = sum(
        test.arm(t, "1", NOW) is Arm.TREATED and test.variant(t) == AB[1] for t in tokens
    )
    assert in_b / len(tokens) == pytest.approx(shares_of(test)["b"], abs=0.01)


def test_a_stretch_begins_where_the_rota_counts_it_from() -> None:
    rota = SwitchbackSchedule(period_minutes=90)
    start = begins(rota, rota.stretch(NOW))
    assert start <= NOW
    assert rota.stretch(start) == rota.stretch(NOW)
    assert begins(rota, rota.stretch(NOW) + 1) > NOW
