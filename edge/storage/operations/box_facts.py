"""Small named facts about this box: how often it started, which key it was made with.

The service counts its starts here; erasure, retention and the trigger scheduler keep what they must know after one.
"""

from __future__ import annotations

import sqlite3

from edge.storage.table import MigrationStep, Table, Unlimited

SCHEMA = """
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


def put(conn: sqlite3.Connection, name: str, value: str) -> None:
    """Write the fact ``name``, over an older one."""
    conn.execute(
        "INSERT INTO notes (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
        (name, value),
    )


def keep(conn: sqlite3.Connection, name: str, value: str) -> str:
    """Write the fact ``name`` unless it is there; the fact as it now stands."""
    # Two processes may keep it at once: the first one's word stands for both.
    conn.execute("INSERT OR IGNORE INTO notes (name, value) VALUES (?, ?)", (name, value))
    return find(conn, name) or value


def find(conn: sqlite3.Connection, name: str) -> str | None:
    """What is known under ``name``."""
    row = conn.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def next_boot(conn: sqlite3.Connection) -> int:
    """Count this start: 1 for the first, never the same twice."""
    # In the caller's transaction: no two starts get the same number.
    boot = int(find(conn, "boots") or 0) + 1
    put(conn, "boots", str(boot))
    return boot


TABLE = Table(
    name="notes",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    retention=Unlimited(note="a handful of facts about the box, written over"),
)
