"""What one shopper bought, as counters that a till line updates in microseconds.

The edge's till lines call ``record``; requests carry it to ``profile_features``, and ``profile_bytes`` stores
it.

A trip is a local day. Each item carries a 64-bit mask of the last 64 trips (bit 0 = newest), so
every recency feature is read from integers: nothing decays in place, nothing is recomputed from
history, and the order in which events arrive does not matter. A second mask says on which of
the latest trips the item was on promotion; each trip knows the place it was made to.
"""

from collections.abc import Hashable
from typing import Self

import numpy as np
import numpy.typing as npt

from models.features.item_rows import ItemRows
from models.features.profile_bytes import ProfileCounts, ProfileUnreadable, Visits, pack, unpack
from models.items import Keys

__all__ = [
    "ITEMS_REMEMBERED",
    "NOWHERE",
    "PROMOTED_TRIPS",
    "TRIPS_REMEMBERED",
    "Profile",
    "ProfileUnreadable",
]

# One machine word: every recency feature is a few bit operations.
TRIPS_REMEMBERED = 64

# Of so many latest trips it is known which of their items were on promotion.
PROMOTED_TRIPS = 32

# 26 bytes an item: 740 items and the header stay below the 20 kB a profile may take on disk.
ITEMS_REMEMBERED = 740

# The place of a trip of which nobody said where it was made.
NOWHERE = 0

# Assumed days between two purchases of an item of which only a total is known: a weekly shop.
_HABIT_DAYS = 7
# Tables, by name and place, for which what was derived stays at hand.
_OWNERS = 8

# The counter has 16 bits; who is there stays there.
_TRIPS_MAX = 0xFFFF
_PROMOTED = (1 << PROMOTED_TRIPS) - 1


class Profile:
    """Per-item counters of one shopper.

    ``trips`` counts trip days, ``lines`` item-trips, both for good; ``days`` are the remembered
    trip days, newest first, and ``places`` where each was made (``NOWHERE`` = unknown). Columns
    have shape (n,), rows in no particular order; do not write to them.
    """

    __slots__ = (
        "_memo",
        "_rows",
        "days",
        "first_day",
        "lines",
        "places",
        "trips",
    )

    def __init__(self) -> None:
        """Start with nothing known."""
        self._rows = ItemRows()
        self.days: list[int] = []
        self.places: list[int] = []
        self.first_day = 0
        self.trips = 0
        self.lines = 0
        self._memo: dict[Hashable, tuple[int, object]] = {}

    @classmethod
    def empty(cls) -> Self:
        """A shopper of whom nothing is known."""
        return cls()

    def __len__(self) -> int:
        return self._rows.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Profile) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]  # mutable: equal today is not equal tomorrow

    @property
    def keys(self) -> Keys:
        """Item keys, int64."""
        return self._rows["key"]

    @property
    def masks(self) -> npt.NDArray[np.uint64]:
        """Which remembered trips held the item; bit j belongs to ``days[j]``."""
        return self._rows["mask"]

    @property
    def promoted(self) -> npt.NDArray[np.uint32]:
        """On which of the last ``PROMOTED_TRIPS`` the item was bought on promotion; bits as in ``masks``."""
        return self._rows["promoted"]

    @property
    def counts(self) -> npt.NDArray[np.uint16]:
        """Trips that held the item."""
        return self._rows["trips"]

    @property
    def first_days(self) -> npt.NDArray[np.uint16]:
        """Day of the first such trip."""
        return self._rows["first"]

    @property
    def last_days(self) -> npt.NDArray[np.uint16]:
        """Day of the latest such trip."""
        return self._rows["last"]

    def recall(self, owner: Hashable, day: int) -> object | None:
        """What ``owner`` kept for ``day``, if no trip before that day has changed since."""
        kept = self._memo.get(owner)
        return kept[1] if kept and kept[0] == day else None

    def remember(self, owner: Hashable, day: int, derived: object) -> None:
        """Keep what ``owner`` derived from the trips before ``day``; today's lines leave it valid."""
        # The oldest goes first: a store without a bundle names its tables anew with every edition.
        self._memo.pop(owner, None)
        self._memo[owner] = (day, derived)
        while len(self._memo) > _OWNERS:
            del self._memo[next(iter(self._memo))]

    def bought_since(self, day: int) -> Keys:
        """Keys of the items bought on ``day`` or later, ascending."""
        return np.sort(self.keys[self.last_days >= day])

    def last_bought(self, key: int) -> int | None:
        """The day of the latest trip that held the item; None where none is known."""
        row = self._rows.find(key)
        return None if row is None else int(self._rows["last"][row])

    def record(
        self, key: int, day: int, *, place: int = NOWHERE, promoted: bool = False
    ) -> None:
        """Count item ``key`` on local day ``day``, bought at ``place``, perhaps on promotion.

        Twice on one day counts once. Of two places on a day the smaller number stays, whichever
        came first. A day older than all 64 remembered trips is past memory and changes nothing.
        """
        slot = self._slot(day)
        if slot is None:
            return
        self._visit(slot, place)
        row = self._row(key, day)
        bit = np.uint64(1 << slot)
        column = self._rows
        # Before the return below: a second line may be the first to say that it was on promotion.
        if promoted and slot < PROMOTED_TRIPS and not int(column["promoted"][row]) & int(bit):
            self._changed(day)
            column["promoted"][row] |= np.uint32(bit)
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
        rows = self._rows
        row = rows.find(key)
        if row is None or day not in self.days:
            return
        bit = 1 << self.days.index(day)
        left = int(rows["mask"][row]) & ~bit
        if left == int(rows["mask"][row]):
            return
        self._changed(day)
        # Cut to 32 bits first: the inverse of a Python number is negative, which no mask takes.
        rows["promoted"][row] &= np.uint32(~bit & _PROMOTED)
        self.lines -= 1
        if rows["trips"][row] == 1:
            rows.drop(row)
        else:
            self._take_back(row, left)
        # A day without an item would stay a trip, and a line taken back would leave a trace in the bytes.
        if not np.any(self.masks & np.uint64(bit)):
            self._drop_day(day)

    def copy(self) -> "Profile":
        """An independent profile in the same state."""
        twin = Profile()
        twin._rows = ItemRows(self._rows.columns)
        twin.trips, twin.lines = self.trips, self.lines
        twin.days, twin.first_day = list(self.days), self.first_day
        twin.places = list(self.places)
        return twin

    def to_bytes(self) -> bytes:
        """The canonical form: equal states give equal bytes, whatever their history."""
        return pack(
            ProfileCounts(
                columns=self._rows.columns,
                visits=Visits(days=self.days, places=self.places),
                trips=self.trips,
                lines=self.lines,
                first_day=self.first_day,
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read ``to_bytes``' form. Raises ``ProfileUnreadable``."""
        return cls.of(unpack(data))

    @classmethod
    def of(cls, counts: ProfileCounts) -> Self:
        """A shopper counted elsewhere."""
        profile = cls()
        profile._rows = ItemRows(counts.columns)
        profile.days, profile.places = list(counts.visits.days), list(counts.visits.places)
        profile.trips, profile.lines = counts.trips, counts.lines
        profile.first_day = counts.first_day
        return profile

    def _changed(self, day: int) -> None:
        if self._memo:
            self._memo = {owner: kept for owner, kept in self._memo.items() if kept[0] <= day}

    def _slot(self, day: int) -> int | None:
        """The bit of ``day``; opens a trip when the day has none. None = past memory."""
        # Nearly every till line is of the trip being made, and counts in microseconds.
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
        self._rows.open_trip(slot)
        self.days.insert(slot, day)
        self.places.insert(slot, NOWHERE)
        del self.days[TRIPS_REMEMBERED:], self.places[TRIPS_REMEMBERED:]
        # Before the first trip it is 0, and no day is earlier.
        self.first_day = min(self.first_day, day) if self.trips else day
        self.trips += 1

    def _visit(self, slot: int, place: int) -> None:
        """Note where the trip of ``slot`` was made."""
        if place not in (NOWHERE, self.places[slot]):
            self._changed(self.days[slot])
            known = self.places[slot]
            self.places[slot] = place if known == NOWHERE else min(known, place)

    def _row(self, key: int, day: int) -> int:
        row = self._rows.find(key)
        if row is not None:
            return row
        if self._rows.size == ITEMS_REMEMBERED:
            self._rows.drop(self._stalest())
        return self._rows.add(key, day)

    def _stalest(self) -> int:
        """The item to forget when memory is full: longest unseen, then rarest, then lowest key."""
        return int(np.lexsort((self.keys, self.counts, self.last_days))[0])

    def _take_back(self, row: int, left: int) -> None:
        column = self._rows
        column["mask"][row] = left
        column["trips"][row] -= 1
        seen = [day for slot, day in enumerate(self.days) if left >> slot & 1]
        if not seen:
            # Its other trips are past memory: of them only the first day is still known.
            column["last"][row] = column["first"][row]
            return
        column["last"][row] = seen[0]
        # Only if all its trips are remembered is the oldest of these its first.
        if column["trips"][row] == len(seen):
            column["first"][row] = seen[-1]

    def _drop_day(self, day: int) -> None:
        slot = self.days.index(day)
        self._rows.close_trip(slot)
        del self.days[slot], self.places[slot]
        self.trips -= 1
        # As for one item: only a memory of all trips knows the first.
        if self.trips == len(self.days):
            self.first_day = self.days[-1] if self.days else 0
