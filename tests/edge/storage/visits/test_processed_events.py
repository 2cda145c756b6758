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


def test_a_taken_signal_keeps_its_first_verdict(conn: sqlite3.Connection) -> None:
    said = '{"accepted":true,"time_repaired":true}'
    assert processed_events.take(conn, SOURCE, "1", NOW)
    assert processed_events.take(conn, SOURCE, "2", NOW, said)
    assert not processed_events.take(conn, SOURCE, "2", NOW, '{"accepted":true,"lines":[]}')
    assert processed_events.verdict(conn, SOURCE, "1") == processed_events.PLAIN
    assert processed_events.verdict(conn, SOURCE, "2") == said
    assert processed_events.verdict(conn, SOURCE, "3") is None


def test_a_plain_yes_takes_no_room(conn: sqlite3.Connection) -> None:
    processed_events.take(conn, SOURCE, "1", NOW)
    assert conn.execute("SELECT verdict FROM seen").fetchall() == [(None,)]


def test_a_sweep_lets_the_oldest_go_first(conn: sqlite3.Connection) -> None:
    for n in range(5):
        processed_events.take(conn, SOURCE, str(n), later(n))
    assert processed_events.sweep(conn, later(4), limit=3) == 3
    kept = [n for n in range(5) if processed_events.verdict(conn, SOURCE, str(n))]
    assert kept == [3, 4]
    assert processed_events.sweep(conn, later(4), limit=3) == 1
