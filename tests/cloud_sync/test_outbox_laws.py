"""Laws of the queue over any history of calls."""

import sqlite3
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloud_sync import outbox
from cloud_sync.envelope import Record
from tests.cloud_sync.builders import (
    NOW,
    fresh,
    make_record,
    make_records,
    open_database,
    pending_bytes,
    pending_ids,
)


@given(count=st.integers(0, 12), prefix=st.integers(0, 12))
def test_confirming_a_prefix_leaves_the_rest_in_order(count: int, prefix: int) -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(count))
        ids = pending_ids(conn)
        outbox.confirm(conn, ids[:prefix], NOW)
        assert pending_ids(conn) == ids[prefix:]


@given(st.lists(st.sampled_from(["c-a", "c-b", None]), max_size=12))
def test_forgetting_one_person_leaves_the_others_alone(people: list[str | None]) -> None:
    with fresh() as conn:
        records = [make_record(n, subject=token) for n, token in enumerate(people)]
        outbox.append(conn, records)
        outbox.forget(conn, "c-a")
        kept = tuple(record for record in records if record.subject != "c-a")
        assert outbox.pending(conn, "sales").records == kept


class QueueHistory(RuleBasedStateMachine):
    """Any order of appends, verdicts, sheds, sweeps and erasures, beside a plain model."""

    def __init__(self) -> None:
        super().__init__()
        self.conn: sqlite3.Connection = open_database()
        self.waiting: list[Record] = []
        self.number = 0

    @rule(
        stream=st.sampled_from(["sales", "consents"]),
        subject=st.sampled_from([None, "c-a", "c-b"]),
        droppable=st.booleans(),
    )
    def append(self, stream: str, subject: str | None, *, droppable: bool) -> None:
        self.number += 1
        record = make_record(
            self.number,
            stream=stream,
            subject=subject,
            durability="drop-oldest" if droppable else "keep",
        )
        outbox.append(self.conn, [record])
        self.waiting.append(record)

    @rule(count=st.integers(0, 4))
    def confirm(self, count: int) -> None:
        sent, self.waiting = self.waiting[:count], self.waiting[count:]
        outbox.confirm(self.conn, [record.id for record in sent], NOW)

    @rule()
    def park(self) -> None:
        if self.waiting:
            outbox.park(self.conn, self.waiting.pop(0).id, "refused")

    @rule(token=st.sampled_from(["c-a", "c-b"]))
    def forget(self, token: str) -> None:
        outbox.forget(self.conn, token)
        self.waiting = [record for record in self.waiting if record.subject != token]

    @rule(limit=st.integers(0, 6))
    def shed(self, limit: int) -> None:
        outbox.shed(self.conn, limit_events=limit, limit_bytes=10**9)
        over = max(0, len(self.waiting) - limit)
        drop = [r for r in self.waiting if r.durability == "drop-oldest"][:over]
        self.waiting = [record for record in self.waiting if record not in drop]

    @rule()
    def sweep(self) -> None:
        outbox.sweep(self.conn, NOW + timedelta(days=1))

    @invariant()
    def each_stream_waits_in_its_order(self) -> None:
        for stream in ("sales", "consents"):
            expected = tuple(record for record in self.waiting if record.stream == stream)
            assert outbox.pending(self.conn, stream).records == expected

    @invariant()
    def every_record_is_counted_once(self) -> None:
        counts = outbox.counts(self.conn, NOW)
        places = counts.sent + counts.pending + counts.parked + counts.dropped
        assert counts.total == self.number == places + counts.damaged + counts.forgotten
        assert counts.pending == len(self.waiting)
        assert pending_bytes(self.conn) == sum(len(record.data) for record in self.waiting)

    def teardown(self) -> None:
        self.conn.close()


QueueHistory.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None
)
TestQueueHistory = QueueHistory.TestCase
