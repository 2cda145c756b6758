from __future__ import annotations

import sqlite3

from edge.storage.catalogue import item_pairs


def test_rows_are_written_over_and_empty_ones_go(conn: sqlite3.Connection) -> None:
    item_pairs.save(conn, {1: b"one", 2: b"two", -1: b"all"})
    item_pairs.save(conn, {1: b"", 2: b"new"})
    assert item_pairs.find(conn) == {2: b"new", -1: b"all"}
