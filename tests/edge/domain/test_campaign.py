from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.campaign import Window
from edge.domain.experiment import Arm, Design, Layer, SwitchbackSchedule, Variant, within
from tests.edge.builders import ANN, NOW, campaign, later

EVENING = Window(first_hour=18, last_hour=22, days=(1, 2, 3, 4, 5))
NIGHT = Window(first_hour=22, last_hour=6, days=(5,))
_WEEK = [(day, hour) for day in range(1, 8) for hour in range(24)]


def test_a_window_holds_its_hours_of_its_days() -> None:
    asked = [(1, 17), (1, 18), (5, 21), (1, 22), (6, 18)]
    assert [EVENING.holds(day, hour) for day, hour in asked] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_window_over_midnight_belongs_to_the_day_it_began_on() -> None:
    asked = [(5, 21), (5, 22), (6, 0), (6, 5), (6, 6), (5, 5), (6, 23)]
    assert [NIGHT.holds(day, hour) for day, hour in asked] == [
        False, True, True, True, False, False, False,
    ]  # fmt: skip
    sunday = replace(NIGHT, days=(7,))
    assert (sunday.holds(1, 3), sunday.holds(7, 3)) == (True, False)


@given(st.integers(0, 23), st.integers(0, 24), st.sets(st.integers(1, 7)))
def test_a_window_is_as_long_as_its_hours_say(first: int, last: int, days: set[int]) -> None:
    window = Window(first_hour=first, last_hour=last, days=tuple(days))
    long = last - first if first <= last else 24 - first + last
    assert sum(window.holds(day, hour) for day, hour in _WEEK) == long * len(days)


def test_a_campaign_speaks_in_its_windows_and_always_without_any() -> None:
    quiet = campaign(windows=(EVENING, NIGHT))
    assert [quiet.speaks(*at) for at in ((3, 12), (3, 19), (6, 1))] == [False, True, True]
    assert all(campaign().speaks(day, hour) for day, hour in _WEEK)


@pytest.mark.parametrize(
    ("day", "live"), [(-7.1, False), (-7, True), (29.9, True), (30, False)]
)
def test_a_campaign_runs_from_its_start_to_just_before_its_end(day: float, live: bool) -> None:  # noqa: FBT001 - a parameter
    assert campaign().is_live(later(days=day)) is live
    assert not campaign(paused=True).is_live(later(days=day))


def test_nobody_in_particular_is_outside_and_gets_the_first_variant() -> None:
    tested = campaign(holdout_pct=100, variants=(Variant(name="a"), Variant(name="b")))
    assert tested.arm(None, "1", NOW) is Arm.OUTSIDE
    assert tested.variant(None) == Variant(name="a")
    assert campaign().variant(None) is campaign().variant(ANN) is None


def test_who_is_not_in_the_campaigns_part_of_the_layer_is_outside_before_any_draw() -> None:
    parts = [Layer(name="week", last=5_000), Layer(name="week", first=5_000)]
    arms = [campaign(holdout_pct=100, layer=part).arm(ANN, "1", NOW) for part in parts]
    assert set(arms) == {Arm.OUTSIDE, Arm.HELD_OUT}
    assert (arms[0] is Arm.HELD_OUT) == within(parts[0], ANN)


def test_a_switchback_asks_the_clock_and_the_store_and_never_the_person() -> None:
    shared = campaign(design=Design.SWITCHBACK, rota=SwitchbackSchedule(period_minutes=60))
    times = [later(3_600 * n) for n in range(24)]
    mine = [shared.arm(ANN, "1", at) for at in times]
    assert mine == [shared.arm(None, "1", at) for at in times]
    assert {arm: mine.count(arm) for arm in mine} == {Arm.TREATED: 12, Arm.HELD_OUT: 12}
    plain = replace(shared, rota=None)
    assert [plain.arm(None, "1", at) for at in times] == [
        replace(shared, rota=SwitchbackSchedule()).arm(None, "1", at) for at in times
    ]
