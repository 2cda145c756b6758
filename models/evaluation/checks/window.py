"""The days to judge on: by default the four weeks after the last day that the bundle learnt from.

``edge.cli.model_training`` makes it of its options, ``evaluate`` draws its cases inside.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.errors import WindowRefused
from models.sources.journey import Journey

# As long as a fold of training: every weekday four times.
WINDOW_DAYS = 28

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """Local dates to judge on, both included; None = after the bundle's last day, or 28 days on."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationWindow:
    """Local days since the epoch: trips after ``cut_day`` up to and including ``end_day``."""

    cut_day: int
    end_day: int

    def told(self, journey: Journey) -> dict[str, object]:
        """First and last date, and the source's weeks that they are in."""
        first, last = self.cut_day + 1, min(self.end_day, journey.last_day)
        return {
            "first_day": _date(first).isoformat(),
            "last_day": _date(last).isoformat(),
            "weeks": [journey.week_of(first), journey.week_of(last)],
        }


def window_of(
    journey: Journey, learnt_until: date, weeks: tuple[int, int] | None, span: DateRange | None
) -> EvaluationWindow:
    """The window asked for. Raises ``WindowRefused``, and ``TooLittleData`` if it begins too early."""
    learnt = _day(learnt_until)
    if weeks is not None and span is not None:
        raise WindowRefused(fault="weeks and dates are both given", mend="give one of the two")
    if weeks is not None:
        cut, end = (journey.last_day_of_week(week) for week in (weeks[0] - 1, weeks[1]))
    else:
        cut, end = _between(span or DateRange(), learnt)
    if end <= cut:
        raise WindowRefused(
            fault=f"the last day, {_date(end)}, is before the first, {_date(cut + 1)}",
            mend="give a window that ends after it begins",
        )
    if cut < learnt:
        raise WindowRefused(
            fault=f"they begin on {_date(cut + 1)}, and the bundle has learnt until {learnt_until}",
            mend="judge on later days, or with a bundle trained on earlier ones",
        )
    if cut >= journey.last_day:
        raise WindowRefused(
            fault=f"they begin on {_date(cut + 1)}, and the data end on {_date(journey.last_day)}",
            mend="give earlier days, or data that go on",
        )
    return EvaluationWindow(cut_day=cut, end_day=end)


def _between(span: DateRange, learnt: int) -> tuple[int, int]:
    cut = learnt if span.first is None else _day(span.first) - 1
    return cut, cut + WINDOW_DAYS if span.last is None else _day(span.last)


def _day(when: date) -> int:
    return (when - _EPOCH).days


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)
