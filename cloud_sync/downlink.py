"""Brings changes down from the centre and applies them, each page with its cursor in one write.

The supervisor runs it beside the store; a source such as `sources.http` fetches, handlers of the store apply.

Consents and erasures come before everything else, so that nothing is applied for a person who
has withdrawn. A stream whose changes cannot be applied fails alone; a centre that is away
leaves the store with what it has.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import structlog

from cloud_sync import cursors
from cloud_sync.database import SyncDatabase
from cloud_sync.errors import CentralAway, CentralFailed, ChangeRefused
from cloud_sync.retry_delay import RetryDelay, attempts
from cloud_sync.stream_freshness import StreamFreshness, freshness

ORDER = (
    "consents",
    "erasures",
    "customers",
    "products",
    "stock",
    "campaigns",
    "offers",
    "promotions",
    "triggers",
    "policies",
    "models",
)

# Without these nothing else may be applied: somebody in it may have withdrawn.
GATE = frozenset({"consents", "erasures"})

# A contact without news is written down this often, to spare the disk a sync a second.
CONTACT_EVERY_S = 15.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChange:
    """The newest state of one key of a stream; ``version`` grows with every change made."""

    stream: str
    key: str
    op: Literal["upsert", "delete"]
    version: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPage:
    """Changes in the order of their versions, and the cursor to ask from next."""

    changes: tuple[StreamChange, ...]
    cursor: int
    more: bool


class Source(Protocol):
    """Where changes come from. Both calls may raise `CentralAway`."""

    async def changes(self, streams: Sequence[str], cursor: int, limit: int) -> StreamPage:
        """Fetch at most ``limit`` changes with versions above ``cursor``."""
        ...

    async def wait(self, streams: Sequence[str], cursor: int, wait_s: float) -> None:
        """Return when there is a change above ``cursor``, at the latest after ``wait_s``."""
        ...


Handler = Callable[[sqlite3.Connection, Sequence[StreamChange]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownlinkTiming:
    """How the downlink works.

    ``wait_s``: how long one question may stay open at the centre (0: ask and go).
    ``interval_s``: the pause after a round, also when the next question would stay open, so
    that a centre with much news is asked for pages and not for single changes.
    """

    page_changes: int = 500
    wait_s: float = 20.0
    interval_s: float = 0.5
    patience: RetryDelay = field(default_factory=RetryDelay)


class Downlink:
    """The one applier of changes; run it once.

    ``handlers`` name the streams that are wanted. A handler runs inside the transaction; it
    must be idempotent, and raises `ChangeRefused` or another ValueError for what it cannot
    take (an IntegrityError counts as the same). ``on_applied`` gets the stream and the keys,
    in the loop, after they are on disk.
    """

    def __init__(
        self,
        database: SyncDatabase,
        source: Source,
        handlers: Mapping[str, Handler],
        *,
        clock: Callable[[], datetime],
        on_applied: Callable[[str, Sequence[str]], None] = lambda _stream, _keys: None,
        rhythm: DownlinkTiming | None = None,
    ) -> None:
        self._database = database
        self._source = source
        self._handlers = handlers
        self._clock = clock
        self._on_applied = on_applied
        self._rhythm = rhythm or DownlinkTiming()
        self._streams = _in_order(handlers)
        self._contact_due = 0.0
        self._trouble: str | None = None
        self.ready = asyncio.Event()

    @property
    def trouble(self) -> str | None:
        """Why the centre cannot be heard; None while it can."""
        return self._trouble

    def freshness(self) -> tuple[StreamFreshness, ...]:
        """Measure how old each stream is here."""
        now = self._clock()
        return self._database.read(lambda conn: freshness(conn, self._streams, now))

    async def run(self) -> None:
        """Stay level with the centre for ever; ``ready`` is set after the first full round."""
        while True:
            async for attempt in attempts(self._rhythm.patience):
                with attempt:
                    await self._round()

    async def _round(self) -> None:
        try:
            level = await self._catch_up_all()
            await self._note_contact(level)
            self._trouble = None
            if len(level) == len(self._streams):
                self.ready.set()
            # From the stream that is furthest behind: its news must end the wait as well.
            await self._listen(min(level.values(), default=0))
        except CentralAway as error:
            # Said once an absence, and not at every try.
            if self._trouble is None:
                _log.warning("centre is away", reason=error.reason)
            self._trouble = error.reason
            raise

    async def _listen(self, seen: int) -> None:
        await asyncio.sleep(self._rhythm.interval_s)
        if self._rhythm.wait_s:
            try:
                await self._source.wait(self._streams, seen, self._rhythm.wait_s)
            except CentralFailed as error:
                # The question is about all streams at once, so no single one of them can wait alone.
                raise CentralAway(error.reason) from error

    async def _catch_up_all(self) -> dict[str, int]:
        """Bring the streams level in their order; returns how far each has come.

        Without consents and erasures nothing else is taken. Any other stream that the
        centre cannot serve is left out of this round.
        """
        level: dict[str, int] = {}
        for stream in self._streams:
            try:
                level[stream] = await self._catch_up(stream)
            except CentralFailed as error:
                # Nothing may be applied past the gate, and beside a single stream there is nothing to go on with.
                if stream in GATE or len(self._streams) == 1:
                    raise CentralAway(error.reason) from error
                _log.warning("stream waits", stream=stream, reason=error.reason)
        return level

    async def _catch_up(self, stream: str) -> int:
        """Apply page after page until the stream is level with the centre."""
        cursor = self._database.read(lambda conn: cursors.get(conn, stream)).version
        more = True
        while more:
            page = await self._source.changes([stream], cursor, self._rhythm.page_changes)
            if page.cursor < cursor:
                # The centre is younger than what was applied here: it was restored or
                # replaced. Read it from its beginning; handlers are idempotent.
                _log.warning("centre starts anew", stream=stream)
                cursor = 0
                continue
            # Also without changes: at the end the cursor covers streams that were not asked for.
            if page.cursor > cursor:
                await self._apply(stream, page.changes, page.cursor)
            cursor, more = page.cursor, page.more
        return cursor

    async def _note_contact(self, streams: Collection[str]) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._contact_due:
            await self._database.write(lambda conn: cursors.touch(conn, streams, self._clock()))
            self._contact_due = now + CONTACT_EVERY_S

    async def _apply(self, stream: str, changes: Sequence[StreamChange], cursor: int) -> None:
        """Apply changes and move the cursor in one write; halve what a handler refuses."""
        try:
            await self._database.write(
                lambda conn: self._apply_in(conn, stream, changes, cursor)
            )
        except (ValueError, sqlite3.IntegrityError) as error:
            # Only these are a change's fault; trouble with the disk passes through.
            if len(changes) > 1:
                middle = len(changes) // 2
                early, late = changes[:middle], changes[middle:]
                # The early half ends at its own last version: the page's cursor would skip the late half after a crash.
                await self._apply(stream, early, early[-1].version)
                await self._apply(stream, late, cursor)
                return
            # There is no change to blame, so the fault is ours.
            if not changes:
                raise
            await self._refuse(stream, changes[0], cursor, error)
            return
        if changes:
            self._on_applied(stream, [change.key for change in changes])

    def _apply_in(
        self,
        conn: sqlite3.Connection,
        stream: str,
        changes: Sequence[StreamChange],
        cursor: int,
    ) -> None:
        if changes:
            self._handlers[stream](conn, changes)
            cursors.clear_refused(conn, stream, [change.key for change in changes])
        cursors.advance(conn, stream, cursor, self._clock())

    async def _refuse(
        self, stream: str, change: StreamChange, cursor: int, error: Exception
    ) -> None:
        now = self._clock()

        def write_down(conn: sqlite3.Connection) -> None:
            cursors.refuse(conn, stream, change.key, change.version, now)
            cursors.advance(conn, stream, cursor, now)

        await self._database.write(write_down)
        # A handler's refusal is in our own words; the text of any other error may repeat what was sent.
        reason = str(error) if isinstance(error, ChangeRefused) else type(error).__name__
        _log.error("change refused", stream=stream, version=change.version, reason=reason)


def _in_order(streams: Mapping[str, Handler]) -> tuple[str, ...]:
    rank = {stream: place for place, stream in enumerate(ORDER)}
    return tuple(sorted(streams, key=lambda stream: (rank.get(stream, len(ORDER)), stream)))
