"""Who was erased and may never come back, known by a keyed hash only.

Every table that takes a token asks here before it writes, so that a late event, a stale page from the
centre or a restored copy cannot bring an erased person back. `edge.storage.erasure` adds; retention lets go.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from datetime import datetime

from edge.domain.ids import Token
from edge.storage.operations import box_facts
from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE tombstones (
    mark      BLOB PRIMARY KEY,
    erased_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# The key is made with the first erasure; where there is none, nobody was ever erased here.
_KEY = "tombstone-key"


def add(conn: sqlite3.Connection, token: Token, at: datetime) -> None:
    """From ``at`` on, nothing under ``token`` is written any more."""
    # Kept with the first erasure and never made anew: under another key nobody would be found.
    key = box_facts.keep(conn, _KEY, secrets.token_hex(32))
    conn.execute(
        "INSERT OR IGNORE INTO tombstones (mark, erased_us) VALUES (?, ?)",
        (_mark(key, token), to_us(at)),
    )


def holds(conn: sqlite3.Connection, token: Token | None) -> bool:
    """Whether ``token`` was erased; nobody was not."""
    if token is None or (key := box_facts.find(conn, _KEY)) is None:
        return False
    mark = _mark(key, token)
    return (
        conn.execute("SELECT 1 FROM tombstones WHERE mark = ?", (mark,)).fetchone() is not None
    )


def sweep(conn: sqlite3.Connection, before: datetime) -> int:
    """Let go of erasures before ``before``, once no copy or delayed event can be that old."""
    return conn.execute("DELETE FROM tombstones WHERE erased_us < ?", (to_us(before),)).rowcount


def _mark(key: str, token: Token) -> bytes:
    # Keyed: without this box's own key nobody can try tokens against the marks.
    return hashlib.blake2b(token.encode(), key=bytes.fromhex(key), digest_size=16).digest()


def _sweep_all(conn: sqlite3.Connection, before: datetime, _limit: int) -> int:
    # All at once: there are few, and a mark that lingers keeps out somebody who comes again.
    return sweep(conn, before)


TABLE = Table(
    name="tombstones",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA, before="customers"),),
    # Longer than any copy that could still come back.
    retention=Retention(data_class="tombstones", days=400, sweep=_sweep_all),
)
