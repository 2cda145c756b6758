"""Records that are of no use after a moment."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cloud_sync import deadlines, outbox, outbox_counts
from tests.cloud_sync.builders import NOW, PERSON, fresh, make_record, make_records, pending_ids

SOON, PAST = NOW + timedelta(hours=1), NOW + timedelta(days=10)


def test_what_is_late_never_leaves_and_is_counted() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(2))
        deadlines.put(conn, "e-1", SOON)
        assert deadlines.drop_late(conn, PAST) == 1
        assert pending_ids(conn) == ["e-2"]
        assert outbox_counts.drops(conn) == {"storeside.order-completed.v1": 1}


def test_before_its_moment_it_stays() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(1))
        deadlines.put(conn, "e-1", SOON)
        assert not deadlines.is_any_past(conn, NOW)
        assert deadlines.drop_late(conn, NOW) == 0
        assert pending_ids(conn) == ["e-1"]


def test_what_was_sent_in_time_was_not_missed() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(1))
        deadlines.put(conn, "e-1", SOON)
        outbox.confirm(conn, ["e-1"], NOW)
        assert deadlines.drop_late(conn, PAST) == 0
        assert (deadlines.is_any_past(conn, PAST), deadlines.take_missed(conn)) == (False, ())


def test_a_parked_record_is_dropped_too() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(1))
        deadlines.put(conn, "e-1", SOON)
        outbox.park(conn, "e-1", "refused")
        assert deadlines.drop_late(conn, PAST) == 1
        assert outbox.release(conn) == 0


def test_what_was_missed_is_told_once() -> None:
    with fresh() as conn:
        outbox.append(conn, make_records(2))
        for id_ in ("e-1", "e-2"):
            deadlines.put(conn, id_, SOON)
        deadlines.drop_late(conn, PAST)
        assert deadlines.is_any_missed(conn)
        assert deadlines.take_missed(conn) == ("e-1", "e-2")
        assert deadlines.take_missed(conn) == ()


def test_a_person_who_is_forgotten_leaves_no_deadline() -> None:
    with fresh() as conn:
        outbox.append(conn, [make_record(1, subject=PERSON)])
        deadlines.put(conn, "e-1", SOON)
        outbox.forget(conn, PERSON)
        assert conn.execute("SELECT count(*) FROM outbox_deadline").fetchone() == (0,)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["wait", "sent", "parked"])), max_size=8
    )
)
def test_every_record_is_still_counted_once(given: list[tuple[int, str]]) -> None:
    """appended = sent + pending + parked + dropped, whatever was late."""
    with fresh() as conn:
        outbox.append(conn, make_records(len(given), first=0))
        for n, (hours, fate) in enumerate(given):
            deadlines.put(conn, f"e-{n}", NOW + timedelta(hours=hours))
            if fate == "sent":
                outbox.confirm(conn, [f"e-{n}"], NOW)
            if fate == "parked":
                outbox.park(conn, f"e-{n}", "refused")
        deadlines.drop_late(conn, NOW + timedelta(hours=3))
        found = outbox.counts(conn, NOW)
        assert found.total == found.sent + found.pending + found.parked + found.dropped
        assert found.dropped == sum(h <= 3 and fate != "sent" for h, fate in given)
