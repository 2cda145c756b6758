from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.causal.lift import LEAST_AN_ARM, Lift, TreatmentSample, lift_of


def sample(
    n: int = 4_000, *, plus: float = 0.0, share: float = 0.5, seed: int = 1
) -> TreatmentSample:
    """People whose past tells most of what they do; the treated do ``plus`` more."""
    luck = np.random.default_rng(seed)
    past, treated = luck.normal(10, 3, n), luck.random(n) < share
    outcome = 2 * past + luck.normal(0, 2, n) + plus * treated
    return TreatmentSample(outcome=outcome, treated=treated, share=share, past=past)


def bare(one: TreatmentSample) -> Lift:
    return lift_of(replace(one, past=None))


def width(lift: Lift) -> float:
    return lift.difference.high - lift.difference.low


def test_a_planted_lift_is_found_and_nought_excluded() -> None:
    lift = lift_of(sample(plus=1.0))
    assert lift.stands
    assert lift.difference.holds(1.0)
    assert lift.relative.holds(1 / 20)


def test_without_effect_nought_is_inside() -> None:
    assert not lift_of(sample()).stands


def test_few_people_are_not_enough_yet() -> None:
    few = lift_of(sample(n=2 * LEAST_AN_ARM - 1))
    assert (few.told, few.stands, few.least) == (False, False, 2 * LEAST_AN_ARM)
    assert lift_of(sample(n=2 * LEAST_AN_ARM)).told


def test_the_smaller_arm_says_how_many_it_takes() -> None:
    assert lift_of(sample(share=0.9)).least == 10 * LEAST_AN_ARM


def test_nobody_and_one_sided_people_tell_nothing() -> None:
    empty = TreatmentSample(outcome=np.zeros(0), treated=np.zeros(0, bool), share=0.5)
    assert not lift_of(empty).told
    one_sided = replace(sample(), treated=np.ones(4_000, bool))
    assert not lift_of(one_sided).told


def test_the_past_narrows_the_interval() -> None:
    one = sample(plus=1.0)
    assert width(lift_of(one)) < 0.5 * width(bare(one))
    assert lift_of(one).saved == pytest.approx(0.9, abs=0.03)


def test_a_past_that_tells_nothing_costs_nothing() -> None:
    one = sample(plus=1.0)
    noise = np.random.default_rng(9).normal(0, 1, 4_000)
    assert width(lift_of(replace(one, past=noise))) < 1.02 * width(bare(one))


def test_pasts_that_are_all_alike_change_nothing() -> None:
    one = replace(sample(plus=1.0), past=np.full(4_000, 7.0))
    assert lift_of(one).difference == bare(one).difference


@given(shift=st.floats(-1e4, 1e4), scale=st.floats(0.01, 100))
def test_the_difference_goes_with_the_unit_and_not_with_the_level(
    shift: float, scale: float
) -> None:
    one = sample(plus=1.0)
    moved = lift_of(replace(one, outcome=one.outcome * scale + shift)).difference
    plain = lift_of(one).difference
    assert moved.low == pytest.approx(plain.low * scale, rel=1e-5)


def test_swapping_the_arms_turns_the_sign() -> None:
    one = sample(plus=1.0)
    turned = lift_of(replace(one, treated=~one.treated)).difference
    assert turned.low == pytest.approx(-lift_of(one).difference.high)


def test_the_relative_interval_is_that_of_the_ratio() -> None:
    one = sample(plus=4.0)
    relative = lift_of(one).relative
    assert relative.low < relative.value < relative.high
    assert lift_of(replace(one, outcome=one.outcome * 7)).relative.value == pytest.approx(
        relative.value
    )


def test_a_control_that_does_nothing_has_no_ratio() -> None:
    treated = np.arange(1_000) % 2 == 0
    one = TreatmentSample(outcome=treated * 1.0, treated=treated, share=0.5)
    assert not lift_of(one).relative.told or lift_of(one).relative.low > 1


def test_who_stopped_at_the_first_interval_without_nought_is_told_when() -> None:
    lift = lift_of(sample(plus=1.0))
    assert lift.first_stood is not None
    assert lift.least <= lift.first_stood <= 4_000


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_nobody_or_all_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        sample(share=share)


def test_arrays_must_match() -> None:
    with pytest.raises(ValueError, match="for each person"):
        TreatmentSample(outcome=np.zeros(3), treated=np.zeros(2, bool), share=0.5)
