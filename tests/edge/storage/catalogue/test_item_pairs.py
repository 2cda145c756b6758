from __future__ import annotations

import sqlite3

from edge.storage.catalogue import item_pairs
from edge.storage.catalogue.item_pairs import PairKind


def test_rows_are_written_over_and_empty_ones_go_each_kind_by_itself(
    conn: sqlite3.Connection,
) -> None:
    item_pairs.save(conn, PairKind.SOLD, {1: b"one", 2: b"two", -1: b"all"})
    item_pairs.save(conn, PairKind.VIEWED, {1: b"seen"})
    item_pairs.save(conn, PairKind.SOLD, {1: b"", 2: b"new"})
    assert item_pairs.find(conn, PairKind.SOLD) == {2: b"new", -1: b"all"}
    assert item_pairs.find(conn, PairKind.VIEWED) == {1: b"seen"}
