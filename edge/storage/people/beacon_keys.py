"""The secret behind each person's rotating beacon ids.

The centre sends it down with a person; the identity lookup derives from all of them whose id was just heard.
"""

from __future__ import annotations

import sqlite3

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import (
    NO_TERM_YET,
    Erasure,
    ExportQuery,
    MigrationStep,
    Table,
    Unlimited,
)

SCHEMA = """
CREATE TABLE beacon_keys (
    token TEXT PRIMARY KEY,
    key   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


def put(conn: sqlite3.Connection, token: Token, key: bytes) -> bool:
    """Know the person's beacon by ``key``, over an older one; False when they were erased."""
    if erased_people.holds(conn, token):
        return False
    conn.execute(
        "INSERT INTO beacon_keys (token, key) VALUES (?1, ?2)"
        " ON CONFLICT (token) DO UPDATE SET key = ?2",
        (token, key),
    )
    return True


def find(conn: sqlite3.Connection, token: Token) -> bytes | None:
    """The person's key."""
    row = conn.execute("SELECT key FROM beacon_keys WHERE token = ?", (token,)).fetchone()
    return None if row is None else bytes(row[0])


def everyone(conn: sqlite3.Connection) -> dict[Token, bytes]:
    """Every person's key, in the order of their tokens."""
    rows = conn.execute("SELECT token, key FROM beacon_keys ORDER BY token")
    return {Token(token): key for token, key in rows}


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's key."""
    return conn.execute("DELETE FROM beacon_keys WHERE token = ?", (token,)).rowcount


TABLE = Table(
    name="beacon_keys",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(note=NO_TERM_YET),
    export=ExportQuery(sql="SELECT hex(key) AS key FROM beacon_keys WHERE token = ?"),
)
