from __future__ import annotations

import sqlite3

from edge.domain.ids import VisitId
from edge.domain.visit import EndReason
from edge.storage import erased_people
from edge.storage.visits import visits
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW, VISIT, later, visit

SECOND = VisitId("v-2")


def test_a_visit_comes_back_as_it_was(conn: sqlite3.Connection) -> None:
    stay = visit()
    assert visits.save(conn, stay)
    assert stored.visit(conn, VISIT) == stay
    ended = stay.closing(EndReason.PAID, later(600))
    visits.save(conn, ended)
    assert stored.visit(conn, VISIT) == ended


def test_a_strangers_visit_comes_back_as_it_was(conn: sqlite3.Connection) -> None:
    stay = visit(token=None)
    visits.save(conn, stay)
    assert stored.visit(conn, VISIT) == stay
    assert stored.visit(conn, SECOND) is None


def test_only_open_visits_are_still_here(conn: sqlite3.Connection) -> None:
    visits.save(conn, visit())
    visits.save(conn, visit(SECOND, BEN).closing(EndReason.IDLE, later(60)))
    assert [v.id for v in visits.open_visits(conn)] == [VISIT]


def test_recent_visits_come_newest_first(conn: sqlite3.Connection) -> None:
    for n in range(3):
        visits.save(conn, visit(VisitId(f"v-{n}")))
    assert [v.id for v in visits.recent(conn, 2)] == ["v-2", "v-1"]
    assert stored.count(conn, "visits") == 3


def test_a_persons_visits_are_theirs_alone(conn: sqlite3.Connection) -> None:
    visits.save(conn, visit(VISIT, ANN))
    visits.save(conn, visit(SECOND, BEN))
    assert visits.forget(conn, ANN) == 1
    assert stored.visit(conn, VISIT) is None
    assert stored.visit(conn, SECOND) is not None


def test_an_erased_persons_visit_is_not_kept(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not visits.save(conn, visit(VISIT, ANN))
    assert visits.save(conn, visit(SECOND, None))
    assert stored.count(conn, "visits") == 1


def test_a_sweep_never_takes_an_open_visit(conn: sqlite3.Connection) -> None:
    visits.save(conn, visit())
    visits.save(conn, visit(SECOND).closing(EndReason.PAID, later(60)))
    assert visits.sweep(conn, later(1), limit=10) == 1
    assert stored.visit(conn, VISIT) is not None
