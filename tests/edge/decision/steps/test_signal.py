from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Beacon,
    Consent,
    Data,
    Feedback,
    FeedbackAction,
    Play,
    Purpose,
    Sighting,
    SignIn,
    SignOut,
)
from edge.decision.steps.signal import accept, must_be_fresh
from edge.domain.clock_offset import ClockOffset
from edge.domain.errors import SignalRefused
from tests.edge.builders import GATEWAY, KIOSK, NOW, TILL, event, later

SIGHTING = Sighting(beacon=Beacon(kind="app", id="0123456789abcdef"), rssi_dbm=-60)
SIGN_IN = SignIn(method="loyalty", value="41", purposes=(), notice_id="n")
SALE = Basket(basket_id="b", action=BasketAction.OPEN)
FACTS: tuple[Data, ...] = (
    SignOut(reason="person"),
    Consent(action="withdraw", purposes=(Purpose.RECOGNISE,)),
    SALE,
    Feedback(decision_id="d", action=FeedbackAction.REDEEM),
    Play(decision_id="d", creative_id="c", started_at=NOW, duration_ms=1, completed=True),
)
FRESH = ((SIGHTING, 60), (SIGN_IN, 300), (Ask(placement="kiosk-home"), 30))
DAY_S, HOUR_S = 86_400, 3600
EVER = st.datetimes(timezones=st.just(UTC))


def off(ahead_s: float, *, known: bool = True) -> ClockOffset:
    return ClockOffset(ahead_s=ahead_s, known=known)


def refusal(data: Data, seconds: float, clock: ClockOffset | None = None) -> str | None:
    """Of what is said at NOW and comes ``seconds`` later by the store's clock."""
    try:
        accept(event(data), later(seconds), clock)
    except SignalRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(("data", "limit_s"), FRESH, ids=lambda x: type(x).__name__)
def test_what_says_who_is_where_is_worthless_later(data: Data, limit_s: int) -> None:
    assert must_be_fresh(data)
    assert refusal(data, limit_s) is None
    assert refusal(data, limit_s + 0.001) == "stale"
    assert refusal(data, -120) is None
    assert refusal(data, -120.001) == "from-the-future"


@pytest.mark.parametrize(("data", "limit_s"), FRESH, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("ahead_s", [600, -2 * HOUR_S])
def test_a_clock_that_is_known_to_be_off_makes_nothing_fresh_or_stale(
    data: Data, limit_s: int, ahead_s: int
) -> None:
    assert refusal(data, limit_s - ahead_s, off(ahead_s)) is None
    assert refusal(data, limit_s - ahead_s + 0.001, off(ahead_s)) == "stale"
    # What was kept until the store's clock had caught up with it is an old sighting.
    assert refusal(data, 0, off(ahead_s)) is not None


@pytest.mark.parametrize(("data", "_limit_s"), FRESH, ids=lambda x: type(x).__name__)
def test_an_offset_that_is_not_sure_opens_no_door(data: Data, _limit_s: int) -> None:
    assert refusal(data, -600, off(600, known=False)) == "from-the-future"
    assert refusal(data, 2 * HOUR_S, off(-2 * HOUR_S, known=False)) == "stale"


@pytest.mark.parametrize("data", FACTS, ids=lambda x: type(x).__name__)
@given(told=EVER, ahead_s=st.none() | st.floats(-1e11, 1e11), known=st.booleans())
def test_no_fact_is_refused_for_its_time(
    data: Data, told: datetime, ahead_s: float | None, *, known: bool
) -> None:
    clock = None if ahead_s is None else off(ahead_s, known=known)
    signal = accept(event(data, at=told), NOW, clock)
    assert signal.told_at == told
    assert not must_be_fresh(data)
    assert signal.time_repaired == (signal.at != told)
    if signal.time_repaired:
        assert later(days=-30) <= signal.at <= NOW


@pytest.mark.parametrize("ahead_s", [6, 121, 180, HOUR_S, DAY_S, 365 * DAY_S])
def test_a_sale_from_the_future_is_of_the_moment_it_came(ahead_s: int) -> None:
    signal = accept(event(SALE, TILL), later(-ahead_s))
    assert (signal.at, signal.told_at, signal.time_repaired) == (later(-ahead_s), NOW, True)


@pytest.mark.parametrize("told", ["1970-01-01T00:00:09Z", "2000-01-01T00:00:00Z"])
def test_what_a_clock_that_lost_its_battery_says_is_of_the_moment_it_came(told: str) -> None:
    signal = accept(event(FACTS[1], at=datetime.fromisoformat(told)), NOW)
    assert (signal.at, signal.time_repaired) == (NOW, True)


@pytest.mark.parametrize("late_s", [7, HOUR_S, 2 * HOUR_S, 72 * HOUR_S, 29 * DAY_S])
def test_what_waited_in_a_queue_keeps_its_own_time(late_s: int) -> None:
    for clock in (None, off(0), off(2.5), off(-7200, known=False), off(3600, known=False)):
        signal = accept(event(SALE, TILL), later(late_s), clock)
        assert (signal.at, signal.time_repaired) == (NOW, False)


@pytest.mark.parametrize("queued_s", [0, 20, 72 * HOUR_S])
@pytest.mark.parametrize("ahead_s", [-2 * HOUR_S, 2 * HOUR_S])
def test_a_known_offset_is_taken_off_also_behind_a_queue(ahead_s: int, queued_s: int) -> None:
    came = later(queued_s - ahead_s)
    signal = accept(event(SALE, TILL), came, off(ahead_s))
    assert signal.at == came - timedelta(seconds=queued_s)
    assert signal.time_repaired


def test_a_clock_that_was_just_put_right_is_believed_at_once() -> None:
    for said_s in (0, 1.5, -1.5):
        signal = accept(event(SALE, TILL), later(said_s), off(600))
        assert (signal.at, signal.time_repaired) == (NOW, False)


def test_a_signal_says_who_sent_it_and_when() -> None:
    signal = accept(event(SIGHTING, GATEWAY, name="7"), NOW)
    assert (signal.id, signal.device, signal.surface) == ("7", GATEWAY, "beacon-gw")
    assert signal.source == f"storeside/1/store-1/beacon-gw/{GATEWAY}"
    assert (signal.at, signal.told_at, signal.time_repaired) == (NOW, NOW, False)


def test_a_refusal_names_its_reason_and_nothing_else() -> None:
    with pytest.raises(SignalRefused, match=r"^refused: stale$"):
        accept(event(SIGN_IN, KIOSK), later(days=1))
