"""Days on which a till did not sell as its store sells: tests, nonsense, one product scanned for hours.

``edge.app.night_learning`` leaves them out before anything is counted, and tells which and why.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from models.items import Keys
from models.sources.own_sales import OwnLines

_DAY_S = 86_400
# Before, nobody can say what is usual.
_DAYS_MIN = 5
# A day of fewer baskets harms little, and says too little of itself.
_BASKETS_MIN = 8
# Four times the usual day is no holiday; and below so many baskets it may be a new shop's good day.
_CROWDED, _CROWD_MIN = 4.0, 100
# Of the usual day's likeness. Real days keep to .66 and more of it (public grocer, four weeks to a year, 10 to 370
# baskets a day; one day in a hundred at 10), days of random products come to .20 to .52 of it.
_ALIKE = 0.6
_DRAWS = 3

CROWDED, UNLIKE = "crowded", "unlike"

Shares = npt.NDArray[np.float64]


def odd_days(lines: OwnLines) -> Mapping[int, str]:
    """Local days (since 1970) to be left out, and why: ``crowded`` or ``unlike`` the others.

    A product counts once a basket, so one scanned a thousand times in one basket makes no day odd, and no table.
    """
    days, baskets, counts = _by_day(lines)
    judged = np.flatnonzero(baskets >= _BASKETS_MIN)
    if len(judged) < _DAYS_MIN:
        return {}
    crowd = max(float(np.median(baskets[judged])) * _CROWDED, _CROWD_MIN)
    found = {int(days[at]): CROWDED for at in judged if baskets[at] > crowd}
    usual = np.array([at for at in judged if int(days[at]) not in found], np.int64)
    found |= {int(days[at]): UNLIKE for at in _strangers(counts, usual)}
    return found


def _by_day(lines: OwnLines) -> tuple[Keys, Keys, npt.NDArray[np.int64]]:
    """Days, how many baskets each had, and in how many of them each product was: (d,), (d,), (d, m)."""
    days, day = np.unique(lines.second // _DAY_S, return_inverse=True)
    keys, item = np.unique(lines.key, return_inverse=True)
    _, basket = np.unique(lines.basket, return_inverse=True)
    once = np.unique(np.stack([day, basket, item]), axis=1)
    baskets = np.unique(once[:2], axis=1)[0]
    cells = np.bincount(once[0] * len(keys) + once[2], minlength=len(days) * len(keys))
    return days, np.bincount(baskets, minlength=len(days)), cells.reshape(len(days), len(keys))


def _strangers(counts: npt.NDArray[np.int64], usual: Keys) -> Iterator[int]:
    """Rows of ``counts`` that are unlike the others, the strangest first; each found is no measure for the next."""
    while len(usual) >= _DAYS_MIN:
        likeness = np.array([_likeness(counts, at, usual[usual != at]) for at in usual])
        worst = int(likeness.argmin())
        if likeness[worst] >= _ALIKE * np.median(likeness):
            return
        yield int(usual[worst])
        usual = np.delete(usual, worst)


def _likeness(counts: npt.NDArray[np.int64], at: int, others: Keys) -> float:
    """How like the others a day is, as a part of how like them days are that are drawn from them."""
    # Each day weighs the same: a flood must not become what is usual.
    rest = (counts[others] / counts[others].sum(axis=1, keepdims=True)).mean(axis=0)
    own, size = counts[at], int(counts[at].sum())
    draw = np.random.default_rng(size)
    expected = np.mean(
        [_overlap(one, rest) for one in draw.multinomial(size, rest / rest.sum(), _DRAWS)]
    )
    return _overlap(own, rest) / float(expected)


def _overlap(counts: npt.NDArray[np.int64], shares: Shares) -> float:
    """Bhattacharyya's coefficient: 1 for the same shares, 0 where nothing is in both."""
    return float(np.sqrt(counts / counts.sum() * shares).sum())
