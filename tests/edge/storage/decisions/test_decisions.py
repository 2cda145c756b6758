from __future__ import annotations

import sqlite3

import pytest

from edge.domain.ids import DecisionId
from edge.storage import erased_people
from edge.storage.decisions import decisions, snapshots
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, DECISION, NOW, VISIT, decision, later, snapshot


def ids(found: tuple[decisions.StoredDecision, ...]) -> list[str]:
    return [d.id for d in found]


def test_a_decision_comes_back_to_the_byte(conn: sqlite3.Connection) -> None:
    assert decisions.save(conn, decision())
    assert decisions.find(conn, DECISION) == decision()
    assert decisions.find(conn, DecisionId("d-2")) is None


def test_the_blobs_are_compressed_in_the_file(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision())
    stored = conn.execute("SELECT output FROM decisions").fetchone()[0]
    assert stored != decision().output


def test_a_decision_is_never_written_over(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision())
    with pytest.raises(sqlite3.IntegrityError):
        decisions.save(conn, decision())


def test_decisions_are_listed_by_time(conn: sqlite3.Connection) -> None:
    for n in range(4):
        decisions.save(conn, decision(DecisionId(f"d-{n}"), at=later(n)))
    assert ids(decisions.recent(conn, 2)) == ["d-3", "d-2"]
    assert ids(decisions.since(conn, later(1), 2)) == ["d-1", "d-2"]
    assert ids(decisions.of_visit(conn, VISIT)) == ["d-0", "d-1", "d-2", "d-3"]
    assert stored.count(conn, "decisions") == 4


def test_forgetting_one_leaves_the_others(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision(token=ANN))
    decisions.save(conn, decision(DecisionId("d-2"), token=BEN))
    decisions.save(conn, decision(DecisionId("d-3"), token=None))
    assert ids(decisions.of(conn, ANN)) == ["d-1"]
    assert decisions.forget(conn, ANN) == 1
    assert stored.count(conn, "decisions") == 2


def test_nothing_is_decided_about_an_erased_person(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not decisions.save(conn, decision(token=ANN))
    assert stored.count(conn, "decisions") == 0


def test_a_sweep_lets_the_oldest_go_first(conn: sqlite3.Connection) -> None:
    for n in range(3):
        decisions.save(conn, decision(DecisionId(f"d-{n}"), at=later(n)))
    assert decisions.sweep(conn, later(2), limit=1) == 1
    assert ids(decisions.recent(conn, 9)) == ["d-2", "d-1"]


def test_a_snapshot_lives_as_long_as_a_decision_that_reads_it(conn: sqlite3.Connection) -> None:
    snapshots.keep(conn, snapshot(), NOW)
    decisions.save(conn, decision(at=later(days=5)))
    assert snapshots.sweep(conn, later(days=5), limit=10) == 0
    assert snapshots.sweep(conn, later(days=5.1), limit=10) == 1
