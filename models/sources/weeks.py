"""Which week a local day belongs to: promotions, and the protocol, are told by week.

``receipts`` works them out, ``promotion_calendar`` and ``coupon_campaigns`` place their rows by them.

A source's own numbers are kept. Without them weeks run from Monday to Sunday, the first day's being 1.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.items import Keys

Ints = npt.NDArray[np.int32]

# Day 0, 1970-01-01, was a Thursday; the first Monday is day 4.
_MONDAY = 4
_EPOCH = date(1970, 1, 1)
# Shops whose clock differs from the source's offset blur the edges: five rows in ten thousand of the public data.
_AGREEING = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Weeks of local days since the epoch; ``turn``: day modulo seven on which a week begins.

    ``days`` (k,) ascending, ``numbers`` (k,) their weeks; other days are counted on in sevens from
    the day before them (those before the first: back from it), never past the next known number.
    """

    days: Ints
    numbers: Ints
    turn: int

    def of(self, days: Keys | Ints) -> Ints:
        """The week of each day, shape kept; any day will do."""
        last = len(self.days) - 1
        at = np.clip(np.searchsorted(self.days, days, side="right") - 1, 0, last)
        passed = (days - self.turn) // 7 - (self.days[at] - self.turn) // 7
        weeks = self.numbers[at] + passed
        inside = (days > self.days[at]) & (at < last)
        following = self.numbers[np.minimum(at + 1, last)]
        return np.where(inside, np.minimum(weeks, following), weeks).astype(np.int32)


def calendar_weeks(first_day: int) -> Weeks:
    """Weeks from Monday to Sunday; week 1 holds ``first_day``."""
    return Weeks(
        days=np.array([first_day], np.int32), numbers=np.ones(1, np.int32), turn=_MONDAY
    )


def weeks_of(day: Ints, week: Keys, source: str) -> Weeks:
    """The weeks of a source whose lines tell ``day`` and ``week``; shapes (n,).

    Where they are seven days long, as 99 % of the lines say, every day follows that rule; else each
    day has the number that most of its lines tell. Raises ``SourceUnreadable`` if those go back.
    """
    return weeks_told(*_told(day, week), source)


def weeks_told(days: Keys, weeks: Keys, lines: Keys, source: str) -> Weeks:
    """The same of lines already counted: so many tell that week of that day; ascending by both."""
    # Monday first: of equally good fits the first is taken.
    phases = [(_MONDAY + shift) % 7 for shift in range(7)]
    fits = [_plain(days, weeks, lines, phase) for phase in phases]
    best = int(np.argmax([agreeing for agreeing, _ in fits]))
    turn, (agreeing, anchor) = phases[best], fits[best]
    if agreeing >= _AGREEING * lines.sum():
        first = int(days[0])
        number = anchor + (first - turn) // 7
        return Weeks(
            days=np.array([first], np.int32), numbers=np.array([number], np.int32), turn=turn
        )
    order = np.lexsort((weeks, -lines, days))
    known, at = np.unique(days[order], return_index=True)
    numbers = weeks[order][at]
    _refuse_going_back(known, numbers, source)
    return Weeks(days=known.astype(np.int32), numbers=numbers.astype(np.int32), turn=turn)


def _told(day: Ints, week: Keys) -> tuple[Keys, Keys, Keys]:
    """Each (day, week) that lines tell, by day, then week, and how many do."""
    first, least = int(day.min()), int(week.min())
    span = int(week.max()) - least + 1
    pairs, lines = np.unique(
        (day - first).astype(np.int64) * span + (week - least), return_counts=True
    )
    return pairs // span + first, pairs % span + least, lines.astype(np.int64)


def _plain(days: Keys, weeks: Keys, lines: Keys, turn: int) -> tuple[int, int]:
    """How many lines agree with weeks of seven days from ``turn`` on, and the number of week 0."""
    anchors, at = np.unique(weeks - (days - turn) // 7, return_inverse=True)
    agreeing = np.bincount(at, weights=lines)
    best = int(agreeing.argmax())
    return int(agreeing[best]), int(anchors[best])


def _refuse_going_back(days: Keys, numbers: Keys, source: str) -> None:
    back = np.flatnonzero(np.diff(numbers) < 0)
    if len(back):
        before, after = numbers[back[0]], numbers[back[0] + 1]
        when = _EPOCH + timedelta(days=int(days[back[0] + 1]))
        raise SourceUnreadable(
            source=source,
            missing=f"week goes back from {before} to {after} on {when}",
            mend="number the weeks on through the years, or leave the column week out",
        )
