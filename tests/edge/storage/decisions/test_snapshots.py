from __future__ import annotations

import sqlite3

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.decisions import snapshots
from tests.edge.storage.samples import ANN, BEN, NOW, PROFILE, PROFILE_DIGEST, later, snapshot


def rows(conn: sqlite3.Connection) -> int:
    count: int = conn.execute("SELECT count(*) FROM snapshots").fetchone()[0]
    return count


def test_bytes_are_found_under_their_digest(conn: sqlite3.Connection) -> None:
    assert snapshots.keep(conn, snapshot(), NOW)
    assert snapshots.find(conn, PROFILE_DIGEST) == PROFILE
    assert snapshots.find(conn, "0" * 64) is None


def test_the_same_bytes_are_kept_once(conn: sqlite3.Connection) -> None:
    assert snapshots.keep(conn, snapshot(), NOW)
    assert snapshots.keep(conn, snapshot(), later(1))
    assert rows(conn) == 1


def test_keeping_again_counts_as_use(conn: sqlite3.Connection) -> None:
    snapshots.keep(conn, snapshot(), NOW)
    snapshots.keep(conn, snapshot(), later(days=2))
    assert snapshots.sweep(conn, later(days=1), limit=10) == 0


def test_equal_bytes_of_two_people_are_forgotten_apart(conn: sqlite3.Connection) -> None:
    for token in (ANN, BEN):
        snapshots.keep(conn, snapshot(token), NOW)
    assert snapshots.forget(conn, ANN) == 1
    assert snapshots.find(conn, PROFILE_DIGEST) == PROFILE
    assert snapshots.forget(conn, BEN) == 1
    assert snapshots.find(conn, PROFILE_DIGEST) is None


def test_forgetting_nobody_in_particular_keeps_the_stores_own(conn: sqlite3.Connection) -> None:
    snapshots.keep(conn, snapshot(None), NOW)
    assert snapshots.forget(conn, ANN) == 0
    assert snapshots.forget(conn, Token("c-")) == 0
    assert snapshots.find(conn, PROFILE_DIGEST) == PROFILE


def test_an_erased_persons_snapshot_is_not_kept(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not snapshots.keep(conn, snapshot(ANN), NOW)
    assert rows(conn) == 0


def test_rotten_bytes_are_not_handed_out(conn: sqlite3.Connection) -> None:
    snapshots.keep(conn, snapshot(), NOW)
    conn.execute("UPDATE snapshots SET body = x'00'")
    assert snapshots.find(conn, PROFILE_DIGEST) is None
    other = snapshot(body=b"other")
    snapshots.keep(conn, other, NOW)
    conn.execute("UPDATE snapshots SET digest = ? WHERE digest = ?", ("f" * 64, other.digest))
    assert snapshots.find(conn, "f" * 64) is None
