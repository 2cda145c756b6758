from __future__ import annotations

import sqlite3

from edge.storage.measurement import audit_log
from tests.edge.storage import samples, stored
from tests.edge.storage.samples import later


def test_acts_on_one_thing_are_told_oldest_first(conn: sqlite3.Connection) -> None:
    first, second = samples.act(), samples.act(who="ben", at=later(5))
    for act in (first, samples.act(object="july"), second):
        audit_log.add(conn, act)
    assert stored.acts(conn, "june") == (first, second)


def test_old_acts_go(conn: sqlite3.Connection) -> None:
    audit_log.add(conn, samples.act())
    assert audit_log.sweep(conn, later(1), 10) == 1
    assert stored.acts(conn, "june") == ()
