from __future__ import annotations

import sqlite3

from edge.storage.catalogue import trend


def test_there_is_one_trend_the_latest(conn: sqlite3.Connection) -> None:
    assert trend.find(conn) is None
    trend.save(conn, b"monday")
    trend.save(conn, b"tuesday")
    assert trend.find(conn) == b"tuesday"
