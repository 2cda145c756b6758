from __future__ import annotations

import sqlite3

from edge.storage import erased_people
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW, later


def test_an_erased_token_is_held_and_no_other(conn: sqlite3.Connection) -> None:
    assert not erased_people.holds(conn, ANN)
    erased_people.add(conn, ANN, NOW)
    assert erased_people.holds(conn, ANN)
    assert not erased_people.holds(conn, BEN)
    assert not erased_people.holds(conn, None)


def test_erasing_twice_keeps_the_first_time(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    erased_people.add(conn, ANN, later(60))
    assert stored.count(conn, "tombstones") == 1
    assert erased_people.sweep(conn, later(1)) == 1
    assert not erased_people.holds(conn, ANN)


def test_the_token_is_not_in_the_table(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert ANN not in str(conn.execute("SELECT * FROM tombstones").fetchall())
