"""What one shopper bought, as counters that a till line updates in microseconds.

A trip is a local day. Each item carries a 64-bit mask of the last 64 trips (bit 0 = newest), so
every recency feature is read from integers: nothing decays in place, nothing is recomputed from
history, and the order in which events arrive does not matter.
"""

import struct
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.items import Keys

TRIPS_REMEMBERED = 64

# 22 bytes an item: 800 items and the header stay below the 20 kB a profile may take on disk.
ITEMS_REMEMBERED = 800

# Assumed days between two purchases of an item of which only a total is known: a weekly shop.
_HABIT_DAYS = 7

_MAGIC = b"SSP1"
_HEADER = struct.Struct("<4sHHIIHH")
_COLUMNS = (
    ("key", np.dtype("<i8")),
    ("mask", np.dtype("<u8")),
    ("trips", np.dtype("<u2")),
    ("first", np.dtype("<u2")),
    ("last", np.dtype("<u2")),
)
_TRIPS_MAX = 0xFFFF


class ProfileUnreadable(ValueError):
    """The bytes are not a profile written by ``Profile.to_bytes``."""


class Profile:
    """Per-item counters of one shopper.

    ``trips`` counts trip days, ``lines`` item-trips, both for good; ``days`` are the remembered
    trip days, newest first. Columns have shape (n,), rows in no particular order; do not write
    to them.
    """

    __slots__ = ("_columns", "_index", "_memo", "_size", "days", "first_day", "lines", "trips")

    def __init__(self) -> None:
        """Start with nothing known."""
        # Any: one table of columns of unlike integer kinds; the properties below name each.
        self._columns: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(16, kind) for name, kind in _COLUMNS
        }
        self._index: dict[int, int] | None = {}
        self._size = 0
        self.days: list[int] = []
        self.first_day = 0
        self.trips = 0
        self.lines = 0
        self._memo: dict[str, tuple[int, object]] = {}

    @classmethod
    def empty(cls) -> Self:
        """A shopper of whom nothing is known."""
        return cls()

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today is not equal tomorrow

    @property
    def keys(self) -> Keys:
        """Item keys, int64."""
        return self._columns["key"][: self._size]

    @property
    def masks(self) -> npt.NDArray[np.uint64]:
        """Which remembered trips held the item; bit j belongs to ``days[j]``."""
        return self._columns["mask"][: self._size]

    @property
    def counts(self) -> npt.NDArray[np.uint16]:
        """Trips that held the item."""
        return self._columns["trips"][: self._size]

    @property
    def first_days(self) -> npt.NDArray[np.uint16]:
        """Day of the first such trip."""
        return self._columns["first"][: self._size]

    @property
    def last_days(self) -> npt.NDArray[np.uint16]:
        """Day of the latest such trip."""
        return self._columns["last"][: self._size]

    def recall(self, owner: str, day: int) -> object | None:
        """What ``owner`` kept for ``day``, if no trip before that day has changed since."""
        kept = self._memo.get(owner)
        return kept[1] if kept and kept[0] == day else None

    def remember(self, owner: str, day: int, derived: object) -> None:
        """Keep what ``owner`` derived from the trips before ``day``; today's lines leave it valid."""
        self._memo[owner] = (day, derived)

    def bought_since(self, day: int) -> Keys:
        """Keys of the items bought on ``day`` or later, ascending."""
        return np.sort(self.keys[self.last_days >= day])

    def record(self, key: int, day: int) -> None:
        """Count item ``key`` on local day ``day``; twice on one day counts once.

        A day older than all 64 remembered trips is past memory and changes nothing.
        """
        slot = self._slot(day)
        if slot is None:
            return
        row = self._row(key, day)
        bit = np.uint64(1 << slot)
        column = self._columns
        if column["mask"][row] & bit:
            return
        self._changed(day)
        column["mask"][row] |= bit
        column["trips"][row] = min(int(column["trips"][row]) + 1, _TRIPS_MAX)
        column["first"][row] = min(int(column["first"][row]), day)
        column["last"][row] = max(int(column["last"][row]), day)
        self.lines += 1

    def seed(self, key: int, trips: int, last_day: int) -> None:
        """Count ``trips`` weekly purchases up to ``last_day``: for histories that give totals."""
        for back in range(min(trips, TRIPS_REMEMBERED)):
            self.record(key, last_day - back * _HABIT_DAYS)

    def retract(self, key: int, day: int) -> None:
        """Undo ``record(key, day)``: the line was taken back at the till."""
        row = self._rows().get(key)
        if row is None or day not in self.days:
            return
        bit = 1 << self.days.index(day)
        left = int(self._columns["mask"][row]) & ~bit
        if left == int(self._columns["mask"][row]):
            return
        self._changed(day)
        self.lines -= 1
        if self._columns["trips"][row] == 1:
            self._drop_row(row)
        else:
            self._take_back(row, left)
        if not np.any(self.masks & np.uint64(bit)):
            self._drop_day(day)

    def copy(self) -> "Profile":
        """An independent profile in the same state."""
        twin = Profile()
        twin._columns = {
            name: column[: self._size + 16].copy() for name, column in self._columns.items()
        }
        twin._index = None
        twin._size, twin.trips, twin.lines = self._size, self.trips, self.lines
        twin.days, twin.first_day = list(self.days), self.first_day
        return twin

    def to_bytes(self) -> bytes:
        """The canonical form: equal states give equal bytes, whatever their history."""
        order = np.argsort(self.keys, kind="stable")
        head = _HEADER.pack(
            _MAGIC, self._size, len(self.days), self.trips, self.lines, self.first_day, 0
        )
        days = np.array(self.days, "<u2").tobytes()
        body = (self._columns[name][: self._size][order].tobytes() for name, _ in _COLUMNS)
        return head + days + b"".join(body)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read ``to_bytes``' form. Raises ``ProfileUnreadable``."""
        if len(data) < _HEADER.size:
            raise ProfileUnreadable(f"{len(data)} bytes is shorter than a profile's header")
        magic, size, days, trips, lines, first_day, _ = _HEADER.unpack_from(data)
        wide = sum(kind.itemsize for _, kind in _COLUMNS)
        if magic != _MAGIC or len(data) != _HEADER.size + 2 * days + wide * size:
            raise ProfileUnreadable(f"{len(data)} bytes do not form a profile")
        profile = cls()
        profile._size, profile.trips, profile.lines = size, trips, lines
        profile.first_day, profile._index = first_day, None
        at = _HEADER.size
        profile.days = [int(day) for day in np.frombuffer(data, "<u2", days, at)]
        at += 2 * days
        for name, kind in _COLUMNS:
            column = np.zeros(size + 16, kind)
            column[:size] = np.frombuffer(data, kind, size, at)
            profile._columns[name] = column
            at += size * kind.itemsize
        return profile

    def _changed(self, day: int) -> None:
        if self._memo:
            self._memo = {owner: kept for owner, kept in self._memo.items() if kept[0] <= day}

    def _rows(self) -> dict[int, int]:
        if self._index is None:
            self._index = {key: row for row, key in enumerate(self.keys.tolist())}
        return self._index

    def _slot(self, day: int) -> int | None:
        """The bit of ``day``; opens a trip when the day has none. None = past memory."""
        if self.days and self.days[0] == day:
            return 0
        if day in self.days:
            return self.days.index(day)
        slot = sum(known > day for known in self.days)
        if slot == TRIPS_REMEMBERED:
            return None
        self._open(day, slot)
        return slot

    def _open(self, day: int, slot: int) -> None:
        self._changed(day)
        low = np.uint64((1 << slot) - 1)
        masks = self.masks
        masks[:] = (masks & low) | ((masks & ~low) << np.uint64(1))
        self.days.insert(slot, day)
        del self.days[TRIPS_REMEMBERED:]
        self.first_day = min(self.first_day, day) if self.trips else day
        self.trips += 1

    def _row(self, key: int, day: int) -> int:
        rows = self._rows()
        row = rows.get(key)
        if row is not None:
            return row
        if self._size == ITEMS_REMEMBERED:
            self._drop_row(self._stalest())
        if self._size == len(self._columns["key"]):
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.zeros_like(column)])
        row = rows[key] = self._size
        self._size += 1
        for name, value in (
            ("key", key),
            ("mask", 0),
            ("trips", 0),
            ("first", day),
            ("last", day),
        ):
            self._columns[name][row] = value
        return row

    def _stalest(self) -> int:
        """The item to forget when memory is full: longest unseen, then rarest, then lowest key."""
        return int(np.lexsort((self.keys, self.counts, self.last_days))[0])

    def _drop_row(self, row: int) -> None:
        rows = self._rows()
        last = self._size - 1
        rows.pop(int(self._columns["key"][row]))
        if row != last:
            for column in self._columns.values():
                column[row] = column[last]
            rows[int(self._columns["key"][row])] = row
        self._size = last

    def _take_back(self, row: int, left: int) -> None:
        column = self._columns
        column["mask"][row] = left
        column["trips"][row] -= 1
        seen = [day for slot, day in enumerate(self.days) if left >> slot & 1]
        if not seen:
            column["last"][row] = column["first"][row]
            return
        column["last"][row] = seen[0]
        if column["trips"][row] == len(seen):
            column["first"][row] = seen[-1]

    def _drop_day(self, day: int) -> None:
        slot = self.days.index(day)
        low = np.uint64((1 << slot) - 1)
        masks = self.masks
        masks[:] = (masks & low) | ((masks >> np.uint64(1)) & ~low)
        self.days.remove(day)
        self.trips -= 1
        if self.trips == len(self.days):
            self.first_day = self.days[-1] if self.days else 0
