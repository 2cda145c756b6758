from __future__ import annotations

import sqlite3

from edge.storage.operations import command_notifications as bells
from edge.storage.operations.command_notifications import CommandNotification
from tests.edge.storage.samples import ANN, BEN


def test_bells_are_heard_in_the_order_they_were_rung(conn: sqlite3.Connection) -> None:
    assert bells.last(conn) == 0
    bells.ring(conn, CommandNotification.PERSON, ANN)
    bells.ring(conn, CommandNotification.MODEL)
    assert bells.since(conn, 0) == (
        (1, CommandNotification.PERSON, ANN),
        (2, CommandNotification.MODEL, ""),
    )
    assert bells.since(conn, 1) == ((2, CommandNotification.MODEL, ""),)
    assert bells.last(conn) == 2


def test_a_bell_that_was_heard_is_not_kept_nor_its_number_used_again(
    conn: sqlite3.Connection,
) -> None:
    bells.ring(conn, CommandNotification.ERASED, ANN)
    bells.heard(conn, 1)
    assert bells.since(conn, 0) == ()
    bells.ring(conn, CommandNotification.SHELVES)
    assert bells.since(conn, 1) == ((2, CommandNotification.SHELVES, ""),)


def test_forgetting_a_person_silences_their_bells_alone(conn: sqlite3.Connection) -> None:
    for token in (ANN, BEN, ANN):
        bells.ring(conn, CommandNotification.PERSON, token)
    assert bells.forget(conn, ANN) == 2
    assert bells.since(conn, 0) == ((2, CommandNotification.PERSON, BEN),)
