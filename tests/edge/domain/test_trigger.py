from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.campaign import Window
from edge.domain.trigger import (
    QUIET,
    SIGNAL_FACTS,
    SOMEBODY_ASKED,
    TRIGGER_FACTS,
    MessageWording,
    Timing,
    Trigger,
    TriggerEvent,
    message_id,
)
from tests.edge.builders import ANN, BEN

PARIS = ZoneInfo("Europe/Paris")
PLAIN = Trigger(
    id="t",
    version=1,
    signal=TriggerEvent.LEAVING,
    reason="because",
    message=MessageWording(headline="hello"),
    quiet=QUIET,
)
HOUR_S = 3_600


def at(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def test_in_open_hours_it_is_due_at_once() -> None:
    term = PLAIN.term(at(3, 12, 5), PARIS)
    assert term is not None
    assert term.due_at == at(3, 12, 5)


def test_in_quiet_hours_it_waits_for_the_morning() -> None:
    term = PLAIN.term(at(3, 22, 5), PARIS)
    assert term is not None
    assert (term.due_at, term.ends_at) == (at(4, 8), at(4, 22, 5))


def test_on_the_same_day_or_never() -> None:
    same = replace(PLAIN, timing=Timing.SAME_DAY)
    assert same.term(at(3, 22), PARIS) is None
    term = same.term(at(3, 12), PARIS)
    assert term is not None
    assert term.ends_at == at(4, 0)


def test_exactly_a_week_later_at_the_same_hour_though_clocks_are_changed() -> None:
    """Summer time ends on 25 October 2026."""
    week = replace(PLAIN, timing=Timing.WEEK_LATER)
    term = week.term(at(21, 12, month=10), PARIS)
    assert term is not None
    assert (term.due_at, term.ends_at) == (at(28, 12, month=10), at(29, 0, month=10))


def test_a_window_that_opens_too_late_fires_nothing() -> None:
    early = replace(
        PLAIN, windows=(Window(first_hour=9, last_hour=10),), expires_after_s=HOUR_S
    )
    assert early.term(at(3, 12), PARIS) is None


def test_a_window_counts_its_own_days() -> None:
    monday = replace(PLAIN, windows=(Window(days=(1,)),), expires_after_s=8 * 24 * HOUR_S)
    term = monday.term(at(3, 12), PARIS)  # a Wednesday
    assert term is not None
    assert term.due_at == at(8, 8)


@given(
    minutes=st.integers(0, 14 * 24 * 60),
    first=st.integers(0, 23),
    last=st.integers(0, 24),
    hours=st.integers(1, 72),
    timing=st.sampled_from(Timing),
)
def test_what_is_due_is_in_its_hours_and_before_its_end(
    minutes: int, first: int, last: int, hours: int, timing: Timing
) -> None:
    trigger = replace(
        PLAIN,
        windows=(Window(first_hour=first, last_hour=last),),
        expires_after_s=hours * HOUR_S,
        timing=timing,
    )
    fired = at(20, 0, month=10) + timedelta(minutes=minutes)
    term = trigger.term(fired, PARIS)
    if term is not None:
        assert trigger.speaks(term.due_at.astimezone(PARIS))
        assert fired <= term.due_at < term.ends_at


def test_a_firing_has_one_name() -> None:
    names = {
        message_id(t, who, what) for t in "ab" for who in (ANN, BEN) for what in ("1", "2")
    }
    assert len(names) == 8
    assert not any(ANN in name for name in names)


def test_every_fact_has_a_made_up_value_of_its_kind() -> None:
    assert SOMEBODY_ASKED.keys() == TRIGGER_FACTS.keys() >= SIGNAL_FACTS.keys()
    for name, (value, _) in TRIGGER_FACTS.items():
        assert type(SOMEBODY_ASKED[name]) is type(value)
