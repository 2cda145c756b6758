"""The schema's history: releases that bring an older file to the tables of today, each applied once.

`edge.storage.connection` calls `migrate` whenever it opens the file for writing; after it every table is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from edge.storage.table import MigrationStep, arranged
from edge.storage.tables import TABLES


def _steps() -> Iterator[tuple[str, str]]:
    releases = dict[str, dict[str, MigrationStep]]()
    for table in TABLES:
        for step in table.steps:
            releases.setdefault(step.release, {})[table.name] = step
    # Releases are named by their number: sorted, they come in the order in which they were made.
    for release, parts in sorted(releases.items()):
        yield release, "".join(part.sql for part in arranged(parts).values())


STEPS: tuple[tuple[str, str], ...] = tuple(_steps())
"""Name and text of each release of the schema, oldest first, put together from its tables' parts."""


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the file up to date, race-free between processes; all pending steps or none.

    The migration library is loaded only when there is something to do: it costs a fifth of a second.
    """
    if _version(conn) >= len(STEPS):
        return
    # Exclusive: no other process may meet a schema that is half made.
    conn.execute("BEGIN EXCLUSIVE")
    try:
        # Asked again: another process may have migrated while this one waited for the lock.
        if _version(conn) < len(STEPS):
            _apply(conn)
            # A pragma takes no parameters; the number is our own.
            conn.execute(f"PRAGMA user_version = {len(STEPS)}")
        conn.execute("COMMIT")
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def statements(script: str) -> Iterator[str]:
    """The single statements of a script, triggers kept whole (``executescript`` would commit first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _apply(conn: sqlite3.Connection) -> None:
    from sqlite_utils import Database  # noqa: PLC0415 - loaded only when needed, see `migrate`
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415

    history = Migrations("storeside")
    for name, script in STEPS:

        @history(name=name)
        # Its own text, bound now: by the time it runs the loop is at the last one.
        def step(database: Database, script: str = script) -> None:
            for statement in statements(script):
                database.conn.execute(statement)

    # Its own pragmas and plugins stay out: the connection is set up as `edge.storage.connection` says.
    history.apply(Database(conn, recursive_triggers=False, execute_plugins=False))


def _version(conn: sqlite3.Connection) -> int:
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return version
