"""Which items this store sells together, a row an item, about nobody: what the next start counts on.

`change_set` writes the rows that a paid basket has moved; ``models.statistics.pairs`` says what is in them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from edge.storage.table import MigrationStep, Table, Unlimited

SCHEMA = """
CREATE TABLE item_pairs (
    item INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
"""


def save(conn: sqlite3.Connection, rows: Mapping[int, bytes]) -> None:
    """Write these rows over the older ones; an empty one goes."""
    conn.executemany(
        "INSERT INTO item_pairs (item, body) VALUES (?1, ?2)"
        " ON CONFLICT (item) DO UPDATE SET body = ?2",
        [(item, body) for item, body in rows.items() if body],
    )
    conn.executemany(
        "DELETE FROM item_pairs WHERE item = ?",
        [(item,) for item, body in rows.items() if not body],
    )


def find(conn: sqlite3.Connection) -> dict[int, bytes]:
    """Every row."""
    return {row[0]: bytes(row[1]) for row in conn.execute("SELECT item, body FROM item_pairs")}


TABLE = Table(
    name="item_pairs",
    steps=(MigrationStep(release="0010-any-shop", sql=SCHEMA),),
    retention=Unlimited(note="a bounded number of rows, written over"),
)
