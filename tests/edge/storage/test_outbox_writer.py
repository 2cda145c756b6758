from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

from cloud_sync import outbox
from edge.domain.ids import Token
from edge.storage import erased_people, outbox_writer
from tests.edge.storage.samples import ANN, NOW, VISIT, fact


def told(of: str, token: Token | None) -> dict[str, object]:
    record = outbox_writer.record_of(replace(fact(of), token=token))
    message: dict[str, object] = json.loads(record.data)
    return message


def test_a_fact_becomes_a_track_call_under_one_id() -> None:
    record = outbox_writer.record_of(fact())
    message = json.loads(record.data)
    assert record.id == message["messageId"] == "f-1"
    assert message["type"] == "track"
    assert message["event"] == "Order Completed"
    assert message["properties"] == {"total_cents": 758}
    assert message["timestamp"] == "2024-06-03T14:30:00.123456Z"
    assert record.type == "storeside.order-completed.v1"


def test_a_person_is_named_only_where_they_share() -> None:
    assert told("f-1", ANN)["userId"] == ANN
    assert "anonymousId" not in told("f-1", ANN)
    assert told("f-1", None)["anonymousId"] == VISIT
    assert "userId" not in told("f-1", None)


def test_a_fact_without_a_visit_is_anonymous_under_its_own_id() -> None:
    record = outbox_writer.record_of(replace(fact(token=None), visit=None))
    assert json.loads(record.data)["anonymousId"] == "f-1"
    assert record.subject is None


def test_consents_travel_in_their_own_lane(conn: sqlite3.Connection) -> None:
    outbox_writer.append(conn, [fact("f-1"), fact("f-2", name="Consent Withdrawn")])
    assert [r.id for r in outbox.pending(conn, "consents").records] == ["f-2"]
    assert [r.id for r in outbox.pending(conn, "events").records] == ["f-1"]


def test_only_what_may_be_lost_is_ever_shed(conn: sqlite3.Connection) -> None:
    outbox_writer.append(conn, [fact("f-1"), replace(fact("f-2"), must_keep=False)])
    outbox.shed(conn, limit_events=0, limit_bytes=10**9)
    assert [r.id for r in outbox.pending(conn, "events").records] == ["f-1"]


def test_a_fact_is_queued_once(conn: sqlite3.Connection) -> None:
    assert outbox_writer.append(conn, [fact("f-1"), fact("f-2")]) == 2
    assert outbox_writer.append(conn, [fact("f-1")]) == 0


def test_nothing_is_told_about_an_erased_person(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert outbox_writer.append(conn, [fact("f-1"), fact("f-2", token=None)]) == 1
    assert [r.id for r in outbox.pending(conn, "events").records] == ["f-2"]
