from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.exposure_memory import DISMISSED, NEVER_AGAIN
from edge.storage import erased_people
from edge.storage.decisions import responses
from tests.edge.storage.samples import ANN, BEN, NOW, answer, later


def test_answers_come_back_as_they_were_oldest_first(conn: sqlite3.Connection) -> None:
    said = [answer(liked=DISMISSED, at=later(5)), answer(liked=NEVER_AGAIN, at=NOW)]
    bare = replace(
        said[0], response=said[0].response._replace(at=later(9), item=None, offer=None)
    )
    for one in (*said, bare):
        assert responses.add(conn, one)
    assert responses.of(conn, ANN, NOW) == [said[1].response, said[0].response, bare.response]
    assert responses.of(conn, ANN, later(1)) == [said[0].response, bare.response]
    assert responses.of(conn, BEN, NOW) == []


def test_an_erased_person_says_nothing_and_their_words_go(conn: sqlite3.Connection) -> None:
    responses.add(conn, answer())
    responses.add(conn, answer(BEN))
    assert responses.forget(conn, ANN) == 1
    erased_people.add(conn, ANN, NOW)
    assert not responses.add(conn, answer())
    assert responses.of(conn, ANN, NOW) == []
    assert len(responses.of(conn, BEN, NOW)) == 1


def test_a_sweep_takes_the_old_and_so_many_at_most(conn: sqlite3.Connection) -> None:
    for at in (NOW, later(1), later(5)):
        responses.add(conn, answer(at=at))
    assert responses.sweep(conn, later(5), limit=1) == 1
    assert responses.sweep(conn, later(5), limit=9) == 1
    assert len(responses.of(conn, ANN, NOW)) == 1


def test_of_two_that_are_alike_one_is_taken_back(conn: sqlite3.Connection) -> None:
    for _ in range(2):
        responses.add(conn, answer())
    assert responses.take_back(conn, answer())
    assert responses.of(conn, ANN, NOW) == [answer().response]
    assert responses.take_back(conn, answer())
    assert not responses.take_back(conn, answer())
