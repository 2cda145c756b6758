"""A test in which everybody is held out, or nobody, is told without figures and stops no other."""

from __future__ import annotations

import pytest

from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.randomised import compare_people
from edge.domain.experiment import Arm, Variant
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from tests.edge.builders import NOW, campaign, later

TWO = (Variant(name="a"), Variant(name="b"))


def outcome(arm: str) -> ExperimentOutcome:
    return ExperimentOutcome(
        arm=arm,
        segments=("regular",),
        past_trips=3,
        first_at=later(days=-40),
        visit_cents=100,
        visit_items=1,
        month_cents=100,
        month_trips=1,
        redeemed=0,
    )


@pytest.mark.parametrize("variants", [(), TWO])
@pytest.mark.parametrize("pct", [0, 100])
def test_nothing_is_compared_with_an_arm_that_is_not_there(
    pct: int, variants: tuple[Variant, ...]
) -> None:
    shares = shares_of(campaign(holdout_pct=pct, variants=variants))
    found = compare_people([outcome(arm) for _ in range(40) for arm in shares], shares, NOW)
    assert not found.ratio.alarm
    assert found.segments == ()
    named = {one.against for one in found.compared}
    assert named == ({"a"} if variants and not pct else set())
    assert (Arm.HELD_OUT in found.people) is (pct == 100)
