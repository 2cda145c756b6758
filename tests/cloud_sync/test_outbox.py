"""The queue's functions, one by one."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from cloud_sync import outbox
from cloud_sync.outbox_counts import drops
from tests.cloud_sync.builders import (
    NOW,
    fresh,
    make_record,
    make_records,
    pending_bytes,
    pending_ids,
)

ROOMY = 10**9


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    with fresh() as conn:
        yield conn


def test_records_come_out_in_the_order_they_went_in(conn: sqlite3.Connection) -> None:
    records = make_records(5)
    assert outbox.append(conn, records) == 5
    assert outbox.pending(conn, "sales").records == tuple(records)


def test_an_id_is_queued_once(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(2))
    assert outbox.append(conn, make_records(3)) == 1
    assert pending_ids(conn) == ["e-1", "e-2", "e-3"]


def test_appending_nothing_changes_nothing(conn: sqlite3.Connection) -> None:
    assert outbox.append(conn, []) == 0
    assert outbox.confirm(conn, [], NOW) == 0
    assert outbox.counts(conn, NOW).total == 0


def test_a_rolled_back_transaction_leaves_no_record(conn: sqlite3.Connection) -> None:
    conn.execute("BEGIN")
    outbox.append(conn, make_records(3))
    conn.execute("ROLLBACK")
    assert outbox.counts(conn, NOW).total == 0
    assert pending_ids(conn) == []


def test_a_batch_ends_at_its_limits(conn: sqlite3.Connection) -> None:
    outbox.append(conn, [make_record(n, pad=1_000) for n in range(1, 9)])
    assert len(outbox.pending(conn, "sales", limit_events=3).records) == 3
    assert len(outbox.pending(conn, "sales", limit_bytes=4_000).records) == 2


def test_the_first_record_goes_alone_if_it_is_over_the_limit(conn: sqlite3.Connection) -> None:
    outbox.append(conn, [make_record(1, pad=9_000), make_record(2)])
    assert len(outbox.pending(conn, "sales", limit_bytes=1_000).records) == 1


def test_lanes_are_listed_by_their_oldest_record(conn: sqlite3.Connection) -> None:
    outbox.append(conn, [make_record(1, stream="visits"), make_record(2, stream="offers")])
    outbox.append(conn, [make_record(3, stream="consents"), make_record(4, stream="visits")])
    assert outbox.lanes(conn) == ("visits", "offers", "consents")
    outbox.confirm(conn, ["e-1"], NOW)
    assert outbox.lanes(conn) == ("offers", "consents", "visits")


def test_what_is_confirmed_is_pending_no_more_and_counts_once(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(3))
    assert outbox.confirm(conn, ["e-1", "e-2"], NOW) == 2
    assert outbox.confirm(conn, ["e-1", "e-9"], NOW) == 0
    assert pending_ids(conn) == ["e-3"]
    assert outbox.counts(conn, NOW).sent == 2


def test_a_parked_record_is_out_of_the_way_until_released(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(3))
    outbox.park(conn, "e-1", "400 malformed")
    assert pending_ids(conn) == ["e-2", "e-3"]
    assert outbox.counts(conn, NOW).parked == 1
    assert outbox.release(conn) == 1
    assert pending_ids(conn) == ["e-1", "e-2", "e-3"]


def test_a_sent_record_cannot_be_parked(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(1))
    outbox.confirm(conn, ["e-1"], NOW)
    outbox.park(conn, "e-1", "late")
    assert outbox.counts(conn, NOW).parked == 0


def test_forgetting_a_person_erases_sent_and_unsent_rows(conn: sqlite3.Connection) -> None:
    outbox.append(conn, [make_record(n, subject="c-gone") for n in (1, 2, 3)])
    outbox.append(conn, [make_record(4, subject="c-stays"), make_record(5)])
    outbox.confirm(conn, ["e-1"], NOW)
    outbox.park(conn, "e-2", "refused")
    assert outbox.forget(conn, "c-gone") == 3
    assert pending_ids(conn) == ["e-4", "e-5"]
    assert outbox.counts(conn, NOW).forgotten == 2


def test_sweeping_takes_what_was_sent_before_and_only_some_at_a_time(
    conn: sqlite3.Connection,
) -> None:
    outbox.append(conn, make_records(6))
    outbox.confirm(conn, ["e-1", "e-2", "e-3"], NOW)
    outbox.confirm(conn, ["e-4"], NOW + timedelta(hours=2))
    assert outbox.sweep(conn, NOW + timedelta(hours=1), limit=2) == 2
    assert outbox.sweep(conn, NOW + timedelta(hours=1), limit=2) == 1
    assert outbox.sweep(conn, NOW + timedelta(hours=1)) == 0
    assert pending_ids(conn) == ["e-5", "e-6"]
    assert outbox.counts(conn, NOW).sent == 4


def test_shedding_drops_the_oldest_impressions_and_never_what_must_be_kept(
    conn: sqlite3.Connection,
) -> None:
    shown = [make_record(n, event="Offer Shown", durability="drop-oldest") for n in range(1, 7)]
    outbox.append(conn, [make_record(0), *shown, make_record(7)])
    assert outbox.shed(conn, limit_events=5, limit_bytes=ROOMY) == {
        "storeside.offer-shown.v1": 3
    }
    assert pending_ids(conn) == ["e-0", "e-4", "e-5", "e-6", "e-7"]
    assert outbox.shed(conn, limit_events=1, limit_bytes=ROOMY) == {
        "storeside.offer-shown.v1": 3
    }
    assert pending_ids(conn) == ["e-0", "e-7"]
    assert drops(conn) == {"storeside.offer-shown.v1": 6}
    assert outbox.counts(conn, NOW).dropped == 6


def test_shedding_by_bytes_stops_when_the_queue_fits(conn: sqlite3.Connection) -> None:
    outbox.append(
        conn, [make_record(n, durability="drop-oldest", pad=500) for n in range(1, 21)]
    )
    half = pending_bytes(conn) // 2
    outbox.shed(conn, limit_events=ROOMY, limit_bytes=half)
    left = outbox.counts(conn, NOW)
    assert pending_bytes(conn) <= half
    assert left.pending >= 9


def test_a_queue_that_fits_is_left_alone(conn: sqlite3.Connection) -> None:
    outbox.append(conn, [make_record(1, durability="drop-oldest")])
    assert outbox.shed(conn, limit_events=1, limit_bytes=ROOMY) == {}


def test_the_age_is_that_of_the_oldest_waiting_record(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(3))
    outbox.confirm(conn, ["e-1"], NOW)
    assert outbox.counts(conn, NOW + timedelta(seconds=12)).oldest_age_s == 10.0


def test_a_clock_set_back_gives_no_negative_age(conn: sqlite3.Connection) -> None:
    outbox.append(conn, make_records(1))
    assert outbox.counts(conn, NOW - timedelta(days=365)).oldest_age_s == 0.0
