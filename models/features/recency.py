"""When things were bought, read off masks of trips: how often, how lately, how regularly, how much here.

``profile_features`` reads its masks through it; strategies look its columns up.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.profile import NOWHERE, TRIPS_REMEMBERED
from models.moment import Moment

Floats = npt.NDArray[np.float32]
# Any: single or double precision.
Numbers = npt.NDArray[Any]
Masks = npt.NDArray[np.uint64]

# Days, trips and ratios from 0 upward first: the graph takes their log.
LOGGED = ("trips", "days_since", "trips_since", "gap_days", "due", "gap_turn", "due_latest")
_WEIGHTED = (
    "rate_10d",
    "rate_30d",
    "rate_90d",
    "rate_5",
    "rate_10",
    "rate_25",
    "rate_fading",
    "rate_weekday",
    "rate_here",
    "rate_here_30d",
    "rate_small",
)
_RENEWALS = ("renewal_trips", "renewal_days")
RATES = _WEIGHTED + _RENEWALS
LEVEL = LOGGED + RATES

# Lately, this month, this season.
_HALF_LIVES_DAYS = (10.0, 30.0, 90.0)
_LAST_TRIPS = (5, 10, 25)
# What the next older trip is worth, as TIFU-KNN has it.
_FADING = 0.94
# Gaps that end about as late as today: of trips a quarter off, of days two and a tenth.
_NEAR_TRIPS, _NEAR_DAYS, _NEAR_PART = 4, 2.0, 0.1
# Pseudo-gaps, of which one in five ends now.
_GAP_LEAN, _GAP_ENDS = 1.0, 0.2
_HERE_HALF_LIFE_DAYS = 30.0
# Pseudo-trips of rates whose trips may be few, in the order of the last three rates.
_FEW = np.array([1.0, 0.5, 1.0], np.float32)
# Longer than a year: "never" lies past every age that a yearly habit has.
_NEVER_DAYS = 400.0
# A habit that is twenty gaps old is as dead as one of a hundred.
_RATIO_MAX = 20.0

_BITS = np.arange(TRIPS_REMEMBERED)
_ONE = np.uint64(1)

NEVER = np.zeros(len(LEVEL), np.float32)
NEVER[1:3] = _NEVER_DAYS, TRIPS_REMEMBERED


@dataclass(frozen=True, slots=True, kw_only=True)
class TripCalendar:
    """The remembered trips of a shopper as seen from today, newest first.

    ``ages`` (64,) days, 400 beyond the last; ``here`` (64,) and ``weekday`` (64,): made in this place,
    on this day of the week; ``sizes`` (64,) items; ``weights`` (64, 11) of the rates; ``trips``: how many.
    """

    trips: int
    ages: Floats
    here: npt.NDArray[np.bool_]
    weekday: npt.NDArray[np.bool_]
    sizes: Floats
    weights: Floats

    @classmethod
    def of(
        cls,
        days: Floats,
        places: npt.NDArray[np.int64],
        masks: Masks,
        moment: Moment,
        place: int,
    ) -> "TripCalendar":
        """Trips on ``days`` at ``places`` that held the items of ``masks``, seen from ``moment`` at ``place``.

        A trip of which nobody said where it was made counts as made here.
        """
        trips = len(days)
        ages = np.full(TRIPS_REMEMBERED, _NEVER_DAYS, np.float32)
        ages[:trips] = moment.day - days
        real = trips > _BITS
        here = real.copy()
        here[:trips] = (places == place) | (places == NOWHERE) | (place == NOWHERE)
        sizes = unpacked(masks).sum(axis=0).astype(np.float32)
        weekday = real & (ages % 7 == 0)
        small = real & (sizes <= np.median(sizes[:trips])) if trips else real
        weights = np.stack(
            [
                *(real * np.exp2(-ages / life) for life in _HALF_LIVES_DAYS),
                *(real & (latest > _BITS) for latest in _LAST_TRIPS),
                real * _FADING**_BITS,
                weekday,
                here,
                here * np.exp2(-ages / _HERE_HALF_LIFE_DAYS),
                small,
            ],
            axis=1,
        ).astype(np.float32)
        sums = weights.sum(axis=0)
        sums[-len(_FEW) :] += _FEW
        weights /= np.maximum(sums, np.float32(1e-3))
        return cls(
            trips=trips, ages=ages, here=here, weekday=weekday, sizes=sizes, weights=weights
        )

    def levels(self, masks: Masks) -> Floats:
        """Columns ``LEVEL`` for each mask. Shape (n, 20)."""
        bits = unpacked(masks)
        table = np.empty((len(masks), len(LEVEL)), np.float32)
        table[:, len(LOGGED) : -len(_RENEWALS)] = bits.astype(np.float32) @ self.weights
        trips = np.bitwise_count(masks)
        newest = _lowest(masks)
        # Less the lowest bit: the purchase before the newest.
        before = _lowest(masks & (masks - _ONE))
        oldest = TRIPS_REMEMBERED - 1 - bits[:, ::-1].argmax(axis=1)
        never, once = trips == 0, trips < 2  # noqa: PLR2004  # two trips make a gap
        since = np.where(never, _NEVER_DAYS, self.ages[newest])
        gap = np.where(once, 0, self.ages[oldest] - self.ages[newest]) / np.maximum(
            trips - 1.0, 1
        )
        latest = np.where(once, 0, self.ages[before] - self.ages[newest])
        table[:, 0] = trips
        table[:, 1] = since
        table[:, 2] = np.where(never, TRIPS_REMEMBERED, newest)
        table[:, 3] = gap
        table[:, 4] = _ratio(since, gap)
        table[:, 5] = _ratio(latest, gap)
        table[:, 6] = _ratio(since, latest)
        table[:, -len(_RENEWALS) :] = self._renewals(bits, newest, since)
        return table

    def _renewals(
        self, bits: npt.NDArray[np.bool_], newest: npt.NDArray[np.intp], since: Floats
    ) -> Floats:
        """Of the gaps that lasted as long as the present one, the part that ended then: by trips and by days."""
        row, place = np.nonzero(bits)
        # Bits of one mask lie side by side: each next one closes a gap.
        inside = row[1:] == row[:-1]
        row, newer, older = row[1:][inside], place[:-1][inside], place[1:][inside]
        renewals = np.empty((len(bits), len(_RENEWALS)), np.float32)
        now = newest + 1.0
        for number, (gap, present, off) in enumerate(
            (
                ((older - newer).astype(np.float64), now, now // _NEAR_TRIPS),
                (self.ages[older] - self.ages[newer], since, _NEAR_DAYS + _NEAR_PART * since),
            )
        ):
            lasted = gap >= (present - off)[row]
            ended = lasted & (gap <= (present + off)[row])
            ends = np.bincount(row, ended, len(bits)) + _GAP_LEAN * _GAP_ENDS
            renewals[:, number] = ends / (np.bincount(row, lasted, len(bits)) + _GAP_LEAN)
        renewals[~bits.any(axis=1)] = 0
        return renewals

    def by_group(
        self, masks: Masks, group: npt.NDArray[np.integer], size: int
    ) -> tuple[Floats, Masks]:
        """``levels`` of types or categories, a trip counting once, and their masks.

        Shapes (size + 1, 20) and (size + 1,), last = never.
        """
        together = np.zeros(size + 1, np.uint64)
        np.bitwise_or.at(together, group, masks)
        # Most groups were never bought: their rows stay "never" and cost nothing.
        seen = np.flatnonzero(together)
        table = np.tile(NEVER, (size + 1, 1))
        table[seen] = self.levels(together[seen])
        return table, together


def unpacked(masks: Masks) -> npt.NDArray[np.bool_]:
    """The bits of each mask, newest trip first. Shape (n, 64)."""
    # Least byte first on any machine: the order of bits is the order of trips.
    bytes_ = masks.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(bytes_, axis=1, bitorder="little").view(np.bool_)


def _lowest(masks: Masks) -> npt.NDArray[np.intp]:
    """The place of the lowest bit of each mask; 63 if there is none."""
    lowest = np.bitwise_count((masks & (~masks + _ONE)) - _ONE)
    return np.minimum(lowest, TRIPS_REMEMBERED - 1).astype(np.intp)


def _ratio(days: Numbers, usual: Numbers) -> Numbers:
    ratio: Numbers = np.where(usual > 0, np.minimum(days / np.maximum(usual, 1), _RATIO_MAX), 0)
    return ratio
