"""The uplink against a sink that behaves, and one that does not."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_sync import outbox
from cloud_sync.delivery import DeliveryVerdict
from cloud_sync.envelope import Record
from cloud_sync.errors import BatchRefused, CentralAway, CentralFailed
from cloud_sync.retry_delay import RetryDelay
from cloud_sync.uplink import Uplink, UplinkTiming
from tests.cloud_sync.builders import NOW, make_record, make_records
from tests.cloud_sync.fakes import InlineDatabase, RecordingSink, fixed_clock
from tests.cloud_sync.running import running
from tests.patience import patient, until

QUICK = UplinkTiming(poll_s=0.02, patience=RetryDelay(first_s=0.001, longest_s=0.01))


@asynccontextmanager
async def draining(
    sink: RecordingSink, records: Sequence[Record], pace: UplinkTiming = QUICK
) -> AsyncGenerator[tuple[Uplink, InlineDatabase]]:
    database = InlineDatabase()
    outbox.append(database.conn, records)
    uplink = Uplink(database, sink, clock=fixed_clock, pace=pace)
    async with running(uplink.run()):
        yield uplink, database
    database.conn.close()


async def drain(
    sink: RecordingSink, records: Sequence[Record], pace: UplinkTiming = QUICK
) -> outbox.OutboxCounts:
    async with draining(sink, records, pace) as (uplink, database):
        async with asyncio.timeout(patient(10)):
            await uplink.wait_empty()
        return outbox.counts(database.conn, NOW)


class PoisonSink(RecordingSink):
    """Refuses every batch that holds a poisoned id, as a strict receiver does."""

    def __init__(self, poison: set[str], status: int = 400) -> None:
        super().__init__()
        self.poison = poison
        self.status = status
        self.tries = 0

    async def send(
        self, records: Sequence[Record], sent_at: datetime
    ) -> Sequence[DeliveryVerdict]:
        self.tries += 1
        if any(record.id in self.poison for record in records):
            raise BatchRefused(status=self.status, reason="malformed")
        return await super().send(records, sent_at)


async def test_everything_arrives_in_order_and_in_batches() -> None:
    sink = RecordingSink()
    counts = await drain(sink, make_records(10), UplinkTiming(batch_events=4))
    assert sink.batches == [
        ["e-1", "e-2", "e-3", "e-4"],
        ["e-5", "e-6", "e-7", "e-8"],
        ["e-9", "e-10"],
    ]
    assert (counts.sent, counts.pending) == (10, 0)


async def test_a_batch_is_confirmed_in_one_write() -> None:
    async with draining(RecordingSink(), make_records(10)) as (uplink, database):
        await uplink.wait_empty()
        assert database.writes == 1


async def test_consents_and_erasures_go_before_older_records() -> None:
    sink = RecordingSink()
    records = [
        *make_records(3),
        make_record(8, stream="erasures"),
        make_record(9, stream="consents"),
    ]
    await drain(sink, records)
    assert sink.kept == ["e-9", "e-8", "e-1", "e-2", "e-3"]


async def test_a_withdrawal_overtakes_a_long_queue() -> None:
    sink = RecordingSink()
    keep = sink.judge
    async with draining(sink, make_records(6), UplinkTiming(batch_events=2)) as (
        uplink,
        database,
    ):

        def judge(record: Record) -> DeliveryVerdict:
            outbox.append(database.conn, [make_record(99, stream="consents")])
            return keep(record)

        sink.judge = judge
        await uplink.wait_empty()
    assert sink.kept == ["e-1", "e-2", "e-99", "e-3", "e-4", "e-5", "e-6"]


async def test_what_the_centre_already_has_is_confirmed_too() -> None:
    sink = RecordingSink()
    sink.kept = ["e-1", "e-2"]
    counts = await drain(sink, make_records(3))
    assert counts.sent == 3
    assert sink.kept == ["e-1", "e-2", "e-3"]


async def test_a_refused_event_is_parked_alone_with_its_reason() -> None:
    sink = RecordingSink()
    keep = sink.judge
    refused = DeliveryVerdict(id="e-2", verdict="refused", reason="time: missing")
    sink.judge = lambda record: refused if record.id == "e-2" else keep(record)
    async with draining(sink, make_records(3)) as (uplink, database):
        await uplink.wait_empty()
        rows = database.conn.execute("SELECT id, parked FROM outbox WHERE parked <> ''")
        assert rows.fetchall() == [("e-2", "time: missing")]
        assert uplink.state.refused == 1
    assert sink.kept == ["e-1", "e-3"]


@pytest.mark.parametrize("status", [400, 413])
async def test_one_poisoned_event_is_found_by_halving_and_the_rest_goes_on(status: int) -> None:
    sink = PoisonSink({"e-37"}, status)
    counts = await drain(sink, make_records(64))
    assert (counts.sent, counts.parked) == (63, 1)
    assert sink.kept == [f"e-{n}" for n in range(1, 65) if n != 37]
    assert sink.tries <= 1 + 2 * math.log2(64)


async def test_parked_records_are_offered_anew_from_time_to_time() -> None:
    sink = PoisonSink({"e-2"})
    pace = UplinkTiming(poll_s=0.02, release_s=0.1)
    async with draining(sink, make_records(3), pace) as (uplink, database):
        await uplink.wait_empty()
        assert outbox.counts(database.conn, NOW).parked == 1
        sink.poison.clear()
        await until(lambda: sink.kept == ["e-1", "e-3", "e-2"])
        assert outbox.counts(database.conn, NOW).parked == 0


@settings(max_examples=25, deadline=None)
@given(poison=st.sets(st.integers(1, 20)))
def test_exactly_the_poisoned_events_are_parked(poison: set[int]) -> None:
    sink = PoisonSink({f"e-{n}" for n in poison})
    counts = asyncio.run(drain(sink, make_records(20)))
    assert counts.parked == len(poison)
    assert sink.kept == [f"e-{n}" for n in range(1, 21) if n not in poison]


async def test_an_absent_centre_is_tried_until_it_is_back() -> None:
    sink = RecordingSink()
    sink.faults = [CentralAway("nobody there")] * 5
    async with draining(sink, make_records(3)) as (uplink, _):
        await until(lambda: uplink.state.trouble is not None)
        await uplink.wait_empty()
        assert uplink.state.trouble is None
    assert sink.kept == ["e-1", "e-2", "e-3"]


async def test_a_wish_to_be_left_alone_is_obeyed() -> None:
    sink = RecordingSink()
    sink.faults = [CentralAway("busy", retry_after_s=0.15)]
    start = asyncio.get_running_loop().time()
    await drain(sink, make_records(3))
    assert asyncio.get_running_loop().time() - start >= 0.15


async def test_a_wish_to_be_left_alone_is_obeyed_in_mid_drain() -> None:
    sink = RecordingSink()
    sink.faults = [None, CentralAway("busy", retry_after_s=0.15)]
    start = asyncio.get_running_loop().time()
    await drain(sink, make_records(4), UplinkTiming(batch_events=2, poll_s=0.02))
    assert asyncio.get_running_loop().time() - start >= 0.15


async def test_a_line_cut_in_mid_drain_is_tried_again_at_once() -> None:
    sink = RecordingSink()
    sink.faults = [None, CentralAway("cut")]
    patience = RetryDelay(first_s=60, longest_s=60)
    await drain(sink, make_records(4), UplinkTiming(batch_events=2, patience=patience))
    assert sink.kept == ["e-1", "e-2", "e-3", "e-4"]


class ChokingSink(RecordingSink):
    """Breaks on everything of some streams."""

    def __init__(self, *streams: str) -> None:
        super().__init__()
        self.streams = set(streams)

    async def send(
        self, records: Sequence[Record], sent_at: datetime
    ) -> Sequence[DeliveryVerdict]:
        if records[0].stream in self.streams:
            raise CentralFailed("the receiver failed with 500")
        return await super().send(records, sent_at)


async def test_a_stream_that_the_centre_chokes_on_fails_alone() -> None:
    sink = ChokingSink("visits")
    records = [make_record(1, stream="visits"), *make_records(2, first=2)]
    async with draining(sink, records) as (uplink, database):
        await until(lambda: sink.kept == ["e-2", "e-3"])
        assert uplink.state.waiting.keys() == {"visits"}
        assert uplink.state.trouble is None
        assert outbox.lanes(database.conn) == ("visits",)
        sink.streams.clear()
        await uplink.wait_empty()
        assert uplink.state.waiting == {}
    assert sink.kept == ["e-2", "e-3", "e-1"]


async def test_a_centre_that_chokes_on_everything_is_away() -> None:
    sink = ChokingSink("visits", "sales")
    records = [make_record(1, stream="visits"), make_record(2)]
    async with draining(sink, records) as (uplink, _):
        await until(lambda: "500" in (uplink.state.trouble or ""))
        sink.streams.clear()
        await uplink.wait_empty()
    assert sorted(sink.kept) == ["e-1", "e-2"]


async def test_only_what_was_not_taken_is_sent_again() -> None:
    sink = RecordingSink()
    keep = sink.judge
    busy = {"e-2"}

    def judge(record: Record) -> DeliveryVerdict:
        if record.id in busy:
            busy.clear()
            return DeliveryVerdict(id=record.id, verdict="later", reason="busy")
        return keep(record)

    sink.judge = judge
    await drain(sink, make_records(3))
    assert sink.batches == [["e-1", "e-2", "e-3"], ["e-2"]]


async def test_an_answer_without_verdicts_confirms_nothing_and_is_not_asked_in_a_rush() -> None:
    sink = RecordingSink()
    sink.judge = lambda _: DeliveryVerdict(id="somebody-else", verdict="accepted")
    async with draining(sink, make_records(3), UplinkTiming(poll_s=0.2)) as (uplink, database):
        await until(lambda: "sales" in uplink.state.waiting)
        await asyncio.sleep(0.05)
        assert len(sink.batches) == 1
        assert outbox.counts(database.conn, NOW).pending == 3


async def test_a_nudge_sends_at_once() -> None:
    sink = RecordingSink()
    async with draining(sink, [], UplinkTiming(poll_s=60)) as (uplink, database):
        await asyncio.sleep(0.01)
        outbox.append(database.conn, make_records(1))
        uplink.nudge()
        await until(lambda: sink.kept == ["e-1"])


async def test_a_record_nobody_told_of_is_found_by_looking() -> None:
    sink = RecordingSink()
    async with draining(sink, []) as (_, database):
        await asyncio.sleep(0.01)
        outbox.append(database.conn, make_records(1))
        await until(lambda: sink.kept == ["e-1"])


async def test_damaged_records_are_set_aside_and_the_rest_goes_on() -> None:
    sink = RecordingSink()
    async with draining(sink, []) as (uplink, database):
        outbox.append(database.conn, make_records(3))
        database.conn.execute("UPDATE outbox SET body = x'7b7d' WHERE id = 'e-2'")
        await uplink.wait_empty()
        assert uplink.state.damaged == outbox.counts(database.conn, NOW).damaged == 1
    assert sink.kept == ["e-1", "e-3"]


async def test_a_lane_of_nothing_but_damage_is_emptied() -> None:
    sink = RecordingSink()
    async with draining(sink, []) as (uplink, database):
        outbox.append(database.conn, make_records(1))
        database.conn.execute("UPDATE outbox SET body = x'7b7d'")
        await uplink.wait_empty()
        assert outbox.counts(database.conn, NOW).damaged == 1
    assert sink.batches == []


async def test_the_state_tells_what_was_done() -> None:
    sink = RecordingSink()
    sink.kept = ["e-1"]
    async with draining(sink, make_records(3)) as (uplink, _):
        await uplink.wait_empty()
        state = uplink.state
    assert (state.batches, state.accepted, state.duplicates) == (1, 2, 1)
    assert state.contacted_at == NOW


@settings(max_examples=30, deadline=None)
@given(
    faults=st.lists(
        st.sampled_from(
            [
                None,
                CentralAway("cut"),
                CentralFailed("500"),
                BatchRefused(status=413, reason="x"),
            ]
        ),
        max_size=12,
    )
)
def test_whatever_the_line_does_nothing_is_lost_and_nothing_arrives_twice(
    faults: list[Exception | None],
) -> None:
    sink = RecordingSink()
    sink.faults = list(faults)
    counts = asyncio.run(
        drain(
            sink,
            make_records(12),
            UplinkTiming(batch_events=5, poll_s=0.002, patience=QUICK.patience),
        )
    )
    assert counts.sent + counts.parked == 12
    assert len(sink.kept) == len(set(sink.kept)) == counts.sent
