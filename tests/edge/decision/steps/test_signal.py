from __future__ import annotations

import pytest

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
from edge.decision.steps.signal import accept
from edge.domain.errors import SignalRefused
from tests.edge.builders import GATEWAY, KIOSK, NOW, TILL, event, later

SIGHTING = Sighting(beacon=Beacon(kind="app", id="0123456789abcdef"), rssi_dbm=-60)
SIGN_IN = SignIn(method="loyalty", value="41", purposes=(), notice_id="n")
FACTS: tuple[Data, ...] = (
    SignOut(reason="person"),
    Consent(action="withdraw", purposes=(Purpose.RECOGNISE,)),
    Basket(basket_id="b", action=BasketAction.OPEN),
    Feedback(decision_id="d", action=FeedbackAction.VIEW),
    Play(decision_id="d", creative_id="c", started_at=NOW, duration_ms=1, completed=True),
)
ALL = (
    (SIGHTING, 60),
    (SIGN_IN, 300),
    (Ask(placement="kiosk-home"), 30),
    *((fact, 72 * 3600) for fact in FACTS),
)


@pytest.mark.parametrize(("data", "limit_s"), ALL, ids=lambda x: type(x).__name__)
def test_each_kind_is_good_for_as_long_as_it_matters(data: Data, limit_s: int) -> None:
    assert accept(event(data), later(limit_s)).data is data
    with pytest.raises(SignalRefused) as refused:
        accept(event(data), later(limit_s + 0.001))
    assert refused.value.reason == "stale"


@pytest.mark.parametrize(("data", "_limit_s"), ALL, ids=lambda x: type(x).__name__)
def test_a_clock_that_runs_two_minutes_ahead_is_believed_and_no_more(
    data: Data, _limit_s: int
) -> None:
    assert accept(event(data), later(-120)).at == NOW
    with pytest.raises(SignalRefused) as refused:
        accept(event(data), later(-120.001))
    assert refused.value.reason == "from-the-future"


def test_a_signal_says_who_sent_it_and_when() -> None:
    signal = accept(event(SIGHTING, GATEWAY, name="7"), NOW)
    assert (signal.id, signal.device, signal.surface) == ("7", GATEWAY, "beacon-gw")
    assert signal.source == f"storeside/1/store-1/beacon-gw/{GATEWAY}"
    assert signal.at == NOW


def test_a_clock_a_year_off_is_refused_in_both_directions() -> None:
    for days, reason in ((-365, "from-the-future"), (365, "stale")):
        with pytest.raises(SignalRefused) as refused:
            accept(event(FACTS[2], TILL), later(days=days))
        assert refused.value.reason == reason


def test_a_refusal_names_its_reason_and_nothing_else() -> None:
    with pytest.raises(SignalRefused, match=r"^refused: stale$"):
        accept(event(SIGN_IN, KIOSK), later(days=1))
