"""How this project opens its SQLite file: one set of pragmas for the service, the commands and the tests.

`edge.storage.database` opens it for the service, every command that reads or changes the file by itself. Opening for
writing also brings the schema up to date (`edge.storage.migrations`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from edge.storage.migrations import migrate

# A command may hold the write lock while it imports a whole chain's customers; longer is a fault.
_BUSY_TIMEOUT_S = 60.0

# Every statement of one unit stays prepared.
_CACHED_STATEMENTS = 256

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # FULL: a commit returns after the sync; with NORMAL a power cut takes acknowledged rows.
    "PRAGMA synchronous = FULL",
    # Deleted content is overwritten; some builds of SQLite leave it in the file by default.
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    # 64 MiB: the log's file shrinks again after a burst.
    "PRAGMA journal_size_limit = 67108864",
)


def open_connection(
    path: Path, *, factory: type[sqlite3.Connection] = sqlite3.Connection
) -> sqlite3.Connection:
    """Open the store's file for reading and writing, at its newest schema; made if it is not there.

    Transactions are the caller's, see `transaction`. A second process may do this while the service runs.
    """
    conn = _connect(path, factory)
    try:
        # Most of these belong to the connection and not to the file: everybody who opens it sets them again.
        for pragma in _PRAGMAS:
            conn.execute(pragma)
        migrate(conn)
    except BaseException:  # also a cancelled start: nobody else could close the file
        conn.close()
        raise
    return conn


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a file that `open_connection` has made, for reading only."""
    conn = _connect(path, sqlite3.Connection)
    # A slip in a query cannot write past the writer's thread.
    conn.execute("PRAGMA query_only = ON")
    return conn


@contextmanager
def transaction(conn: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    """All of the block's writes, synced to disk when it ends, or none of them."""
    # Immediate: the lock is waited for here. A deferred transaction may fail at its first write, after it has read.
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield conn
        conn.execute("COMMIT")
    finally:
        # COMMIT itself may fail, on a full disk; then too no transaction may stay open.
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def _connect(path: Path, factory: type[sqlite3.Connection]) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        # Python's own transactions would begin and commit behind our back.
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
        # Opened on one thread, used on another: the writer's, or that of a long read.
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
        factory=factory,
    )
