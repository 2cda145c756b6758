from __future__ import annotations

import sqlite3

from edge.storage.operations import box_facts as notes


def test_a_note_says_what_was_written_last(conn: sqlite3.Connection) -> None:
    assert notes.find(conn, "colour") is None
    notes.put(conn, "colour", "red")
    notes.put(conn, "colour", "blue")
    assert notes.find(conn, "colour") == "blue"


def test_a_kept_note_is_never_written_over(conn: sqlite3.Connection) -> None:
    assert notes.keep(conn, "key", "first") == "first"
    assert notes.keep(conn, "key", "second") == "first"


def test_every_start_has_its_own_number(conn: sqlite3.Connection) -> None:
    assert [notes.next_boot(conn) for _ in range(3)] == [1, 2, 3]
