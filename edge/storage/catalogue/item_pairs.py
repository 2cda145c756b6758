"""Which items this store sells together, and which are looked at together: a row an item of each kind, about nobody.

`change_set` writes the rows that a paid basket or a sitting at a screen has moved, and the next start counts on from
them; ``models.statistics.pairs`` says what is in them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from enum import StrEnum

from edge.storage.table import MigrationStep, Table, Unlimited

SCHEMA = """
CREATE TABLE item_pairs (
    kind TEXT NOT NULL,
    item INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, item)
) STRICT, WITHOUT ROWID;
"""


class PairKind(StrEnum):
    """What two items were together in: a paid basket, or a sitting at a screen."""

    SOLD = "sold"
    VIEWED = "viewed"


def save(conn: sqlite3.Connection, kind: PairKind, rows: Mapping[int, bytes]) -> None:
    """Write these rows over the older ones of that kind; an empty one goes."""
    conn.executemany(
        "INSERT INTO item_pairs (kind, item, body) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (kind, item) DO UPDATE SET body = ?3",
        [(kind, item, body) for item, body in rows.items() if body],
    )
    conn.executemany(
        "DELETE FROM item_pairs WHERE kind = ? AND item = ?",
        [(kind, item) for item, body in rows.items() if not body],
    )


def find(conn: sqlite3.Connection, kind: PairKind) -> dict[int, bytes]:
    """Every row of that kind, by item."""
    rows = conn.execute("SELECT item, body FROM item_pairs WHERE kind = ?", (kind,))
    return {item: bytes(body) for item, body in rows}


TABLE = Table(
    name="item_pairs",
    steps=(MigrationStep(release="0010-any-shop", sql=SCHEMA),),
    retention=Unlimited(note="a bounded number of rows, written over"),
)
