from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.ids import DecisionId
from edge.storage.decisions import decisions, feedback
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, DECISION, decision, later, reply


def test_answers_come_back_in_their_order(conn: sqlite3.Connection) -> None:
    whole = replace(reply("decline"), item=None, value=None)
    for answer in (reply(), whole):
        feedback.add(conn, answer)
    assert feedback.of_decision(conn, DECISION) == (reply(), whole)
    assert feedback.of_decision(conn, DecisionId("d-2")) == ()


def test_answers_are_counted_by_action(conn: sqlite3.Connection) -> None:
    for action in ("touch", "accept", "touch"):
        feedback.add(conn, reply(action))
    assert stored.replies(conn) == {"accept": 1, "touch": 2}


def test_forgetting_a_person_takes_their_answers(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision(token=ANN))
    feedback.add(conn, reply())
    assert feedback.forget(conn, BEN) == 0
    assert feedback.forget(conn, ANN) == 1


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    feedback.add(conn, reply())
    feedback.add(conn, replace(reply(), at=later(5)))
    assert feedback.sweep(conn, later(5), limit=10) == 1
