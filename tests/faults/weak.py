"""A service broken on purpose, or on a bad disk: ``python -m tests.faults.weak WEAKNESS run --config FILE``.

``acks-first`` answers before the disk has the event; ``unsynced`` writes without waiting for the disk: a
campaign that finds nothing wrong with these would prove nothing about the real service. ``stalls`` is the real
service on a disk that holds its breath now and then, as worn ones do.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar, cast

from edge.__main__ import main
from edge.storage import connection
from edge.storage.change_set import save
from edge.storage.database import Database
from edge.storage.writer import WriteJob, Writer

T = TypeVar("T")

ACKS_FIRST = ("-m", "tests.faults.weak", "acks-first")
UNSYNCED = ("-m", "tests.faults.weak", "unsynced")
STALLS = ("-m", "tests.faults.weak", "stalls")

# Long enough for devices to repeat what they have no receipt for; one write in so many.
_STALL_S = 0.8
_ONE_IN = 25


def acks_first() -> None:
    """Resolve a signal's future when its work is queued instead of when it is synced."""
    honest = Database.submit

    def submit(
        self: Database, work: Callable[[sqlite3.Connection], T], *, essential: bool = False
    ) -> asyncio.Future[T]:
        written = honest(self, work, essential=essential)
        if not isinstance(work, partial) or work.func is not save:
            return written
        written.add_done_callback(lambda done: done.exception())
        early: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        early.set_result(cast("T", True))
        return early

    Database.submit = submit  # type: ignore[method-assign]  # the very thing that is tried here


def unsynced() -> None:
    """Let SQLite acknowledge commits that only the system's memory has."""
    pragmas = connection._PRAGMAS  # noqa: SLF001 - a weakness is made from inside
    connection._PRAGMAS = tuple(p.replace("= FULL", "= NORMAL") for p in pragmas)  # type: ignore[assignment]  # noqa: SLF001 - weakened on purpose


def stalls() -> None:
    """Let one write in a few take so long that devices lose patience."""
    prompt = Writer._write  # noqa: SLF001 - the disk is made bad from inside
    count = itertools.count(1)

    def write(self: Writer, group: Sequence[WriteJob[object]]) -> None:
        if next(count) % _ONE_IN == 0:
            time.sleep(_STALL_S)
        prompt(self, group)

    Writer._write = write  # type: ignore[method-assign]  # noqa: SLF001 - see above


if __name__ == "__main__":
    {"acks-first": acks_first, "unsynced": unsynced, "stalls": stalls}[sys.argv[1]]()
    sys.argv = ["storeside", *sys.argv[2:]]
    main()
