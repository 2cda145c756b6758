from __future__ import annotations

import sqlite3

from edge.storage.operations import box_facts


def test_a_note_says_what_was_written_last(conn: sqlite3.Connection) -> None:
    assert box_facts.find(conn, "colour") is None
    box_facts.put(conn, "colour", "red")
    box_facts.put(conn, "colour", "blue")
    assert box_facts.find(conn, "colour") == "blue"


def test_a_kept_note_is_never_written_over(conn: sqlite3.Connection) -> None:
    assert box_facts.keep(conn, "key", "first") == "first"
    assert box_facts.keep(conn, "key", "second") == "first"


def test_every_start_has_its_own_number(conn: sqlite3.Connection) -> None:
    assert [box_facts.next_boot(conn) for _ in range(3)] == [1, 2, 3]
