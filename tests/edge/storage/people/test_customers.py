from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.consent import Purpose
from edge.storage import erased_people
from edge.storage.people import consents, customers
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW, customer, entry


def test_a_customer_comes_back_as_they_were(conn: sqlite3.Connection) -> None:
    assert customers.upsert(conn, customer())
    assert customers.find(conn, ANN) == customer()


def test_a_customer_is_found_with_their_ledger(conn: sqlite3.Connection) -> None:
    customers.upsert(conn, customer())
    consents.append(conn, [entry()])
    found = customers.find(conn, ANN)
    assert found is not None
    assert found.consents.covers(Purpose.RECOGNISE, NOW)


def test_nobody_is_found_under_an_unknown_token(conn: sqlite3.Connection) -> None:
    consents.append(conn, [entry()])
    assert customers.find(conn, ANN) is None


def test_newer_facts_replace_older_ones(conn: sqlite3.Connection) -> None:
    customers.upsert(conn, customer())
    changed = replace(customer(), locale="de-DE", segments=())
    customers.upsert(conn, changed)
    assert customers.find(conn, ANN) == changed
    assert stored.count(conn, "customers") == 1


def test_forgetting_one_leaves_the_others(conn: sqlite3.Connection) -> None:
    customers.upsert(conn, customer(ANN))
    customers.upsert(conn, customer(BEN))
    assert customers.forget(conn, ANN) == 1
    assert customers.find(conn, ANN) is None
    assert customers.find(conn, BEN) == customer(BEN)


def test_an_erased_customer_is_not_taken_again(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not customers.upsert(conn, customer(ANN))
    assert customers.find(conn, ANN) is None
