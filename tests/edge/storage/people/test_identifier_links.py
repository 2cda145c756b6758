from __future__ import annotations

import re
import sqlite3

from edge.domain.ids import fresh_token, link_code
from edge.storage import erased_people
from edge.storage.people import identifier_links
from tests.edge.storage.samples import ANN, BEN, NOW, link

CODE = link_code(b"k" * 32, "email", "ann@example.org")


def test_a_code_leads_to_its_person(conn: sqlite3.Connection) -> None:
    assert identifier_links.put(conn, link(ANN, CODE))
    assert identifier_links.find(conn, CODE) == ANN
    assert identifier_links.find(conn, "another") is None


def test_a_code_can_be_given_to_somebody_else(conn: sqlite3.Connection) -> None:
    identifier_links.put(conn, link(ANN, CODE))
    identifier_links.put(conn, link(BEN, CODE))
    assert identifier_links.find(conn, CODE) == BEN


def test_forgetting_one_leaves_the_others(conn: sqlite3.Connection) -> None:
    identifier_links.put(conn, link(ANN, "one"))
    identifier_links.put(conn, link(ANN, "two"))
    identifier_links.put(conn, link(BEN, "three"))
    assert identifier_links.forget(conn, ANN) == 2
    assert identifier_links.find(conn, "one") is None
    assert identifier_links.find(conn, "three") == BEN


def test_no_code_leads_to_an_erased_person(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not identifier_links.put(conn, link(ANN, CODE))
    assert identifier_links.find(conn, CODE) is None


def test_a_first_enrolment_gets_the_token_of_its_code(conn: sqlite3.Connection) -> None:
    assert identifier_links.pseudonym_for(conn, CODE) == fresh_token(CODE)


def test_an_erased_person_who_comes_again_gets_another_token(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, fresh_token(CODE), NOW)
    second = identifier_links.pseudonym_for(conn, CODE)
    erased_people.add(conn, second, NOW)
    third = identifier_links.pseudonym_for(conn, CODE)
    assert len({fresh_token(CODE), second, third}) == 3
    assert all(re.fullmatch(r"c-[a-z2-7]{26}", token) for token in (second, third))
    assert identifier_links.pseudonym_for(conn, CODE) == third
