"""One SQLite file, written by one thread and read in the loop.

`edge.app.bootstrap` opens it first and closes it last; everything in between is handed it. A write's future resolves
only after the sync, so whoever awaits it may acknowledge. When a sync fails nobody can say what is on disk: everything
that waits fails, nothing is written any more, and the process must end and start again from the file
(`StorageFailed`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from edge.domain.errors import StorageFailed
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.disk_space import FreeSpace
from edge.storage.errors import StorageFull
from edge.storage.writer import Space, WriteJob, Writer

__all__ = ["Database", "open_connection", "transaction"]

T = TypeVar("T")

# A checkpoint waits this long for readers of another process; writes wait behind it.
_CHECKPOINT_WAIT_MS = 2_000


class Database:
    """The store's file, open inside ``async with``; leaving it writes what was submitted."""

    def __init__(
        self,
        path: Path,
        *,
        on_failure: Callable[[StorageFailed], None] | None = None,
        connect: Callable[[Path], sqlite3.Connection] = open_connection,
        space: Space | None = None,
    ) -> None:
        """Nothing is opened here.

        Args:
            path: The file; made with its tables if it is not there. The folder must be.
            on_failure: Called in the loop, once, when the disk did not take a write.
            connect: How the writing connection is opened.
            space: The guard asked before writing; by default the disk's free space.
        """
        self._path = path
        self._on_failure = on_failure
        self._connect = connect
        self._space = space or FreeSpace(path.parent)
        # Twice the room: what was submitted before the warning still fits.
        self._early = space or FreeSpace(path.parent, margin=2)
        # Counted in the loop alone, at both ends, so that it needs no lock.
        self._backlog = 0
        # Before it is open, and again once it is closed, every write is refused.
        self._failure: StorageFailed | None = StorageFailed("the database is not open")
        self._loop: asyncio.AbstractEventLoop
        self._reader: sqlite3.Connection
        self._writer: Writer

    async def __aenter__(self) -> Self:
        """Open the file and bring its tables up to date.

        Raises:
            StorageFailed: The file cannot be opened or is no database.
        """
        self._loop = asyncio.get_running_loop()
        try:
            # Aside from the loop: a migration may take its time.
            conn = await asyncio.to_thread(self._connect, self._path)
            # After the writer's: only that one makes the file and its tables.
            self._reader = open_reader(self._path)
        except sqlite3.Error as error:
            raise StorageFailed(
                f"cannot open {self._path.name}: {error}",
                hint="check the data folder's owner and disk, or restore the file",
            ) from error
        self._writer = Writer(conn, self._space, self._answer_soon, self._fail_soon)
        self._writer.start()
        self._failure = None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Refused from here on, and only then drained: nothing may be queued behind the writer's end.
        self._failure = self._failure or StorageFailed("the database is closed")
        await asyncio.to_thread(self._writer.stop)
        self._reader.close()

    @property
    def backlog(self) -> int:
        """Works submitted and not yet answered."""
        return self._backlog

    @property
    def shortage(self) -> StorageFull | None:
        """Why only essential work should be submitted now, if the disk is nearly full.

        Said while there is still room for what was submitted before.
        """
        return self._early.shortage()

    def submit(
        self, work: Callable[[sqlite3.Connection], T], *, essential: bool = False
    ) -> asyncio.Future[T]:
        """Queue ``work`` for the next group; works run in the order of their submission.

        Args:
            work: Runs on the writer's thread in a savepoint of its own, inside the group's transaction.
            essential: Goes through on a nearly full disk too: erasures, withdrawals, sweeps.

        Returns:
            Resolves after the sync with the work's result or what it raised; with `StorageFull` or
            `StorageFailed` nothing of it was written. Cancelling it does not undo the work.
        """
        return self._submit(work, essential=essential, alone=False)

    async def write(
        self, work: Callable[[sqlite3.Connection], T], *, essential: bool = False
    ) -> T:
        """Run ``work`` as `submit` does, and wait until it is on disk."""
        return await self.submit(work, essential=essential)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the quick, read-only ``work`` now, in the loop, on one consistent state of what is on disk."""
        # One state for all statements of the work: a write in between would show half of it.
        self._reader.execute("BEGIN")
        try:
            return work(self._reader)
        finally:
            # Also after an error: a read left open would keep the log from being emptied.
            self._reader.execute("COMMIT")

    async def read_aside(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` aside from the loop, on one consistent state of what is on disk: for what takes long."""

        def look() -> T:
            # A connection of its own: the loop's reader may only be used by the loop.
            with closing(open_reader(self._path)) as conn:
                # Never committed: it has only read, and closing ends it.
                conn.execute("BEGIN")
                return work(conn)

        return await asyncio.to_thread(look)

    async def checkpoint(self) -> bool:
        """Move the log into the file and empty it, so that erased bytes are gone from both.

        Returns:
            Whether it was done to the end; False when another process was reading: try again later.
        """
        return await self._submit(_checkpoint, essential=True, alone=True)

    def _submit(
        self, work: Callable[[sqlite3.Connection], T], *, essential: bool, alone: bool
    ) -> asyncio.Future[T]:
        if self._failure is not None:
            # As a future like every other outcome: whoever submits without waiting is not thrown at.
            failed = asyncio.get_running_loop().create_future()
            failed.set_exception(self._failure)
            return failed
        future: asyncio.Future[T] = self._loop.create_future()
        self._backlog += 1
        job: WriteJob[T] = WriteJob(work, future, essential=essential, alone=alone)
        self._writer.put(job)
        return future

    def _answer_soon(self, jobs: Sequence[WriteJob[object]]) -> None:
        # Futures belong to the loop; the writer's thread may only ask it.
        self._loop.call_soon_threadsafe(self._answer, jobs)

    def _answer(self, jobs: Sequence[WriteJob[object]]) -> None:
        self._backlog -= len(jobs)
        for job in jobs:
            job.resolve()

    def _fail_soon(self, failure: StorageFailed) -> None:
        self._loop.call_soon_threadsafe(self._fail, failure)

    def _fail(self, failure: StorageFailed) -> None:
        self._failure = failure
        if self._on_failure is not None:
            self._on_failure(failure)


def _checkpoint(conn: sqlite3.Connection) -> bool:
    before = conn.execute("PRAGMA busy_timeout").fetchone()[0]
    # The usual patience of a minute would hold all writes up behind one slow reader.
    conn.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_WAIT_MS}")
    try:
        # TRUNCATE: erased bytes stay in the log until it is cut to nothing.
        busy: int = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        conn.execute(f"PRAGMA busy_timeout = {before}")
    return busy == 0
