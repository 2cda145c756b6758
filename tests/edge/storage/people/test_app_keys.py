from __future__ import annotations

import sqlite3

from edge.storage import erased_people
from edge.storage.people import app_keys
from tests.edge.storage.samples import ANN, BEN, NOW, app_key


def test_a_key_is_found_by_its_name(conn: sqlite3.Connection) -> None:
    assert app_keys.put(conn, app_key())
    assert app_keys.find(conn, "phone-1") == app_key()
    assert app_keys.find(conn, "phone-2") is None


def test_a_phone_that_changes_hands_is_the_new_persons(conn: sqlite3.Connection) -> None:
    app_keys.put(conn, app_key(ANN))
    app_keys.put(conn, app_key(BEN))
    assert app_keys.find(conn, "phone-1") == app_key(BEN)
    assert app_keys.forget(conn, ANN) == 0


def test_a_forgotten_persons_claims_are_not_believed(conn: sqlite3.Connection) -> None:
    app_keys.put(conn, app_key())
    assert app_keys.forget(conn, ANN) == 1
    assert app_keys.find(conn, "phone-1") is None


def test_an_erased_person_has_no_app(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not app_keys.put(conn, app_key())
    assert app_keys.find(conn, "phone-1") is None
