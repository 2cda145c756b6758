from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.clock_check import JUMP_S, SETTLES_S, ClockCheck

START = datetime(2026, 6, 3, 12, tzinfo=UTC)


def wall(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_the_first_look_is_believed() -> None:
    assert ClockCheck().observe(START, 5.0) == 0


@given(gaps=st.lists(st.floats(0, 3_600), max_size=50), drift=st.floats(-60, 60))
def test_an_even_clock_is_never_doubted(gaps: list[float], drift: float) -> None:
    """However seldom it is looked at, and whatever small step a time server makes once."""
    watch, steady, off = ClockCheck(), 0.0, 0.0
    for n, gap in enumerate(gaps):
        steady += gap
        off = drift if n > 3 else 0.0
        assert watch.observe(wall(steady + off), steady) == 0


@given(jump=st.integers(JUMP_S + 2, 10**8), back=st.booleans())
def test_a_jump_is_doubted_by_its_size(jump: int, *, back: bool) -> None:
    watch = ClockCheck()
    watch.observe(START, 0)
    leap = -jump if back else jump
    assert watch.observe(wall(1 + leap), 1) == jump


def test_it_is_believed_again_after_it_has_run_evenly() -> None:
    watch = ClockCheck()
    watch.observe(START, 0)
    doubts = [watch.observe(wall(s + 900), s) for s in range(1, int(SETTLES_S) + 60, 10)]
    assert (doubts[0], doubts[-1]) == (900, 0)
    assert sum(map(bool, doubts)) >= SETTLES_S / 10


def test_a_second_jump_begins_the_wait_anew() -> None:
    watch = ClockCheck()
    watch.observe(START, 0)
    watch.observe(wall(900), 1)
    watch.observe(wall(500), 500)
    assert watch.observe(wall(700), 700) > 0


def test_a_clock_that_stands_still_is_doubted_for_as_long() -> None:
    """It was set back; who never tells an earlier time than before stands until the old time comes again."""
    watch = ClockCheck()
    doubts = [watch.observe(START, s) for s in range(0, 3_600, 60)]
    assert all(doubts[4:])
