"""How much room the disk has left, asked once a second at most.

The writer asks before each group of writes and the database before it takes work; the doctor tells an operator.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from edge.storage.errors import StorageFull

# Writing stops below 5 % free, on a large disk below 64 MiB: a full group and its log fit well within.
_FLOOR_SHARE = 0.05
_FLOOR_MAX_BYTES = 64 * 2**20

# A system call before every group costs more than it tells: what fills up sooner than this ends as SQLITE_FULL.
_ASK_EVERY_S = 1.0


def disk(folder: Path) -> tuple[int, int]:
    """Bytes of the disk under ``folder``: all, and free for this user."""
    usage = shutil.disk_usage(folder)
    return usage.total, usage.free


class FreeSpace:
    """The guard before every write: it stops acknowledging before the disk does."""

    def __init__(
        self,
        folder: Path,
        *,
        measure: Callable[[Path], tuple[int, int]] = disk,
        seconds: Callable[[], float] = time.monotonic,
        margin: int = 1,
    ) -> None:
        """``margin``: whoever must stop before others do asks for so many times the room."""
        self._folder = folder
        self._margin = margin
        self._measure = measure
        self._seconds = seconds
        # Long ago, so that the first question looks at the disk.
        self._asked_at = float("-inf")
        self._shortage: StorageFull | None = None

    def shortage(self) -> StorageFull | None:
        """Why nothing may be written now, or None."""
        if self._seconds() - self._asked_at >= _ASK_EVERY_S:
            self._asked_at = self._seconds()
            total, free = self._measure(self._folder)
            floor = self._margin * int(min(total * _FLOOR_SHARE, _FLOOR_MAX_BYTES))
            short = free < floor
            self._shortage = StorageFull(free_bytes=free, floor_bytes=floor) if short else None
        return self._shortage
