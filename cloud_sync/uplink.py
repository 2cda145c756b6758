"""Drains the outbox to the centre: in order, in batches, with a verdict on every event.

The supervisor runs it beside the store; it reads the outbox, and a sink such as `sinks.http` does the sending.

Consents and erasures go first, also past a long queue. An event that the centre refuses is
parked alone and the rest goes on; a stream on which the centre fails waits alone; a centre
that is away is tried again with growing waits, for ever.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from cloud_sync import deadlines, outbox
from cloud_sync.database import SyncDatabase
from cloud_sync.delivery import DeliveryVerdict, Sink
from cloud_sync.envelope import BATCH_LIMIT_BYTES, Record
from cloud_sync.errors import BatchRefused, CentralAway, CentralFailed
from cloud_sync.retry_delay import RetryDelay, attempts

# A withdrawal must reach the centre before anything that was made before it.
FIRST = ("consents", "erasures")

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkTiming:
    """How the uplink works. A batch of 500 small events takes the loop about 10 ms to read.

    ``poll_s``: how often to look without being told, and how long a failing stream waits.
    ``release_s``: how often parked records are offered anew, since the fault may have been the
    centre's or a proxy's, and mended by now.
    """

    batch_events: int = 500
    batch_bytes: int = BATCH_LIMIT_BYTES
    poll_s: float = 5.0
    release_s: float = 3600.0
    patience: RetryDelay = field(default_factory=RetryDelay)


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkState:
    """What the uplink did since it started.

    ``trouble``: why the centre as a whole is away, None while it is there. ``waiting``: the
    streams that it cannot take at present, each with the reason.
    """

    contacted_at: datetime | None = None
    trouble: str | None = None
    waiting: Mapping[str, str] = field(default_factory=dict[str, str])
    batches: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    damaged: int = 0


class Uplink:
    """The one sender of an outbox; run it once."""

    def __init__(
        self,
        database: SyncDatabase,
        sink: Sink,
        *,
        clock: Callable[[], datetime],
        pace: UplinkTiming | None = None,
    ) -> None:
        self._database = database
        self._sink = sink
        self._clock = clock
        self._pace = pace or UplinkTiming()
        self._work = asyncio.Event()
        self._drained = asyncio.Event()
        self._held: dict[str, float] = {}
        # Due at once: the restart may be what mends whatever had them parked.
        self._release_due = 0.0
        self._state = UplinkState()

    @property
    def state(self) -> UplinkState:
        """What was done so far."""
        return self._state

    def nudge(self) -> None:
        """Say that a record was just appended; it goes out at once if the centre is there."""
        self._work.set()

    async def wait_empty(self) -> None:
        """Wait until nothing is pending (parked records do not count)."""
        while self._database.read(outbox.lanes):
            self._drained.clear()
            self._work.set()
            await self._drained.wait()

    async def run(self) -> None:
        """Drain for ever."""
        while True:
            # Cleared before looking: what is appended meanwhile sets it again and is not missed.
            self._work.clear()
            await self._release_parked()
            async for attempt in attempts(self._pace.patience):
                with attempt:
                    await self._drain()
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._pace.poll_s):
                await self._work.wait()
        except TimeoutError:
            return

    async def _release_parked(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._release_due:
            self._release_due = now + self._pace.release_s
            if self._database.read(outbox.count_parked):
                await self._database.write(outbox.release)

    async def _drain(self) -> None:
        """Send batch after batch until nothing is left that may be sent.

        Raises:
            CentralAway: everything must wait; also when every stream was choked on.
        """
        delivered = False
        choked: CentralFailed | None = None
        try:
            while (stream := self._next_stream()) is not None:
                try:
                    await self._send_batch(stream)
                    delivered = True
                except CentralFailed as error:
                    choked = error
                    self._hold(stream, error.reason)
        except CentralAway as error:
            self._note_away(error.reason)
            if delivered and error.retry_after_s is None:
                # It was there a moment ago: the waits begin anew, with a try at once.
                self._work.set()
                return
            raise
        finally:
            # After a failure too: `wait_empty` looks for itself whether anything is left.
            self._drained.set()
        # Not one stream was served, so it is no fault of a stream; the wait for the centre replaces their own.
        if choked is not None and not delivered:
            self._held.clear()
            self._note_away(choked.reason)
            raise CentralAway(choked.reason) from choked

    def _next_stream(self) -> str | None:
        """Choose what goes next: the first lanes, then the stream with the oldest record."""
        now = asyncio.get_running_loop().time()
        self._held = {stream: until for stream, until in self._held.items() if until > now}
        waiting = [s for s in self._database.read(outbox.lanes) if s not in self._held]
        first = [stream for stream in FIRST if stream in waiting]
        return next(iter(first + waiting), None)

    def _hold(self, stream: str, reason: str) -> None:
        self._held[stream] = asyncio.get_running_loop().time() + self._pace.poll_s
        if stream not in self._state.waiting:
            _log.warning("stream waits", stream=stream, reason=reason)
        self._state = replace(self._state, waiting={**self._state.waiting, stream: reason})

    async def _send_batch(self, stream: str) -> None:
        pace = self._pace
        # Before each batch and not each drain: in a long queue a deadline may pass on the way.
        await self._drop_late()
        found = self._database.read(
            lambda conn: outbox.pending(
                conn, stream, limit_events=pace.batch_events, limit_bytes=pace.batch_bytes
            )
        )
        if found.damaged:
            await self._set_aside(found.damaged)
        parts: list[Sequence[Record]] = [found.records] if found.records else []
        while parts:
            part = parts.pop()
            try:
                outcomes = await self._sink.send(part, self._clock())
            except BatchRefused as refusal:
                # Down to the one event at fault: in a batch of 500 some nine halvings find it.
                if len(part) > 1:
                    parts += _halves(part)
                    continue
                outcomes = [_blame(part[0], refusal)]
            await self._settle(stream, part, outcomes)

    async def _settle(
        self, stream: str, sent: Sequence[Record], outcomes: Sequence[DeliveryVerdict]
    ) -> None:
        """Write down what became of a batch, all of it in one transaction."""
        # A receiver may speak of events that were not in this batch: that changes nothing.
        ids = {record.id for record in sent}
        known = [outcome for outcome in outcomes if outcome.id in ids]
        held = [o.id for o in known if o.verdict in {"accepted", "duplicate"}]
        refused = [o for o in known if o.verdict == "refused"]
        now = self._clock()
        if held or refused:
            await self._database.write(lambda conn: _write_down(conn, held, refused, now))
        self._count(stream, known, now)
        for outcome in refused:
            _log.error("event refused by the centre", stream=stream, reason=outcome.reason)
        # Some were neither taken nor refused: without a pause they would be sent again in a rush.
        if len(held) + len(refused) < len(ids):
            self._hold(stream, _first_reason(known))

    async def _drop_late(self) -> None:
        """What had to leave before now and did not never leaves: a message too late is worse than none."""
        now = self._clock()
        # A read first: most batches have nothing late, and an empty write would be synced all the same.
        if self._database.read(lambda conn: deadlines.is_any_past(conn, now)):
            late = await self._database.write(lambda conn: deadlines.drop_late(conn, now))
            if late:
                _log.warning("records dropped: too late", count=late)

    async def _set_aside(self, seqs: Sequence[int]) -> None:
        now = self._clock()
        await self._database.write(lambda conn: outbox.set_aside(conn, seqs, now))
        self._state = replace(self._state, damaged=self._state.damaged + len(seqs))
        _log.error("damaged records set aside", count=len(seqs))

    def _count(self, stream: str, outcomes: Sequence[DeliveryVerdict], now: datetime) -> None:
        verdicts = [outcome.verdict for outcome in outcomes]
        self._state = replace(
            self._state,
            contacted_at=now,
            trouble=None,
            waiting={s: why for s, why in self._state.waiting.items() if s != stream},
            batches=self._state.batches + 1,
            accepted=self._state.accepted + verdicts.count("accepted"),
            duplicates=self._state.duplicates + verdicts.count("duplicate"),
            refused=self._state.refused + verdicts.count("refused"),
        )

    def _note_away(self, reason: str) -> None:
        # Said once an absence, and not at every try.
        if self._state.trouble is None:
            _log.warning("centre is away", reason=reason)
        self._state = replace(self._state, trouble=reason)


def _write_down(
    conn: sqlite3.Connection,
    held: Sequence[str],
    refused: Sequence[DeliveryVerdict],
    now: datetime,
) -> None:
    outbox.confirm(conn, held, now)
    for outcome in refused:
        outbox.park(conn, outcome.id, outcome.reason or "refused")


def _halves(part: Sequence[Record]) -> tuple[Sequence[Record], Sequence[Record]]:
    """Split a batch so that the earlier half is the next to be taken from the end."""
    middle = len(part) // 2
    return part[middle:], part[:middle]


def _blame(record: Record, refusal: BatchRefused) -> DeliveryVerdict:
    return DeliveryVerdict(
        id=record.id, verdict="refused", reason=f"{refusal.status} {refusal.reason}"
    )


def _first_reason(outcomes: Sequence[DeliveryVerdict]) -> str:
    reasons = (o.reason for o in outcomes if o.verdict == "later" and o.reason)
    return next(reasons, "no verdict on some events")
