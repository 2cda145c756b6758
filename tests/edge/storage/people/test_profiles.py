from __future__ import annotations

import sqlite3

from edge.storage import erased_people
from edge.storage.people import profiles
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW


def test_the_latest_profile_is_the_one_found(conn: sqlite3.Connection) -> None:
    assert profiles.find(conn, ANN) is None
    assert profiles.save(conn, ANN, b"old")
    assert profiles.save(conn, ANN, b"new")
    assert profiles.find(conn, ANN) == b"new"
    assert stored.count(conn, "profiles") == 1


def test_forgetting_one_leaves_the_others(conn: sqlite3.Connection) -> None:
    profiles.save(conn, ANN, b"a")
    profiles.save(conn, BEN, b"b")
    assert profiles.forget(conn, ANN) == 1
    assert profiles.find(conn, ANN) is None
    assert profiles.find(conn, BEN) == b"b"


def test_an_erased_person_has_no_profile(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not profiles.save(conn, ANN, b"a")
    assert profiles.find(conn, ANN) is None
