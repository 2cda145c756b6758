from __future__ import annotations

import sqlite3

from edge.storage.decisions import decisions, proof_of_play
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, decision, later, play


def test_a_run_counts_once(conn: sqlite3.Connection) -> None:
    assert proof_of_play.add(conn, play())
    assert not proof_of_play.add(conn, play())
    assert proof_of_play.add(conn, play(later(8)))
    assert stored.count(conn, "plays") == 2


def test_forgetting_a_person_takes_the_runs_decided_for_them(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision(token=ANN))
    proof_of_play.add(conn, play())
    assert proof_of_play.forget(conn, BEN) == 0
    assert proof_of_play.forget(conn, ANN) == 1


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    proof_of_play.add(conn, play())
    proof_of_play.add(conn, play(later(8)))
    assert proof_of_play.sweep(conn, later(8), limit=10) == 1
