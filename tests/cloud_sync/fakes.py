"""Stand-ins that behave: a database without a thread, a sink and a centre with faults."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from cloud_sync.delivery import DeliveryVerdict
from cloud_sync.downlink import StreamChange, StreamPage
from cloud_sync.envelope import Record
from tests.cloud_sync.builders import NOW, open_database

T = TypeVar("T")


class InlineDatabase:
    """The Database port on one in-memory connection; counts its writes."""

    def __init__(self) -> None:
        self.conn = open_database()
        self.writes = 0

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.writes += 1
        with self.conn:
            self.conn.execute("BEGIN IMMEDIATE")
            return work(self.conn)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return work(self.conn)


class RecordingSink:
    """Takes each id once, in the order of arrival, unless `faults` has an error first."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.batches: list[list[str]] = []
        self.faults: list[Exception | None] = []
        self.judge: Callable[[Record], DeliveryVerdict] = self._keep

    async def send(
        self, records: Sequence[Record], sent_at: datetime
    ) -> Sequence[DeliveryVerdict]:
        await asyncio.sleep(0)
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        self.batches.append([record.id for record in records])
        return [self.judge(record) for record in records]

    def _keep(self, record: Record) -> DeliveryVerdict:
        if record.id in self.kept:
            return DeliveryVerdict(id=record.id, verdict="duplicate")
        self.kept.append(record.id)
        return DeliveryVerdict(id=record.id, verdict="accepted")


class ListSource:
    """A centre made of a list of changes; `faults` come before answers."""

    def __init__(self, changes: Sequence[StreamChange] = ()) -> None:
        self.log = list(changes)
        self.asked: list[str] = []
        self.waits = 0
        self.faults: dict[str, list[Exception]] = {}

    async def changes(self, streams: Sequence[str], cursor: int, limit: int) -> StreamPage:
        self.asked.extend(streams)
        for stream in streams:
            if self.faults.get(stream):
                raise self.faults[stream].pop(0)
        newer = [c for c in self.log if c.stream in streams and c.version > cursor]
        if len(newer) > limit:
            page = tuple(newer[:limit])
            return StreamPage(changes=page, cursor=page[-1].version, more=True)
        head = max((change.version for change in self.log), default=0)
        return StreamPage(changes=tuple(newer), cursor=head, more=False)

    async def wait(self, streams: Sequence[str], cursor: int, wait_s: float) -> None:
        self.waits += 1


def fixed_clock() -> datetime:
    return NOW


def ids_of(body: bytes) -> list[str]:
    return [event["id"] for event in json.loads(body)["batch"]]
