from __future__ import annotations

import sqlite3

from edge.storage import erased_people
from edge.storage.people import beacon_keys
from tests.edge.storage.samples import ANN, BEN, NOW


def test_every_key_is_read_with_its_person(conn: sqlite3.Connection) -> None:
    beacon_keys.put(conn, BEN, b"b" * 16)
    beacon_keys.put(conn, ANN, b"a" * 16)
    assert beacon_keys.everyone(conn) == {ANN: b"a" * 16, BEN: b"b" * 16}
    assert list(beacon_keys.everyone(conn)) == [ANN, BEN]


def test_a_new_key_replaces_the_old(conn: sqlite3.Connection) -> None:
    beacon_keys.put(conn, ANN, b"old")
    beacon_keys.put(conn, ANN, b"new")
    assert beacon_keys.everyone(conn) == {ANN: b"new"}


def test_forgetting_one_leaves_the_others(conn: sqlite3.Connection) -> None:
    beacon_keys.put(conn, ANN, b"a")
    beacon_keys.put(conn, BEN, b"b")
    assert beacon_keys.forget(conn, ANN) == 1
    assert beacon_keys.everyone(conn) == {BEN: b"b"}


def test_an_erased_person_has_no_key(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not beacon_keys.put(conn, ANN, b"a")
    assert beacon_keys.everyone(conn) == {}
