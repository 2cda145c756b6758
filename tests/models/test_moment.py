"""Local days, hours and the parts of the day."""

from datetime import date, timedelta

from models.moment import DAYPARTS, Moment, daypart


def test_every_hour_has_a_part_and_every_part_an_hour() -> None:
    assert {daypart(hour) for hour in range(24)} == set(DAYPARTS)
    assert [daypart(hour) for hour in (4, 5, 11, 14, 17, 21)] == [
        "night",
        "morning",
        "midday",
        "afternoon",
        "evening",
        "night",
    ]


def test_the_weekday_is_the_calendar_s() -> None:
    for day in range(17_000, 17_015):
        expected = (date(1970, 1, 1) + timedelta(days=day)).weekday()
        assert Moment(day=day, hour=9).weekday == expected


def test_a_moment_names_its_part_by_word_and_by_number() -> None:
    moment = Moment(day=1, hour=18)
    assert DAYPARTS[moment.part] == moment.daypart == "evening"
