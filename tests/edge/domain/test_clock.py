from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.clock import ReplayClock, SystemClock, is_doubtful
from edge.domain.clock_check import JUMP_S, SETTLES_S
from tests.edge.builders import NOW, later

HOUR_S, DAY_S, YEAR_S = 3600, 86_400, 365 * 86_400
LEAPS = (-YEAR_S, -HOUR_S, -35, 35, HOUR_S, YEAR_S)


class Machine:
    """A machine whose clock can be set, with the shop's clock on it. Units: seconds."""

    def __init__(self) -> None:
        self.true_s = self.wrong_s = 0.0
        self.clock = SystemClock(
            wall=lambda: later(self.true_s + self.wrong_s), steady=lambda: self.true_s
        )

    def passes(self, seconds: float, *, looks: int = 20) -> None:
        """Time passes, and somebody asks for it now and then."""
        for _ in range(looks):
            self.true_s += seconds / looks
            self.clock.now()

    @property
    def off_s(self) -> float:
        """By how much the time that is told is wrong."""
        return (self.clock.now() - later(self.true_s)).total_seconds()


def test_in_a_shop_business_time_is_real_time() -> None:
    clock = SystemClock()
    assert clock.business(NOW) is NOW
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.wall() <= clock.latest()
    assert not is_doubtful(clock)


@pytest.mark.parametrize("leap_s", LEAPS)
def test_a_leap_is_not_believed_and_its_end_at_once(leap_s: int) -> None:
    machine = Machine()
    machine.passes(60)
    machine.wrong_s = leap_s
    for _ in range(5):
        machine.passes(60)
        assert abs(machine.off_s) < 0.001
        assert is_doubtful(machine.clock) == (abs(leap_s) > JUMP_S)
    machine.wrong_s = 0
    assert abs(machine.off_s) < 0.001
    assert not is_doubtful(machine.clock)


@pytest.mark.parametrize("leap_s", LEAPS)
def test_a_clock_that_was_set_is_believed_when_it_has_settled(leap_s: int) -> None:
    machine = Machine()
    settles_s = SETTLES_S if leap_s > 0 else DAY_S
    machine.passes(60)
    machine.wrong_s = leap_s
    machine.passes(settles_s - 1)
    assert abs(machine.off_s) < 0.001
    machine.passes(settles_s / 10)
    assert machine.off_s == pytest.approx(leap_s)
    assert not is_doubtful(machine.clock)


@pytest.mark.parametrize("leap_s", LEAPS)
@pytest.mark.parametrize("drift_s", [-20, 0, 20])
def test_one_that_had_settled_is_believed_at_once_when_it_is_put_right(
    leap_s: int, drift_s: int
) -> None:
    machine = Machine()
    machine.passes(60)
    machine.wrong_s = leap_s
    machine.passes(3 * DAY_S, looks=100)
    assert machine.off_s == pytest.approx(leap_s)
    machine.wrong_s = drift_s
    assert machine.off_s == pytest.approx(drift_s)
    assert not is_doubtful(machine.clock)


def test_a_clock_that_is_set_again_and_again_settles_nowhere() -> None:
    machine = Machine()
    for n in range(1, 20):
        machine.wrong_s = n * HOUR_S
        machine.passes(SETTLES_S / 2)
    assert abs(machine.off_s) < 0.001


@pytest.mark.parametrize("leap_s", [-YEAR_S, YEAR_S])
def test_what_may_have_ended_is_judged_by_the_later_of_both_clocks(leap_s: int) -> None:
    machine = Machine()
    machine.wrong_s = leap_s
    assert machine.clock.latest() == later(max(0, leap_s))
    machine.passes(2 * SETTLES_S)
    assert machine.clock.latest() == later(machine.true_s + max(0, leap_s))


def test_the_latest_time_never_runs_backwards_though_a_wrong_clock_has_settled() -> None:
    machine = Machine()
    machine.passes(100)
    machine.wrong_s = -YEAR_S
    for _ in range(10):
        machine.passes(DAY_S / 4)
        assert machine.clock.latest() == later(machine.true_s)
    assert machine.clock.now() < machine.clock.latest()


@given(st.lists(st.tuples(st.integers(-YEAR_S, YEAR_S), st.integers(0, 500)), max_size=30))
def test_time_goes_on_evenly_however_the_clock_is_set(steps: list[tuple[int, int]]) -> None:
    machine, answers, latest = Machine(), list[datetime](), list[datetime]()
    for wrong_s, seconds in steps:
        machine.wrong_s = wrong_s
        before = machine.true_s
        machine.passes(seconds, looks=3)
        answers.append(machine.clock.now())
        latest.append(machine.clock.latest())
        # Between two settings nothing settles: at most two small steps are followed.
        if machine.true_s < SETTLES_S:
            assert abs(machine.off_s) <= abs(wrong_s)
        assert machine.true_s - before == pytest.approx(seconds)
    if machine.true_s < SETTLES_S:
        assert answers == sorted(answers)
    assert all(a <= b for a, b in zip(answers, latest, strict=True))


def test_a_replay_shows_the_time_that_it_was_told() -> None:
    clock = ReplayClock(NOW)
    assert (clock.business(datetime.now(UTC)), clock.speed) == (NOW, 1.0)
    clock.tell(later(60), 30)
    assert (clock.business(later(days=900)), clock.speed) == (later(60), 30)
    clock.tell(later(10), 2)
    assert (clock.business(NOW), clock.speed) == (later(60), 2)
