"""A growing table of one shopper's items: a row an item, found by its key.

``profile`` keeps all its counters in it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.profile_bytes import COLUMNS, Columns

# A trip's worth of new items fits without another copy.
_MARGIN = 16


class ItemRows:
    """Columns ``profile_bytes.COLUMNS`` of ``size`` items, rows in no particular order.

    Any: one table of columns of unlike integer kinds; ``Profile``'s properties name each.
    """

    __slots__ = ("_all", "_index", "size")

    def __init__(self, columns: Columns | None = None) -> None:
        """Hold a copy of ``columns``; None = no item yet."""
        self.size = 0 if columns is None else len(columns["key"])
        self._all: dict[str, npt.NDArray[Any]] = {}
        for name, kind in COLUMNS:
            self._all[name] = np.zeros(self.size + _MARGIN, kind)
            if columns is not None:
                self._all[name][: self.size] = columns[name]
        # Made when first asked for: a profile that is only read from needs none.
        self._index: dict[int, int] | None = None

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """One column, shape (size,); what is written to it stays."""
        return self._all[name][: self.size]

    @property
    def columns(self) -> Columns:
        """All columns."""
        return {name: self[name] for name, _ in COLUMNS}

    def find(self, key: int) -> int | None:
        """The row of item ``key``, if it has one."""
        return self._by_key().get(key)

    def add(self, key: int, day: int) -> int:
        """A new row for ``key``, first and last met on ``day`` and not counted yet."""
        if self.size == len(self._all["key"]):
            for name, column in self._all.items():
                # Twice the room: copying then costs little a row, however many come one by one.
                self._all[name] = np.concatenate([column, np.zeros_like(column)])
        row = self._by_key()[key] = self.size
        self.size += 1
        # A dropped item may have left its numbers here.
        for column in self._all.values():
            column[row] = 0
        self._all["key"][row] = key
        self._all["first"][row] = self._all["last"][row] = day
        return row

    def drop(self, row: int) -> None:
        """Forget a row; the last one takes its place."""
        rows, last = self._by_key(), self.size - 1
        rows.pop(int(self._all["key"][row]))
        if row != last:
            for column in self._all.values():
                column[row] = column[last]
            rows[int(self._all["key"][row])] = row
        self.size = last

    def open_trip(self, slot: int) -> None:
        """Make room for a trip: the bits from ``slot`` on move up by one."""
        for masks, low, one in self._masks(slot):
            masks[:] = (masks & low) | ((masks & ~low) << one)

    def close_trip(self, slot: int) -> None:
        """Take a trip out: the bits above ``slot`` move down by one."""
        for masks, low, one in self._masks(slot):
            masks[:] = (masks & low) | ((masks >> one) & ~low)

    def _masks(self, slot: int) -> Iterator[tuple[npt.NDArray[Any], Any, Any]]:
        """Each mask column with its bits below ``slot``, and one, in the column's own kind."""
        for masks in (self["mask"], self["promoted"]):
            kind = masks.dtype.type
            # Beyond the narrower mask nothing moves, and the number must fit its kind.
            low = (1 << min(slot, 8 * masks.itemsize)) - 1
            yield masks, kind(low), kind(1)

    def _by_key(self) -> dict[int, int]:
        if self._index is None:
            self._index = {key: row for row, key in enumerate(self["key"].tolist())}
        return self._index
