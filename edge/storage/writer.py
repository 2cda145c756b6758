"""The writer thread: takes everything that waits, writes it as one transaction, syncs once, then answers.

`edge.storage.database` owns it and hands it jobs. There is no linger: while one group syncs the next one gathers. Each
work has a savepoint of its own, so a work that raises fails alone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from edge.domain.errors import StorageFailed
from edge.storage.errors import StorageFull

T_co = TypeVar("T_co", covariant=True)

# So many works share one sync at most: the first of them must not wait for ever.
GROUP_MAX = 512

# After these the file itself is in doubt; any other error belongs to the one work that met it.
_IN_DOUBT = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)


class Space(Protocol):
    """Tells how the disk stands."""

    def shortage(self) -> StorageFull | None:
        """Why nothing may be written now, if there is a reason."""
        ...


class WriteJob(Generic[T_co]):
    """One piece of work and the future that waits for it.

    ``essential`` work is done on a full disk too: it makes room or takes data away. ``alone`` work runs
    outside any transaction.
    """

    def __init__(
        self,
        work: Callable[[sqlite3.Connection], T_co],
        future: asyncio.Future[T_co],
        *,
        essential: bool = False,
        alone: bool = False,
    ) -> None:
        self.essential = essential
        self.alone = alone
        self._work = work
        self._future = future
        self._result: list[T_co] = []
        self._error: BaseException | None = None

    def run(self, conn: sqlite3.Connection) -> None:
        """Do the work; what it raises is kept for the future. Writer's thread."""
        try:
            self._result = [self._work(conn)]
        except Exception as error:  # noqa: BLE001 - it is the submitter's: raised again where they await
            self._error = error

    def fail(self, error: BaseException) -> None:
        """Whatever the work did will not stay. Writer's thread."""
        self._error = error

    @property
    def error(self) -> BaseException | None:
        """Why the work's outcome will be an exception."""
        return self._error

    def resolve(self) -> None:
        """Give the outcome to whoever waits. Loop's thread."""
        if self._future.done():
            return
        if self._error is not None:
            self._future.set_exception(self._error)
        else:
            self._future.set_result(self._result[0])


class Writer:
    """Owns the one writing connection, on a thread of its own."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        space: Space,
        answer: Callable[[Sequence[WriteJob[object]]], None],
        fail: Callable[[StorageFailed], None],
    ) -> None:
        """Nothing starts here.

        Args:
            conn: The connection; closed by the thread when it ends.
            space: Asked before every group.
            answer: Called on the writer's thread with every group once it is synced or given up.
            fail: Called on the writer's thread, once, when the file is in doubt.
        """
        self._conn = conn
        self._space = space
        self._answer = answer
        self._fail = fail
        self._queue: SimpleQueue[WriteJob[object] | None] = SimpleQueue()
        self._failure: StorageFailed | None = None
        self._thread = threading.Thread(target=self._run, name="storage", daemon=True)

    def start(self) -> None:
        """Begin to take work."""
        self._thread.start()

    def put(self, job: WriteJob[object]) -> None:
        """Queue ``job``; jobs are done in the order of this call."""
        self._queue.put(job)

    def stop(self) -> None:
        """Finish what is queued, then end; blocks until then."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            jobs, going = self._gather()
            if self._failure is None:
                self._do(jobs)
            else:
                _give_up(jobs, self._failure)
            if jobs:
                self._answer(jobs)
        self._conn.close()

    def _gather(self) -> tuple[list[WriteJob[object]], bool]:
        """All that waits, up to a full group or a job that must run alone; False when no more will come."""
        jobs = list[WriteJob[object]]()
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if job.alone or len(jobs) == GROUP_MAX:
                return jobs, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, True
        return jobs, False

    def _do(self, jobs: Sequence[WriteJob[object]]) -> None:
        shortage = self._space.shortage()
        if shortage is not None:
            _give_up([job for job in jobs if not job.essential], shortage)
        group = [job for job in jobs if job.error is None and not job.alone]
        try:
            if group:
                self._write(group)
            # A job that runs alone is the last of its jobs, see `_gather`: the order of submission holds.
            for job in jobs:
                if job.alone:
                    job.run(self._conn)
                    _check(job.error, self._conn, in_transaction=False)
        except sqlite3.Error as error:
            self._stop_for_good(jobs, error)

    def _write(self, group: Sequence[WriteJob[object]]) -> None:
        """One transaction for the whole group. A full disk undoes it and is not the end."""
        try:
            # Immediate: a command's lock is waited for here, before any work has run.
            self._conn.execute("BEGIN IMMEDIATE")
            for job in group:
                self._conn.execute("SAVEPOINT work")
                job.run(self._conn)
                if job.error is not None:
                    _check(job.error, self._conn, in_transaction=True)
                    self._conn.execute("ROLLBACK TO work")
                # Rolling back leaves the savepoint standing: it is released in either case.
                self._conn.execute("RELEASE work")
            self._conn.execute("COMMIT")
        except sqlite3.Error as error:
            # A full disk is not a broken one: the group is undone, and its senders come again.
            if _primary(error) != sqlite3.SQLITE_FULL:
                raise
            # SQLite may have rolled back by itself.
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            # The disk may have room by its own word, as under a quota: then there are no figures to tell.
            _give_up(group, self._space.shortage() or StorageFull(free_bytes=0, floor_bytes=0))

    def _stop_for_good(self, jobs: Sequence[WriteJob[object]], error: sqlite3.Error) -> None:
        failure = StorageFailed(
            f"the disk did not take a write: {error}",
            hint="check the disk; the service starts again from what is on it",
        )
        # Set by hand, because it is raised later and in the loop, where the cause would be lost.
        failure.__cause__ = error
        self._failure = failure
        _give_up(jobs, failure)
        self._fail(failure)


def _check(
    error: BaseException | None, conn: sqlite3.Connection, *, in_transaction: bool
) -> None:
    """Raise ``error`` again where it concerns more than the one work that met it."""
    if isinstance(error, sqlite3.Error) and (
        # A work that ended the group's transaction has taken the writes of all others along.
        conn.in_transaction is not in_transaction
        or _primary(error) in _IN_DOUBT
        or _primary(error) == sqlite3.SQLITE_FULL
    ):
        raise error


def _primary(error: sqlite3.Error) -> int:
    """SQLite's main result code; 0 for what Python's own wrapper raises."""
    # Extended codes carry the main one in their lowest byte.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _give_up(jobs: Sequence[WriteJob[object]], error: BaseException) -> None:
    for job in jobs:
        job.fail(error)
