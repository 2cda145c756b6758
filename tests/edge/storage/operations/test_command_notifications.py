from __future__ import annotations

import sqlite3

from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from tests.edge.storage.samples import ANN, BEN


def test_bells_are_heard_in_the_order_they_were_rung(conn: sqlite3.Connection) -> None:
    assert command_notifications.since(conn, 0) == ()
    command_notifications.notify(conn, CommandNotification.PERSON, ANN)
    command_notifications.notify(conn, CommandNotification.MODEL)
    assert command_notifications.since(conn, 0) == (
        (1, CommandNotification.PERSON, ANN),
        (2, CommandNotification.MODEL, ""),
    )
    assert command_notifications.since(conn, 1) == ((2, CommandNotification.MODEL, ""),)
    assert command_notifications.since(conn, 2) == ()


def test_a_bell_that_was_heard_is_not_kept_nor_its_number_used_again(
    conn: sqlite3.Connection,
) -> None:
    command_notifications.notify(conn, CommandNotification.ERASED, ANN)
    command_notifications.acknowledge(conn, 1)
    assert command_notifications.since(conn, 0) == ()
    command_notifications.notify(conn, CommandNotification.SHELVES)
    assert command_notifications.since(conn, 1) == ((2, CommandNotification.SHELVES, ""),)


def test_forgetting_a_person_silences_their_bells_alone(conn: sqlite3.Connection) -> None:
    for token in (ANN, BEN, ANN):
        command_notifications.notify(conn, CommandNotification.PERSON, token)
    assert command_notifications.forget(conn, ANN) == 2
    assert command_notifications.since(conn, 0) == ((2, CommandNotification.PERSON, BEN),)
