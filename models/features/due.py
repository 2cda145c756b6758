"""What a shopper is due for: their own rhythm says so, and nothing of its kind has just been bought.

``serving.open_bundle`` and ``candidates`` shortlist by it, the strategy ``resupply`` lists it.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.features.features import SharedFeatures
from models.features.profile import Profile
from models.features.recency import LEVEL
from models.features.request import no_items
from models.items import Keys
from models.statistics.tables import Tables, positions_or_unknown

Rows: TypeAlias = npt.NDArray[np.bool_]
Days: TypeAlias = npt.NDArray[np.int64]

_DUE = LEVEL.index("due")

# Another item of its kind, bought less than half the kind's usual gap ago, has taken its place: such items
# were bought on 4.5 % of validation trips, the other due ones on 8.4 %.
_KIND_QUIET = 0.5

# Days around the date of a year ago that count as the same occasion.
_OCCASION_DAYS = 5
# A year has 365 days and a quarter.
_QUARTERS = 4
_YEAR_QUARTERS = 1461
# Bought more often than so in a year, it is no matter of one date.
_TRIPS_A_YEAR = 2


def due_now(shared: SharedFeatures, tables: Tables) -> Rows:
    """Which of the person's items are due: shape (P,), rows of ``Person.keys``. Nobody known: shape (0,).

    Quiet is what has a kind that lies in the basket, or that was bought lately by the kind's own rhythm.
    """
    person = shared.person
    if person is None:
        return np.empty(0, np.bool_)
    kinds = tables.kinds[person.own_at]
    known = person.own_at < len(tables)
    turn = person.kinds[kinds, _DUE]
    # Nought says that the kind has no gap yet, not that it was just bought.
    quiet = (turn > 0) & (turn < _KIND_QUIET)
    if len(shared.basket_at):
        quiet |= np.isin(kinds, tables.kinds[shared.basket_at])
    # What the tables do not know shares one row of kinds, and none of it replaces another.
    due: Rows = person.due & ~(known & quiet)
    return due


def due_by_date(profile: Profile, day: int, tables: Tables) -> Keys:
    """Items bought around this date in earlier years and at no other time, nor anything of their kind. Ascending.

    First and last days of an item outlive the memory of trips, so a year is remembered as long as the item is.
    An item that the bundle does not know has no kind to be compared with, and is left out.
    """
    lately, _ = _nearest(profile.last_days, day)
    rows = np.flatnonzero(lately)
    first, years = _nearest(profile.first_days[rows], day)
    rows = rows[first & (profile.counts[rows] <= _TRIPS_A_YEAR * years)]
    if not len(rows):
        return no_items()
    usual = np.ones(len(profile), np.bool_)
    usual[rows] = False
    at = positions_or_unknown(tables, profile.keys)
    kinds = tables.kinds[at]
    rows = rows[(at[rows] < len(tables)) & ~np.isin(kinds[rows], kinds[usual])]
    return np.sort(profile.keys[rows])


def _nearest(days: npt.NDArray[np.uint16], today: int) -> tuple[Rows, Days]:
    """Whether each day lies near today's date in an earlier year, and how many years ago."""
    # In quarters of a day a year is a whole number.
    quarters = (today - days.astype(np.int64)) * _QUARTERS
    years = (quarters + _YEAR_QUARTERS // 2) // _YEAR_QUARTERS
    off = np.abs(quarters - years * _YEAR_QUARTERS)
    return (years > 0) & (off <= _OCCASION_DAYS * _QUARTERS + 1), years
