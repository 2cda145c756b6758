from __future__ import annotations

import sqlite3

from edge.storage import erased_people as tombstones
from tests.edge.storage.samples import ANN, BEN, NOW, later


def test_an_erased_token_is_held_and_no_other(conn: sqlite3.Connection) -> None:
    assert not tombstones.holds(conn, ANN)
    tombstones.add(conn, ANN, NOW)
    assert tombstones.holds(conn, ANN)
    assert not tombstones.holds(conn, BEN)
    assert not tombstones.holds(conn, None)


def test_erasing_twice_keeps_the_first_time(conn: sqlite3.Connection) -> None:
    tombstones.add(conn, ANN, NOW)
    tombstones.add(conn, ANN, later(60))
    assert tombstones.count(conn) == 1
    assert tombstones.sweep(conn, later(1)) == 1
    assert not tombstones.holds(conn, ANN)


def test_the_token_is_not_in_the_table(conn: sqlite3.Connection) -> None:
    tombstones.add(conn, ANN, NOW)
    assert ANN not in str(conn.execute("SELECT * FROM tombstones").fetchall())
