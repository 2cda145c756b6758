from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.domain.consent import ConsentEntry, Consents, ConsentState, Purpose
from edge.storage import erased_people
from edge.storage.migrations import migrate
from edge.storage.people import consents
from tests.edge.storage.samples import ANN, BEN, NOW, entry, later

GIVEN, REFUSED, WITHDRAWN = ConsentState

ledgers = st.lists(
    st.builds(
        ConsentEntry,
        id=st.uuids().map(str),
        token=st.sampled_from([ANN, BEN]),
        purpose=st.sampled_from([Purpose.RECOGNISE, Purpose.SHARE]),
        state=st.sampled_from(ConsentState),
        market=st.just("US"),
        notice_id=st.just("n"),
        given_at=st.integers(-3, 3).map(lambda m: NOW + timedelta(minutes=m)),
        expires_at=st.sampled_from([None, NOW, later(1), later(days=1)]),
        channel=st.text(max_size=3),
    ),
    max_size=8,
)


def test_lines_come_back_as_they_were(conn: sqlite3.Connection) -> None:
    lines = (
        entry("1"),
        entry("2", state=WITHDRAWN, at=later(9)),
        entry("3", purpose=Purpose.SHARE),
    )
    assert consents.append(conn, lines) == 3
    assert consents.of(conn, ANN) == Consents(entries=lines)
    assert consents.of(conn, BEN) == Consents()


def test_a_line_that_comes_twice_stands_once(conn: sqlite3.Connection) -> None:
    assert consents.append(conn, [entry("1"), entry("1")]) == 1
    assert consents.append(conn, [entry("1"), entry("2")]) == 1
    assert [e.id for e in consents.of(conn, ANN).entries] == ["1", "2"]


def test_an_erased_person_adds_no_lines(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert consents.append(conn, [entry("1"), entry("2", token=BEN)]) == 1
    assert consents.of(conn, ANN) == Consents()
    assert consents.verify_chain(conn)


def test_people_are_counted_by_what_they_allow_now(conn: sqlite3.Connection) -> None:
    share = entry("2", purpose=Purpose.SHARE)
    gone = entry("3", purpose=Purpose.SHARE, state=WITHDRAWN, at=later(1))
    consents.append(conn, [entry("1"), share, gone, entry("4", token=BEN)])
    counts = consents.counts_by_purpose(conn, later(2))
    assert (counts[Purpose.RECOGNISE], counts[Purpose.SHARE], counts[Purpose.TRAIN]) == (
        2,
        0,
        0,
    )
    assert set(counts) == set(Purpose)


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_the_counts_agree_with_the_ledgers_own_answer(lines: Sequence[ConsentEntry]) -> None:
    conn = memory()
    consents.append(conn, lines)
    counts = consents.counts_by_purpose(conn, NOW)
    asked = [consents.of(conn, token) for token in (ANN, BEN)]
    assert counts == {p: sum(person.covers(p, NOW) for person in asked) for p in Purpose}


@settings(max_examples=30, deadline=None)
@given(ledgers)
def test_forgetting_keeps_the_chain_and_every_other_person(
    lines: Sequence[ConsentEntry],
) -> None:
    conn = memory()
    consents.append(conn, lines)
    bens = consents.of(conn, BEN)
    consents.forget(conn, ANN)
    assert consents.of(conn, ANN) == Consents()
    assert consents.of(conn, BEN) == bens
    assert consents.verify_chain(conn)
    assert conn.execute("SELECT count(*) FROM consents").fetchone()[0] == len(lines)


def test_a_forgotten_line_names_nobody(conn: sqlite3.Connection) -> None:
    consents.append(conn, [entry(f"{ANN}.recognise")])
    assert consents.forget(conn, ANN) == 1
    row = conn.execute("SELECT * FROM consents").fetchone()
    assert not any(ANN in str(value) for value in row)


def test_the_ledger_goes_on_behind_a_forgotten_line(conn: sqlite3.Connection) -> None:
    consents.append(conn, [entry("1"), entry("2", token=BEN)])
    consents.forget(conn, ANN)
    consents.append(conn, [entry("3", token=BEN)])
    assert consents.first_broken(conn) is None


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE consents SET state = 'given' WHERE seq = 2",
        "UPDATE consents SET given_us = given_us + 1 WHERE seq = 2",
        "UPDATE consents SET token = 'c-somebody-else' WHERE seq = 2",
        "UPDATE consents SET id = 'other' WHERE seq = 2",
        "UPDATE consents SET hash = 'ffff' WHERE seq = 2",
        "DELETE FROM consents WHERE seq = 2",
    ],
)
def test_tampering_shows_at_its_line(conn: sqlite3.Connection, tampering: str) -> None:
    consents.append(conn, [entry("1"), entry("2", state=REFUSED), entry("3")])
    conn.execute(tampering)
    assert consents.first_broken(conn) == 2
    assert not consents.verify_chain(conn)


def test_cutting_the_end_off_shows(conn: sqlite3.Connection) -> None:
    consents.append(conn, [entry("1"), entry("2")])
    conn.execute("DELETE FROM consents WHERE seq = 2")
    assert consents.first_broken(conn) == 2


def test_changing_places_shows(conn: sqlite3.Connection) -> None:
    consents.append(conn, [entry("1"), replace(entry("2"), market="FR")])
    conn.executescript("""
        UPDATE consents SET seq = 9 WHERE seq = 1;
        UPDATE consents SET seq = 1 WHERE seq = 2;
        UPDATE consents SET seq = 2 WHERE seq = 9;
    """)
    assert consents.first_broken(conn) == 1


def test_an_empty_ledger_holds(conn: sqlite3.Connection) -> None:
    assert consents.verify_chain(conn)


def memory() -> sqlite3.Connection:
    """A database without a file, for laws that are tried many times."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    migrate(conn)
    return conn
