from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from edge.campaigns.checks import week_hours
from edge.domain.campaign import Window
from tests.edge.campaigns.checks.plots import campaign

MONDAY = datetime(2024, 6, 3, tzinfo=UTC)


def test_a_campaign_without_windows_is_never_silent() -> None:
    assert week_hours.spoken(None) == week_hours.spoken(campaign()) == week_hours.ALWAYS


def test_a_window_over_midnight_ends_on_the_next_day() -> None:
    night = campaign(windows=(Window(first_hour=22, last_hour=2, days=(7,)),))
    assert [*week_hours.each(week_hours.spoken(night))] == [(1, 0), (1, 1), (7, 22), (7, 23)]


def test_a_span_has_the_hours_that_it_touches() -> None:
    first = MONDAY + timedelta(hours=9, minutes=50)
    found = week_hours.between(first, first + timedelta(minutes=20), UTC)
    assert [*week_hours.each(found)] == [(1, 9), (1, 10)]
    assert week_hours.between(MONDAY, MONDAY + timedelta(days=7), UTC) == week_hours.ALWAYS
    assert week_hours.between(MONDAY, MONDAY, UTC) == 0


def test_hours_are_those_of_the_stores_own_clock() -> None:
    found = week_hours.between(
        MONDAY, MONDAY + timedelta(hours=1), ZoneInfo("America/New_York")
    )
    assert [*week_hours.each(found)] == [(7, 20)]
