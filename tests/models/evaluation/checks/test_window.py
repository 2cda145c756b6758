"""The days to judge on."""

from datetime import date

import pytest

from models.errors import TooLittleData, WindowRefused
from models.evaluation.checks.window import WINDOW_DAYS, DateRange, window_of
from models.sources.journey import Journey
from tests.models.town import UNTIL, UNTIL_DAY

DAY = date(2017, 6, 1)


def test_by_default_it_is_the_four_weeks_after_the_bundle(journey: Journey) -> None:
    window = window_of(journey, UNTIL, None, None)
    assert (window.cut_day, window.end_day) == (UNTIL_DAY, UNTIL_DAY + WINDOW_DAYS)
    assert window.told(journey)["last_day"] == "2017-06-17"  # where the data end


def test_weeks_and_dates_say_the_same(journey: Journey) -> None:
    weeks = window_of(journey, UNTIL, (22, 24), None)
    dates = window_of(
        journey, UNTIL, None, DateRange(first=date(2017, 5, 22), last=date(2017, 6, 11))
    )
    assert weeks == dates
    assert weeks.told(journey)["weeks"] == [22, 24]


def test_one_date_alone_is_enough(journey: Journey) -> None:
    last = window_of(journey, UNTIL, None, DateRange(last=DAY))
    first = window_of(journey, UNTIL, None, DateRange(first=DAY))
    assert last.cut_day == UNTIL_DAY
    assert first.end_day - first.cut_day == WINDOW_DAYS
    assert first.cut_day == last.end_day - 1


@pytest.mark.parametrize(
    ("weeks", "span", "said"),
    [
        ((22, 24), DateRange(first=DAY), "both given"),
        ((24, 22), None, "is before the first"),
        (None, DateRange(first=DAY, last=date(2017, 5, 31)), "is before the first"),
        ((21, 24), None, "the bundle has learnt until 2017-05-21"),
        (None, DateRange(first=UNTIL), "the bundle has learnt until 2017-05-21"),
        (None, DateRange(first=date(2018, 1, 1)), "the data end on 2017-06-17"),
    ],
)
def test_days_that_cannot_judge_are_refused_in_one_sentence(
    journey: Journey, weeks: tuple[int, int] | None, span: DateRange | None, said: str
) -> None:
    with pytest.raises(WindowRefused, match=said) as refused:
        window_of(journey, UNTIL, weeks, span)
    assert "\n" not in str(refused.value)
    assert refused.value.mend in str(refused.value)


def test_weeks_before_the_data_are_refused(journey: Journey) -> None:
    with pytest.raises(TooLittleData, match="to week"):
        window_of(journey, UNTIL, (0, 3), None)
