from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.storage.operations import first_answers
from edge.storage.operations.first_answers import FirstAnswer
from tests.edge.storage.samples import NOW, later

ASKED = FirstAnswer(source="till-1", key="k-1", digest=b"one")


def test_an_answer_is_kept_once_and_never_written_over(conn: sqlite3.Connection) -> None:
    assert first_answers.find(conn, "till-1", "k-1") is None
    first_answers.keep(conn, ASKED, NOW)
    assert first_answers.find(conn, "till-1", "k-1") == ASKED
    for answer in ("yes", "no"):
        first_answers.keep(conn, replace(ASKED, answer=answer), NOW)
    assert first_answers.find(conn, "till-1", "k-1") == replace(ASKED, answer="yes")


def test_the_first_body_keeps_its_digest(conn: sqlite3.Connection) -> None:
    first_answers.keep(conn, ASKED, NOW)
    first_answers.keep(conn, replace(ASKED, digest=b"two", answer="yes"), NOW)
    found = first_answers.find(conn, "till-1", "k-1")
    assert found is not None
    assert found.digest == b"one"


def test_the_oldest_go_first(conn: sqlite3.Connection) -> None:
    for n in range(3):
        first_answers.keep(conn, replace(ASKED, key=f"k-{n}"), later(n))
    assert first_answers.sweep(conn, later(2), limit=1) == 1
    assert first_answers.find(conn, "till-1", "k-0") is None
    assert first_answers.find(conn, "till-1", "k-1") is not None
