from __future__ import annotations

from datetime import timedelta

from edge.campaigns.experiments.randomised import (
    ArmComparison,
    Metric,
    PeopleResult,
    compare_people,
)
from edge.storage.measurement.experiment_outcomes import MONTH, VISIT
from tests.edge.builders import NOW
from tests.edge.campaigns.experiments.people import LATER, crowd, outcome

HALF = {"held-out": 0.5, "treated": 0.5}
AB = {"held-out": 0.2, "a": 0.4, "b": 0.4}


def found(result: PeopleResult, arm: str, against: str) -> ArmComparison:
    return next(
        c
        for c in result.compared
        if (c.metric, c.arm, c.against) == (Metric.VISIT_SPEND, arm, against)
    )


def test_the_treated_are_compared_with_the_held_out() -> None:
    result = compare_people(crowd(HALF, {"treated": 100}), HALF, LATER)
    assert result.headline == found(result, "treated", "held-out")
    assert found(result, "treated", "held-out").lift.difference.holds(100)
    assert found(result, "treated", "held-out").lift.stands


def test_each_variant_is_compared_with_the_held_out_and_with_the_first() -> None:
    result = compare_people(crowd(AB, {"b": 200}), AB, LATER)
    assert found(result, "b", "held-out").lift.difference.holds(200)
    assert found(result, "b", "a").lift.stands
    assert not found(result, "a", "held-out").lift.stands
    assert found(result, "treated", "held-out").lift.difference.holds(100)


def test_where_nobody_is_held_out_variants_are_compared_alone() -> None:
    shares = {"a": 0.5, "b": 0.5}
    result = compare_people(crowd(shares, {}), shares, LATER)
    assert {(c.arm, c.against) for c in result.compared} == {("b", "a")}
    assert result.segments == ()


def test_one_arm_alone_has_nothing_to_compare() -> None:
    assert compare_people([outcome()], {"treated": 1.0}, LATER).headline is None


def test_a_person_counts_when_nothing_can_change_any_more() -> None:
    rows = [outcome("treated"), outcome("held-out")]
    for age, settling in ((VISIT - timedelta(seconds=1), 2), (VISIT, 0)):
        result = compare_people(rows, HALF, NOW + age)
        assert found(result, "treated", "held-out").settling == settling


def test_the_month_settles_after_the_month() -> None:
    rows = [outcome("treated"), outcome("held-out")]
    result = compare_people(rows, HALF, NOW + MONTH - timedelta(seconds=1))
    settling = {c.metric: c.settling for c in result.compared}
    assert (settling[Metric.VISIT_SPEND], settling[Metric.MONTH_TRIPS]) == (0, 2)


def test_it_is_told_in_which_segment_it_worked() -> None:
    rows = crowd(HALF, {"treated": 200}, n=6_000, segments=("young", "old"))
    worked = {c.segment: c.lift.stands for c in compare_people(rows, HALF, LATER).segments}
    assert worked == {"young": True, "old": False}


def test_segments_share_one_confidence() -> None:
    one = compare_people(crowd(HALF, {}), HALF, LATER).segments[0].lift.difference
    rows = [*crowd(HALF, {}), *(outcome(segments=(f"s{n % 9}",)) for n in range(180))]
    many = compare_people(rows, HALF, LATER).segments[0].lift.difference
    assert many.high - many.low > one.high - one.low


def test_a_segment_of_a_few_has_no_line() -> None:
    rows = [outcome(segments=("rare",)) for _ in range(19)]
    assert compare_people(rows, HALF, LATER).segments == ()


def test_lost_people_raise_the_alarm() -> None:
    rows = crowd({"held-out": 0.6, "treated": 0.4}, {})
    assert compare_people(rows, HALF, LATER).ratio.alarm
    assert not compare_people(crowd(HALF, {}), HALF, LATER).ratio.alarm


def test_arms_that_the_draw_does_not_know_are_left_out() -> None:
    result = compare_people([outcome("ghost"), outcome("treated")], HALF, LATER)
    assert result.people == {"held-out": 0, "treated": 1}


def test_only_the_asked_metrics_are_worked_out() -> None:
    result = compare_people(crowd(HALF, {}), HALF, LATER, metrics=(Metric.MONTH_TRIPS,))
    assert {c.metric for c in (*result.compared, *result.segments)} == {Metric.MONTH_TRIPS}
