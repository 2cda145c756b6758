from __future__ import annotations

import sqlite3

from edge.storage.decisions import decisions
from edge.storage.decisions import proof_of_play as plays
from tests.edge.storage.samples import ANN, BEN, decision, later, play


def test_a_run_counts_once(conn: sqlite3.Connection) -> None:
    assert plays.add(conn, play())
    assert not plays.add(conn, play())
    assert plays.add(conn, play(later(8)))
    assert plays.count(conn) == 2


def test_forgetting_a_person_takes_the_runs_decided_for_them(conn: sqlite3.Connection) -> None:
    decisions.save(conn, decision(token=ANN))
    plays.add(conn, play())
    assert plays.forget(conn, BEN) == 0
    assert plays.forget(conn, ANN) == 1


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    plays.add(conn, play())
    plays.add(conn, play(later(8)))
    assert plays.sweep(conn, later(8), limit=10) == 1
