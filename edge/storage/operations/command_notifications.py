"""Notes from a command on this machine to the running service: what it changed, so that memory follows.

Commands write one in the transaction of their change; the service's jobs look several times a second, act and delete.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from edge.domain.ids import Token
from edge.storage.table import Erasure, MigrationStep, Table, Unlimited

# Autoincrement: the number of a deleted row never comes again, so the service goes on after the last it saw.
SCHEMA = """
CREATE TABLE bells (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    key  TEXT NOT NULL
) STRICT;
"""


class CommandNotification(StrEnum):
    """What was changed."""

    PERSON = "person"
    ERASED = "erased"
    SHELVES = "shelves"
    MODEL = "model"


def notify(conn: sqlite3.Connection, what: CommandNotification, key: str = "") -> None:
    """Tell the service; in the transaction of the change itself."""
    conn.execute("INSERT INTO bells (what, key) VALUES (?, ?)", (what.value, key))


def since(
    conn: sqlite3.Connection, seq: int
) -> tuple[tuple[int, CommandNotification, str], ...]:
    """Notifications after number ``seq``, in order."""
    rows = conn.execute("SELECT seq, what, key FROM bells WHERE seq > ? ORDER BY seq", (seq,))
    return tuple((int(n), CommandNotification(what), str(key)) for n, what, key in rows)


def acknowledge(conn: sqlite3.Connection, seq: int) -> None:
    """The service has acted on everything up to ``seq``; a token named there is not kept."""
    conn.execute("DELETE FROM bells WHERE seq <= ?", (seq,))


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Take back what was notified about the person; the news that they are gone is notified after this."""
    return conn.execute("DELETE FROM bells WHERE key = ?", (token,)).rowcount


TABLE = Table(
    name="bells",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA, before="seen"),),
    erasure=Erasure(forget=forget, before="outbox"),
    retention=Unlimited(note="a row goes as soon as the service has heard it"),
)
