"""What stood on a purpose goes with it, once, and nothing else does."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.challenge import ChallengeCard
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.ids import Token
from edge.storage.catalogue import challenges
from edge.storage.measurement import experiment_outcomes
from edge.storage.people import consents, visit_days
from edge.storage.people.visit_days import PaidTrip
from tests.edge.builders import said
from tests.edge.storage.samples import ANN, BEN, NOW, entrant, kpi_updates, later

TABLES = ("outcomes", "trips", "cards")


def card(token: Token = ANN) -> ChallengeCard:
    return kpi_updates(token).cards[0]


def counted(conn: sqlite3.Connection) -> None:
    """Ann and Ben are in a test, made a trip, and hold a card each."""
    for token in (ANN, BEN):
        experiment_outcomes.enter(conn, entrant(token))
        visit_days.add(conn, PaidTrip(token=token, day=19_877, at=NOW, cents=100))
        challenges.save(conn, replace(card(token), rewarded_at=None))


def withdrawn(purpose: Purpose) -> ConsentEntry:
    return said(purpose, ConsentState.WITHDRAWN, token=ANN, at=NOW)


def left(conn: sqlite3.Connection, token: Token = ANN) -> dict[str, int]:
    def rows(table: str) -> int:
        question = f"SELECT count(*) FROM {table} WHERE token = ?"  # noqa: S608 - a closed list
        return int(conn.execute(question, (token,)).fetchone()[0])

    return {table: rows(table) for table in TABLES}


def test_without_measuring_tests_and_trips_are_forgotten(conn: sqlite3.Connection) -> None:
    counted(conn)
    consents.append(conn, [withdrawn(Purpose.MEASURE)])
    assert left(conn) == {"outcomes": 0, "trips": 0, "cards": 1}
    assert left(conn, BEN) == {"outcomes": 1, "trips": 1, "cards": 1}


def test_without_personal_content_there_is_no_card_to_fill(conn: sqlite3.Connection) -> None:
    counted(conn)
    consents.append(conn, [withdrawn(Purpose.PERSONALISE_PRIVATE)])
    assert left(conn) == {"outcomes": 1, "trips": 1, "cards": 0}


def test_a_card_that_was_rewarded_stays_so_that_it_is_not_given_again(
    conn: sqlite3.Connection,
) -> None:
    challenges.save(conn, replace(card(), rewarded_at=NOW))
    consents.append(conn, [withdrawn(Purpose.PERSONALISE_PRIVATE)])
    assert left(conn)["cards"] == 1


def test_a_line_that_comes_a_second_time_takes_nothing_back(conn: sqlite3.Connection) -> None:
    consents.append(conn, [withdrawn(Purpose.MEASURE)])
    consents.append(conn, [said(Purpose.MEASURE, token=ANN, at=later(1))])
    counted(conn)
    consents.append(conn, [withdrawn(Purpose.MEASURE)])
    assert left(conn) == {"outcomes": 1, "trips": 1, "cards": 1}
