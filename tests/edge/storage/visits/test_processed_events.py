from __future__ import annotations

import sqlite3

from edge.storage.visits import processed_events
from tests.edge.storage.samples import NOW, later

SOURCE = "storeside/1/store-1/kiosk/kiosk-1"


def test_a_signal_is_taken_once(conn: sqlite3.Connection) -> None:
    assert processed_events.take(conn, SOURCE, "1", NOW)
    assert not processed_events.take(conn, SOURCE, "1", later(60))


def test_two_devices_may_use_the_same_id(conn: sqlite3.Connection) -> None:
    assert processed_events.take(conn, SOURCE, "1", NOW)
    assert processed_events.take(conn, "storeside/1/store-1/kiosk/kiosk-2", "1", NOW)


def test_a_taken_signal_is_known(conn: sqlite3.Connection) -> None:
    processed_events.take(conn, SOURCE, "1", NOW)
    assert processed_events.known(conn, SOURCE, "1")
    assert not processed_events.known(conn, SOURCE, "2")


def test_a_sweep_lets_the_oldest_go_first(conn: sqlite3.Connection) -> None:
    for n in range(5):
        processed_events.take(conn, SOURCE, str(n), later(n))
    assert processed_events.sweep(conn, later(4), limit=3) == 3
    assert [processed_events.known(conn, SOURCE, str(n)) for n in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert processed_events.sweep(conn, later(4), limit=3) == 1
