"""What sells in this store lately, as the bytes the model reads: one row, about nobody.

`change_set` writes it when paid baskets have moved it, and the next start begins with it.
"""

from __future__ import annotations

import sqlite3

from edge.storage.table import MigrationStep, Table, Unlimited

SCHEMA = """
CREATE TABLE trend (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    body BLOB NOT NULL
) STRICT;
"""


def save(conn: sqlite3.Connection, body: bytes) -> None:
    """Keep the trend, over the older one."""
    conn.execute(
        "INSERT INTO trend (one, body) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET body = ?1",
        (body,),
    )


def find(conn: sqlite3.Connection) -> bytes | None:
    """The trend, once there is one."""
    row = conn.execute("SELECT body FROM trend").fetchone()
    return None if row is None else bytes(row[0])


TABLE = Table(
    name="trend",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    retention=Unlimited(note="one row, written over"),
)
