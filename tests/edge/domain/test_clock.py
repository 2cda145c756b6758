from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import clock as clock_module
from edge.domain.clock import ReplayClock, SystemClock
from tests.edge.builders import NOW, later


class Wall:
    """The system's clock, as the test sets it."""

    at = NOW

    @classmethod
    def now(cls, zone: object) -> datetime:
        assert zone is UTC
        return cls.at


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> type[Wall]:
    monkeypatch.setattr(clock_module, "datetime", Wall)
    monkeypatch.setattr(Wall, "at", NOW)
    return Wall


def test_in_a_shop_business_time_is_real_time() -> None:
    clock = SystemClock()
    assert clock.business(NOW) is NOW
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_clock_that_is_set_back_stands_still(wall: type[Wall]) -> None:
    clock = SystemClock()
    wall.at = later(-3600)
    assert clock.now() == NOW
    wall.at = later(1)
    assert clock.now() == later(1)


@given(st.lists(st.integers(-1_000, 1_000)))
def test_real_time_never_runs_backwards(jumps: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock_module, "datetime", Wall)
        clock, answers = SystemClock(), list[datetime]()
        for seconds in jumps:
            patch.setattr(Wall, "at", Wall.at + timedelta(seconds=seconds))
            answers.append(clock.now())
    assert answers == sorted(answers)


def test_a_replay_shows_the_time_that_it_was_told() -> None:
    clock = ReplayClock(NOW)
    assert (clock.business(datetime.now(UTC)), clock.speed) == (NOW, 1.0)
    clock.tell(later(60), 30)
    assert (clock.business(later(days=900)), clock.speed) == (later(60), 30)
    clock.tell(later(10), 2)
    assert (clock.business(NOW), clock.speed) == (later(60), 2)
