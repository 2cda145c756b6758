"""The store's own database, waited for at every write: what follows must not hang on how fast a thread is.

``store`` opens it in place of ``storage.database``.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from edge.storage.connection import open_connection
from edge.storage.database import Database
from edge.storage.writer import WriteJob

T = TypeVar("T")


class SynchronousDatabase(Database):
    """The same file, tables and writer; only that a write is on disk before ``submit`` returns.

    Whoever waits for it is told in the loop's next round, in the order of submission.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, connect=_unsynced)
        self._done: SimpleQueue[Sequence[WriteJob[object]]] = SimpleQueue()

    def _submit(
        self, work: Callable[[sqlite3.Connection], T], *, essential: bool, alone: bool
    ) -> asyncio.Future[T]:
        before = self.backlog
        future = super()._submit(work, essential=essential, alone=alone)
        # After the database has failed nothing is queued: the answer is there already.
        if self.backlog > before:
            self._loop.call_soon(self._answer, self._done.get())
        return future

    def _answer_soon(self, jobs: Sequence[WriteJob[object]]) -> None:
        self._done.put(jobs)


def _unsynced(path: Path) -> sqlite3.Connection:
    """A simulation proves what is decided and counted, not that a disk keeps it: nothing is synced."""
    conn = open_connection(path)
    conn.execute("PRAGMA synchronous = OFF")
    return conn
