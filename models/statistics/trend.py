"""What this store sells lately, by part of the day: decayed counts leaning on the chain's prior.

The edge records every paid basket in one and stores its bytes; features, strategies and the fallback rank by
it.

Numbers used by decisions change only with the *edition*: a new day, or 25 more baskets, five in a
store that has seen less. So what a decision saw can be named by one number, and a busy till does not make every
decision recompute.
"""

import struct
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.items import UNKNOWN, Keys, positions_in
from models.moment import DAYPARTS, Moment

Chances = npt.NDArray[np.float32]

PARTS = len(DAYPARTS)
# One more column beside the day parts: baskets of Saturdays and Sundays, at whatever hour.
_WEEKEND = PARTS
_COLUMNS = PARTS + 1

# A basket counts half after four weeks: seasons turn faster than that, noise does not.
HALF_LIFE_DAYS = 28.0

# The store's own numbers weigh as much as the chain's after 300 trips (measured best).
PRIOR_TRIPS = 300.0

# What sells on such a day leans on what sells on any day with this many trips.
DAY_KIND_TRIPS = 300.0

# One part of the day leans on the whole day of the store with this many trips.
PART_TRIPS = 300.0

BASKETS_AN_EDITION = 25
# Until so many are seen a fifth of them will do; not one alone, or a screen would tell of somebody's basket.
_YOUNG_EDITION = 5

# Below this a decayed count no longer moves any share in its fourth digit.
_FORGOTTEN = 0.02
_WEEK_DAYS = 7
_SATURDAY = 5

_NO_KEYS: Keys = np.zeros(0, np.int64)

_HEADER = struct.Struct("<4sIIII")


def _rows_of(columns: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("key", "<i8"),
            ("settled", "<f4", (columns,)),
            ("today", "<u2", (columns,)),
            ("waiting", "<u2", (columns,)),
        ]
    )


_ROW = _rows_of(_COLUMNS)
_MAGIC = b"SST2"
# Trends of before weekends were counted: stored decisions name them still.
_OLDER, _OLDER_ROW = b"SST1", _rows_of(PARTS)


class TrendUnreadable(ValueError):
    """The bytes are not a trend written by ``StoreTrend.to_bytes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPrior:
    """The chain's shares: ``day[i]`` = part of trips with item i, ``parts[p, i]`` = by day part.

    Shapes: ``keys`` (n,) ascending int64, ``day`` (n,) float32, ``parts`` (5, n) float32.
    """

    keys: Keys
    day: Chances
    parts: Chances


class StoreTrend:
    """Counts of one store. ``memo`` holds what was derived from the current edition.

    Row 0 of the arrays is not an item: it counts the baskets themselves.
    """

    __slots__ = ("_index", "_rows", "_size", "day", "edition", "memo", "prior")

    def __init__(self, prior: TrendPrior | None = None) -> None:
        """Start with no basket seen; ``prior`` is what the shares lean on, if anything."""
        self.prior = prior
        self._rows = np.zeros(256, _ROW)
        self._rows["key"][0] = UNKNOWN
        self._size = 1
        self._index: dict[int, int] = {UNKNOWN: 0}
        self.day = 0
        self.edition = 0
        self.memo: dict[object, object] = {}

    @classmethod
    def empty(cls, prior: TrendPrior | None = None) -> Self:
        """A store that has seen no basket."""
        return cls(prior)

    def lean_on(self, prior: TrendPrior | None) -> None:
        """Exchange the prior: another bundle came into use."""
        self.prior = prior
        self.memo.clear()

    def record(self, keys: Keys, moment: Moment) -> None:
        """Count one finished basket; each item counts once. A late one counts as of today."""
        if moment.day > self.day:
            self._settle(moment.day)
        rows = [0, *(self._row(key) for key in set(keys.tolist()))]
        for column in _columns_of(moment.part, self.day):
            self._rows["waiting"][rows, column] += 1
        waiting = int(self._rows["waiting"][0, :PARTS].sum())
        young = float(self.trips().sum()) < BASKETS_AN_EDITION
        if waiting >= (_YOUNG_EDITION if young else BASKETS_AN_EDITION):
            self._publish()

    def correct(
        self, moment: Moment, *, baskets: int = 0, gone: Keys = _NO_KEYS, back: Keys = _NO_KEYS
    ) -> None:
        """Take items of a basket recorded at ``moment`` off again (``gone``), or put them ``back``.

        ``baskets``: -1 where it is no basket any more, 1 where it is one again. ``moment.day`` is the day that it was
        counted to: exact on that day, later as exact as faded counts are; of what has faded away nothing is taken.
        Numbers that decisions have read change with a new edition.
        """
        fade = np.float32(0.5 ** (max(0, self.day - moment.day) / HALF_LIFE_DAYS))
        today = moment.day >= self.day
        columns = _columns_of(moment.part, min(moment.day, self.day))
        rows = [(self._row(key), 1) for key in set(back.tolist())]
        rows += [(row, -1) for key in set(gone.tolist()) if (row := self._index.get(key))]
        rows += [(0, baskets)] if baskets else []
        # All of them, whatever the first one says.
        read = [
            self._changed(row, column, sign, fade, today=today)
            for row, sign in rows
            for column in columns
        ]
        if any(read):
            self.edition += 1
            self.memo.clear()
        self._drop_empty()

    def trips(self) -> Chances:
        """Decayed baskets by day part in this edition. Shape (5,), float32."""
        trips: Chances = self._published()[0, :PARTS]
        return trips

    def weights(self) -> tuple[Keys, Chances]:
        """Decayed counts of this edition: keys (m,) ascending, and (m, 5) float32."""
        rows = self._rows[1 : self._size]
        order = np.argsort(rows["key"], kind="stable")
        return rows["key"][order], self._published()[1:, :PARTS][order]

    def sold(self) -> Keys:
        """The items of which something was sold here lately, ascending."""
        kept = self.memo.get("sold")
        if kept is None:
            keys, weights = self.weights()
            kept = self.memo["sold"] = keys[weights.sum(axis=1) > 0]
        return kept  # type: ignore[return-value]  # the memo holds what its key names

    def by_day_kind(self, moment: Moment) -> tuple[Keys, Chances]:
        """Keys (m,) ascending, and how much likelier each sells at weekends, or else between them, than on any day.

        Shape (m,), float32; 1 = as on any day, which is what is believed until enough was seen.
        """
        keys, _, factors = self._by_day_kind(weekend=_is_weekend(moment.day))
        return keys, factors

    def weekend(self) -> tuple[Keys, Chances, Chances]:
        """Keys (m,) ascending, weekend baskets that held each (faded), and ``by_day_kind``'s factor of a weekend."""
        return self._by_day_kind(weekend=True)

    def shares(self, prior: TrendPrior, part: int) -> tuple[Chances, Chances]:
        """Part of trips that hold each item of ``prior``: any time of day, and in ``part``.

        Shapes (n,), float32. With nothing seen these are the prior's own shares.
        """
        keys, weights = self.weights()
        seen = np.zeros((len(prior.keys), 2), np.float32)
        at = positions_in(prior.keys, keys)
        known = at >= 0
        seen[at[known], 0] = weights.sum(axis=1)[known]
        seen[at[known], 1] = weights[known, part]
        trips = self.trips()
        day = (seen[:, 0] + PRIOR_TRIPS * prior.day) / (trips.sum() + PRIOR_TRIPS)
        lean = day * (prior.parts[part] / np.maximum(prior.day, np.float32(1e-9)))
        now = (seen[:, 1] + PART_TRIPS * lean) / (trips[part] + PART_TRIPS)
        return day.astype(np.float32), now.astype(np.float32)

    def top(self, n: int, moment: Moment) -> Keys:
        """The ``n`` items most bought at this time of day, best first; ties by key."""
        keys, chances = self.ranked(moment)
        order = np.lexsort((keys, -chances))[:n]
        return keys[order]

    def ranked(self, moment: Moment) -> tuple[Keys, Chances]:
        """Every item with its share of trips at this time of day: prior's items, then strangers."""
        part = moment.part
        memo = self.memo.get(("ranked", part))
        if memo is None:
            memo = self.memo["ranked", part] = self._rank(part)
        return memo  # type: ignore[return-value]  # the memo holds what its key names

    def to_bytes(self) -> bytes:
        """Canonical form: equal states give equal bytes. The prior is not part of it."""
        # Row 0 stays first: its key, -1, is below every item's.
        rows = np.sort(self._rows[: self._size], order="key", kind="stable")
        return _HEADER.pack(_MAGIC, self._size, self.day, self.edition, 0) + rows.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, prior: TrendPrior | None = None) -> Self:
        """Read ``to_bytes``' form. Raises ``TrendUnreadable``."""
        if len(data) < _HEADER.size:
            raise TrendUnreadable(f"{len(data)} bytes is shorter than a trend's header")
        magic, size, day, edition, _ = _HEADER.unpack_from(data)
        kind = {_MAGIC: _ROW, _OLDER: _OLDER_ROW}.get(magic)
        if kind is None or not size or len(data) != _HEADER.size + size * kind.itemsize:
            raise TrendUnreadable(f"{len(data)} bytes do not form a trend")
        trend = cls(prior)
        # A copy: what lies over bytes cannot be written to.
        trend._rows = _widened(np.frombuffer(data, kind, size, _HEADER.size))
        trend._size, trend.day, trend.edition = size, day, edition
        trend._index = {key: row for row, key in enumerate(trend._rows["key"].tolist())}
        return trend

    def copy(self) -> "StoreTrend":
        """An independent trend in the same state, leaning on the same prior."""
        return StoreTrend.from_bytes(self.to_bytes(), self.prior)

    def _rank(self, part: int) -> tuple[Keys, Chances]:
        keys, weights = self.weights()
        trips = self.trips()
        own = weights[:, part] + weights.sum(axis=1) * PART_TRIPS / (trips.sum() + PRIOR_TRIPS)
        shares = (own / (trips[part] + PART_TRIPS)).astype(np.float32)
        if self.prior is None:
            return keys, shares
        strange = positions_in(self.prior.keys, keys) < 0
        _, now = self.shares(self.prior, part)
        return (
            np.concatenate([self.prior.keys, keys[strange]]),
            np.concatenate([now, shares[strange]]),
        )

    def _by_day_kind(self, *, weekend: bool) -> tuple[Keys, Chances, Chances]:
        slot = ("day-kind", weekend)
        kept = self.memo.get(slot)
        if kept is None:
            kept = self.memo[slot] = self._day_kind(weekend=weekend)
        return kept  # type: ignore[return-value]  # the memo holds what its key names

    def _day_kind(self, *, weekend: bool) -> tuple[Keys, Chances, Chances]:
        rows = self._rows[1 : self._size]
        order = np.argsort(rows["key"], kind="stable")
        counts = self._published()
        days, ends = counts[:, :PARTS].sum(axis=1), counts[:, _WEEKEND]
        # What was settled before weekends were counted is of no known day.
        chosen = ends if weekend else np.maximum(days - ends, 0)
        usual = days[1:] / max(float(days[0]), 1.0)
        seen = (chosen[1:] + DAY_KIND_TRIPS * usual) / (chosen[0] + DAY_KIND_TRIPS)
        factors = seen / np.maximum(usual, np.float32(1e-9))
        if not ends[0]:
            factors = np.ones(len(order), np.float32)
        keys = rows["key"][order]
        return keys, chosen[1:].astype(np.float32)[order], factors.astype(np.float32)[order]

    def _published(self) -> Chances:
        rows = self._rows[: self._size]
        counts: Chances = rows["settled"] + rows["today"]
        return counts

    def _publish(self) -> None:
        rows = self._rows[: self._size]
        rows["today"] += rows["waiting"]
        rows["waiting"] = 0
        self.edition += 1
        self.memo.clear()

    def _settle(self, day: int) -> None:
        """Close the days before ``day``: fold their counts in and let them fade."""
        rows = self._rows[: self._size]
        fade = (
            np.float32(0.5 ** ((day - self.day) / HALF_LIFE_DAYS))
            if self.edition
            else np.float32(1)
        )
        rows["settled"] = (rows["settled"] + rows["today"] + rows["waiting"]) * fade
        rows["today"] = rows["waiting"] = 0
        if day // _WEEK_DAYS != self.day // _WEEK_DAYS:
            self._forget_faded()
        self.day = day
        self.edition += 1
        self.memo.clear()

    def _forget_faded(self) -> None:
        """Drop the items whose counts have faded; once a week, since it costs a new index."""
        rows = self._rows[: self._size]
        keep = rows["settled"][:, :PARTS].sum(axis=1) >= _FORGOTTEN
        # The baskets themselves, by which every share is divided.
        keep[0] = True
        self._keep(keep)

    def _keep(self, keep: npt.NDArray[np.bool_]) -> None:
        self._rows = self._rows[: self._size][keep]
        self._size = len(self._rows)
        self._index = {key: row for row, key in enumerate(self._rows["key"].tolist())}

    def _changed(
        self, row: int, column: int, sign: int, fade: np.float32, *, today: bool
    ) -> bool:
        """One more or one less; whether that is among what decisions have read."""
        counts = self._rows
        if not today:
            counts["settled"][row, column] = max(
                0.0, counts["settled"][row, column] + sign * fade
            )
            return True
        # What waits is read by nobody yet, and in sum it is the same.
        place = "waiting" if sign > 0 or counts["waiting"][row, column] else "today"
        if sign > 0 or counts[place][row, column]:
            counts[place][row, column] = int(counts[place][row, column]) + sign
        return place == "today"

    def _drop_empty(self) -> None:
        """Without items of which nothing is counted: taken back whole, nothing tells that they were there."""
        rows = self._rows[: self._size]
        counts = rows["settled"] + rows["today"] + rows["waiting"]
        keep: npt.NDArray[np.bool_] = counts[:, :PARTS].sum(axis=1) > 0
        keep[0] = True
        self._keep(keep)

    def _row(self, key: int) -> int:
        row = self._index.get(key)
        if row is None:
            if self._size == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros(self._size, _ROW)])
            row = self._index[key] = self._size
            self._size += 1
            self._rows[row] = (key, 0, 0, 0)
        return row


def _is_weekend(day: int) -> bool:
    return Moment(day=day, hour=0).weekday >= _SATURDAY


def _columns_of(part: int, day: int) -> tuple[int, ...]:
    """Where a basket of a part of a day is counted."""
    return (part, _WEEKEND) if _is_weekend(day) else (part,)


def _widened(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Rows of any form in today's."""
    found = np.zeros(len(rows), _ROW)
    for name in _ROW.names or ():
        if name == "key":
            found[name] = rows[name]
        else:
            found[name][:, : rows[name].shape[1]] = rows[name]
    return found
