"""What the centre keeps: each event once, and the newest state of everything it sends down.

The server calls it for every request and answers only when a call has returned; its SQL stands in `tables`.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from cloud_sync.envelope import rfc3339
from cloud_sync.hub import tables
from cloud_sync.hub.messages import CentralEvent, ChangeIn
from cloud_sync.hub.tables import Fate

T = TypeVar("T")

# A page of changes ends at the first change past this size, whatever its limit says.
PAGE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """Changes as JSON objects, and the cursor to ask from next.

    At the end (``more`` false) the cursor is the newest version of all, also of streams
    that were not asked for: nothing up to there was missed.
    """

    changes: tuple[tables.ChangeRow, ...]
    cursor: int
    more: bool

    def to_json(self) -> bytes:
        """Write the page; bodies are JSON already and are taken as they are."""
        changes = b",".join(
            b'{"stream":%b,"key":%b,"op":"%b","version":%d,"body":%b}'
            % (_quote(stream), _quote(key), op.encode(), version, body)
            for version, stream, key, op, body in self.changes
        )
        more = b"true" if self.more else b"false"
        return b'{"changes":[%b],"cursor":%d,"more":%b}' % (changes, self.cursor, more)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubStats:
    """What has come in: ``raw`` = ``events`` + ``duplicates`` + ``refused``."""

    events: int
    raw: int
    duplicates: int
    refused: int
    by_type: dict[str, int]


class CentralStore(Protocol):
    """The hub's memory. What a call returns is on disk. ``store`` None: of all stores."""

    async def take(
        self, store: str, events: Sequence[CentralEvent], refused: int
    ) -> list[Fate]:
        """Keep each event whose id is new, and count those refused beside them."""
        ...

    async def publish(self, changes: Sequence[ChangeIn]) -> int:
        """Make these the newest states of their keys; returns the newest version."""
        ...

    async def changes(
        self, store: str, streams: Sequence[str], cursor: int, limit: int
    ) -> ChangePage:
        """Read what changed for a store after ``cursor``."""
        ...

    async def stats(self, store: str | None) -> HubStats:
        """Count what has come in."""
        ...

    async def ids(self, store: str | None, after: int, limit: int) -> list[tuple[int, str]]:
        """List kept events by arrival: place and id."""
        ...


class SqliteStore:
    """The hub's memory in one SQLite file, on one thread, synced before any answer."""

    def __init__(self, file: Path, *, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        # One thread: the order of requests is the order of commits, and no two writers meet.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub-store")
        self._conn: sqlite3.Connection

    async def __aenter__(self) -> Self:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._conn.close)
        self._thread.shutdown()

    async def take(
        self, store: str, events: Sequence[CentralEvent], refused: int
    ) -> list[Fate]:
        """Keep each event whose id is new, and count those refused beside them."""
        at = rfc3339(self._clock())

        def work(conn: sqlite3.Connection) -> list[Fate]:
            if refused:
                tables.count_refused(conn, store, refused)
            return tables.take(conn, store, events, at)

        return await self._run(work)

    async def publish(self, changes: Sequence[ChangeIn]) -> int:
        """Make these the newest states of their keys; returns the newest version."""
        at = rfc3339(self._clock())

        def work(conn: sqlite3.Connection) -> int:
            tables.publish(conn, changes, at)
            return tables.head(conn)

        return await self._run(work)

    async def changes(
        self, store: str, streams: Sequence[str], cursor: int, limit: int
    ) -> ChangePage:
        """Read what changed for a store after ``cursor``."""

        def work(conn: sqlite3.Connection) -> ChangePage:
            # One more than asked for: it tells whether there is more.
            rows = tables.read_changes(conn, store, streams, cursor, limit + 1)
            page = _fit(rows, limit)
            if len(page) == len(rows):
                return ChangePage(changes=page, cursor=tables.head(conn), more=False)
            return ChangePage(changes=page, cursor=page[-1][0], more=True)

        return await self._run(work)

    async def stats(self, store: str | None) -> HubStats:
        """Count what has come in."""

        def work(conn: sqlite3.Connection) -> HubStats:
            by_type = tables.totals(conn, store)
            raw, duplicates, refused = tables.received(conn, store)
            return HubStats(
                events=sum(by_type.values()),
                raw=raw,
                duplicates=duplicates,
                refused=refused,
                by_type=by_type,
            )

        return await self._run(work)

    async def ids(self, store: str | None, after: int, limit: int) -> list[tuple[int, str]]:
        """List kept events by arrival: place and id."""
        return await self._run(lambda conn: tables.ids(conn, store, after, limit))

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in one transaction on the store's thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._commit, work
        )

    def _commit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._conn:
            self._conn.execute("BEGIN IMMEDIATE")
            # Whether this work erased anybody, be it by an event from below or a change from above.
            before = tables.count_erased(self._conn)
            result = work(self._conn)
            erased = tables.count_erased(self._conn) > before
        if erased:
            # Erased bytes stay in the write-ahead log until it is cut to nothing.
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return result

    def _open(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # Made by us first: SQLite would let others on this machine read it.
        self._file.touch(mode=0o600)
        self._conn = sqlite3.connect(self._file, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._conn.execute(f"PRAGMA {pragma}")
        self._conn.executescript(tables.SCHEMA)


def _fit(rows: Sequence[tables.ChangeRow], limit: int) -> tuple[tables.ChangeRow, ...]:
    """Take as many rows as one page may hold; at least one, so that a reader gets on."""
    size = 0
    for count, row in enumerate(rows):
        size += len(row[4])
        if count and (count == limit or size > PAGE_BYTES):
            return tuple(rows[:count])
    return tuple(rows)


def _quote(text: str) -> bytes:
    return json.dumps(text).encode()
