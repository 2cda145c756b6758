"""Weeks by the source's numbers, by the calendar, and beyond both ends."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SourceUnreadable
from models.sources.weeks import Weeks, calendar_weeks, weeks_of

MONDAY = (date(2017, 3, 6) - date(1970, 1, 1)).days


def test_calendar_weeks_run_from_monday_to_sunday() -> None:
    weeks = calendar_weeks(MONDAY + 6)
    days = np.arange(MONDAY - 1, MONDAY + 15)
    assert weeks.of(days).tolist() == [0] + [1] * 7 + [2] * 7 + [3]


@given(first=st.integers(8_000, 30_000), turn=st.integers(0, 6), anchor=st.integers(0, 500))
def test_weeks_of_seven_days_are_found_whatever_day_they_turn(
    first: int, turn: int, anchor: int
) -> None:
    days = np.arange(first, first + 40, dtype=np.int32)
    told = anchor + (days - turn) // 7 - (first - turn) // 7
    weeks = weeks_of(days, told.astype(np.int64), "source")
    beyond = np.arange(first - 30, first + 90)
    expected = anchor + (beyond - turn) // 7 - (first - turn) // 7
    assert weeks.of(beyond).tolist() == expected.tolist()


def test_a_few_lines_on_the_edge_of_a_day_do_not_shift_a_week() -> None:
    day = np.repeat(np.arange(MONDAY, MONDAY + 21, dtype=np.int32), 50)
    week = 7 + (day.astype(np.int64) - MONDAY) // 7
    week[300] += 1
    day, week = np.append(day, MONDAY + 27), np.append(week, 11)
    weeks = weeks_of(day.astype(np.int32), week, "source")
    assert (
        weeks.of(np.arange(MONDAY, MONDAY + 28)).tolist()
        == np.repeat([7, 8, 9, 10], 7).tolist()
    )


def test_other_calendars_keep_their_numbers_and_fill_their_gaps() -> None:
    # Ten-day weeks; days 12 to 14 and 25 on hold no line.
    told = np.array([day for day in range(25) if day not in (12, 13, 14)])
    weeks = weeks_of(told.astype(np.int32), 5 + told // 10, "source")
    assert weeks.of(told).tolist() == (5 + told // 10).tolist()
    assert weeks.of(np.array([12, 13, 14])).tolist() == [6, 6, 6]
    assert weeks.of(np.array([24, 31, 38])).tolist() == [7, 8, 9]


def test_weeks_that_start_again_are_refused_with_the_day() -> None:
    day = np.arange(MONDAY, MONDAY + 28, dtype=np.int32)
    week = np.repeat([51, 52, 1, 2], 7)
    with pytest.raises(SourceUnreadable, match="52 to 1 on 2017-03-20"):
        weeks_of(day, week, "source")


def test_one_known_day_is_enough() -> None:
    weeks = Weeks(days=np.array([3], np.int32), numbers=np.array([1], np.int32), turn=4)
    assert weeks.of(np.array([3, 4, 11])).tolist() == [1, 2, 3]
