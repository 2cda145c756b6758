from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.ids import DecisionId
from edge.storage.decisions import decisions
from edge.storage.decisions import feedback as replies
from tests.edge.storage.samples import ANN, BEN, DECISION, decision, later, reply


def test_answers_come_back_in_their_order(conn: sqlite3.Connection) -> None:
    whole = replace(reply("decline"), item=None, value=None)
    for answer in (reply(), whole):
        replies.add(conn, answer)
    assert replies.of_decision(conn, DECISION) == (reply(), whole)
    assert replies.of_decision(conn, DecisionId("d-2")) == ()


def test_answers_are_counted_by_action(conn: sqlite3.Connection) -> None:
    for action in ("touch", "accept", "touch"):
        replies.add(conn, reply(action))
    assert replies.counts(conn) == {"accept": 1, "touch": 2}


def test_forgetting_a_person_takes_their_answers(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision(token=ANN))
    replies.add(conn, reply())
    assert replies.forget(conn, BEN) == 0
    assert replies.forget(conn, ANN) == 1


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    replies.add(conn, reply())
    replies.add(conn, replace(reply(), at=later(5)))
    assert replies.sweep(conn, later(5), limit=10) == 1
