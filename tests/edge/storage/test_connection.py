from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.operations import box_facts


def pragma(conn: sqlite3.Connection, name: str) -> object:
    return conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_file_is_opened_durable_and_forgetful(path: Path) -> None:
    conn = open_connection(path)
    assert pragma(conn, "journal_mode") == "wal"
    assert pragma(conn, "synchronous") == 2
    assert pragma(conn, "secure_delete") == 1
    assert pragma(conn, "foreign_keys") == 1
    assert pragma(conn, "busy_timeout") == 60_000
    conn.close()


def test_a_reader_cannot_write(path: Path) -> None:
    conn = open_reader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        box_facts.put(conn, "a", "b")
    conn.close()


def test_a_transaction_stays_whole(path: Path) -> None:
    conn = open_connection(path)
    with transaction(conn):
        box_facts.put(conn, "kept", "1")
    with pytest.raises(sqlite3.IntegrityError), transaction(conn):
        conn.execute("INSERT INTO notes VALUES ('lost', '1'), ('kept', 'again')")
    assert (box_facts.find(conn, "kept"), box_facts.find(conn, "lost")) == ("1", None)
    assert not conn.in_transaction
    conn.close()


def test_what_is_no_database_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        open_connection(path)
