from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.clock_offset import AGREE_S, STEADY_S, STEADY_WORDS, OffsetEstimate

HOUR_S = 3600.0
WALL_S = 1.8e9
OFFSETS = st.floats(-2 * HOUR_S, 2 * HOUR_S)
# What a network in a shop does to a message.
DELAYS = st.lists(st.floats(0.001, 2.0), min_size=6, max_size=40)


class Till:
    """A device with a clock of its own, heard by an estimate; units: seconds since the start."""

    def __init__(self, ahead_s: float = 0.0, drift: float = 0.0) -> None:
        self.ahead_s = ahead_s
        self.drift = drift
        self.estimate = OffsetEstimate()

    def says(self, at_s: float, came_s: float | None = None, *, live: bool = False) -> None:
        clock_s = WALL_S + at_s * (1 + self.drift) + self.ahead_s
        self.estimate.note(clock_s, at_s if came_s is None else came_s, live=live)

    def off(self, now_s: float) -> float | None:
        """How far it is known to be ahead."""
        found = self.estimate.against(WALL_S + now_s, now_s)
        return found.ahead_s if found is not None and found.known else None

    def at_least(self, now_s: float) -> float:
        found = self.estimate.against(WALL_S + now_s, now_s)
        assert found is not None
        return found.ahead_s


def test_of_a_device_never_heard_nothing_is_known() -> None:
    assert OffsetEstimate().against(WALL_S, 0) is None


@given(OFFSETS, DELAYS)
def test_some_live_messages_tell_the_offset_but_for_the_least_delay(
    ahead_s: float, delays: list[float]
) -> None:
    till = Till(ahead_s)
    for n, delay_s in enumerate(delays):
        till.says(n * 10, n * 10 + delay_s)
    off = till.off(len(delays) * 10)
    assert off is not None
    assert off == pytest.approx(ahead_s - min(delays), abs=1e-5)


@given(OFFSETS, DELAYS, st.lists(st.floats(5, 72 * HOUR_S), min_size=1, max_size=30))
def test_what_waited_in_a_queue_does_not_move_it(
    ahead_s: float, delays: list[float], waited: list[float]
) -> None:
    till = Till(ahead_s)
    for n, delay_s in enumerate(delays):
        till.says(n * 10, n * 10 + delay_s)
    now_s = len(delays) * 10
    before = till.off(now_s)
    # A queue of events that were far apart is emptied in a moment.
    for n, wait_s in enumerate(sorted(waited, reverse=True)):
        till.says(now_s - wait_s, now_s + n / 100)
    assert till.off(now_s) == pytest.approx(before)


@given(OFFSETS, st.integers(20, 400), st.floats(1, 600))
def test_an_outage_of_three_days_is_no_offset(
    ahead_s: float, events: int, apart_s: float
) -> None:
    till, back_s = Till(ahead_s), 72 * HOUR_S
    for n in range(events):
        till.says(back_s - (events - n) * apart_s, back_s + n * apart_s / 50)
    for n in range(STEADY_WORDS + 1):
        till.says(back_s + events * apart_s + n * STEADY_S / 2)
    off = till.off(back_s + events * apart_s + 100)
    assert off == pytest.approx(ahead_s, abs=1e-4)


@given(OFFSETS, OFFSETS)
def test_a_clock_that_is_set_is_learned_anew(first_s: float, then_s: float) -> None:
    till = Till(first_s)
    for n in range(5):
        till.says(n * 10.0)
    till.ahead_s = then_s
    for n in range(5, 15):
        till.says(n * 10.0)
    off = till.off(150)
    assert off is not None
    assert abs(off - then_s) <= AGREE_S


def test_one_that_is_set_forward_is_seen_at_once_and_sure_a_little_later() -> None:
    till = Till()
    for n in range(5):
        till.says(n * 10.0)
    till.ahead_s = 600
    till.says(50)
    assert till.off(50) is None
    assert till.at_least(50) == pytest.approx(600)
    for n in range(1, 4):
        till.says(50 + n * 10.0)
    assert till.off(80) == pytest.approx(600)


def test_while_newer_messages_come_between_late_ones_no_clock_was_set() -> None:
    till = Till()
    for n in range(40):
        till.says(n * 5.0)
        till.says(n * 5.0 - HOUR_S, n * 5.0)
    assert till.off(200) == pytest.approx(0, abs=1e-5)


def test_a_sale_that_waited_as_a_whole_is_no_clock_that_is_behind() -> None:
    till = Till()
    for n in range(8):
        till.says(n * 0.2, 2 * HOUR_S + n * 0.01)
    assert till.off(2 * HOUR_S + 1) is None
    till.says(2 * HOUR_S + 5)
    assert till.at_least(2 * HOUR_S + 5) == pytest.approx(0, abs=1e-5)


def test_two_steps_back_one_soon_after_the_other_are_both_seen() -> None:
    till = Till()
    for n in range(5):
        till.says(n * 10.0)
    till.ahead_s = -600
    till.says(50)
    till.says(60)
    till.ahead_s = -1200
    for n in range(7, 20):
        till.says(n * 10.0)
    assert till.off(200) == pytest.approx(-1200)


def test_a_live_message_is_proof_by_itself() -> None:
    till = Till(-2 * HOUR_S)
    till.says(0)
    assert till.off(0) is None
    till.says(1, 1.2, live=True)
    assert till.off(2) == pytest.approx(-2 * HOUR_S)
    till.ahead_s = -3 * HOUR_S
    till.says(3, live=True)
    assert till.off(3) == pytest.approx(-3 * HOUR_S)
    till.ahead_s = HOUR_S
    till.says(4, live=True)
    assert till.off(4) == pytest.approx(HOUR_S)


@given(OFFSETS, st.floats(-2e-4, 2e-4))
def test_a_clock_that_drifts_is_followed_for_days(ahead_s: float, drift: float) -> None:
    till = Till(ahead_s, drift)
    for n in range(600):
        till.says(n * 300.0)
    now_s = 600 * 300.0
    off = till.off(now_s)
    assert off is not None
    assert abs(off - (ahead_s + drift * now_s)) <= AGREE_S + 1


@given(OFFSETS)
def test_a_step_of_the_stores_own_clock_is_no_step_of_a_devices(moved_s: float) -> None:
    till = Till(90)
    for n in range(8):
        till.says(n * 10.0)
    found = till.estimate.against(WALL_S + 80 + moved_s, 80)
    assert found is not None
    assert found.known
    assert found.ahead_s == pytest.approx(90 - moved_s)
