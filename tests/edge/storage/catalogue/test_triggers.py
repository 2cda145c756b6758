from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from pydantic import ValidationError

from edge.domain.errors import SettingsInvalid
from edge.storage.catalogue import triggers
from edge.storage.catalogue.triggers import TriggerRow
from tests.edge.storage.samples import NOW, later


def row(version: int = 1, **changed: Any) -> TriggerRow:
    plain = {
        "id": "hello",
        "version": version,
        "signal": "arrival",
        "reason": "You have just come in.",
        "message": {"headline": "Hello"},
    }
    return TriggerRow.model_validate({**plain, **changed})


def test_the_version_published_last_is_in_force(conn: sqlite3.Connection) -> None:
    triggers.publish(conn, row(), NOW)
    triggers.publish(conn, row(2, when="trips > 3"), later(1))
    (found,) = triggers.in_force(conn)
    assert (found.version, found.when) == (2, "trips > 3")


def test_an_older_version_can_be_put_back(conn: sqlite3.Connection) -> None:
    triggers.publish(conn, row(), NOW)
    triggers.publish(conn, row(2, when="trips > 3"), later(1))
    triggers.publish(conn, row(), later(2))
    assert [one.version for one in triggers.in_force(conn)] == [1]
    assert [(one.version, force) for one, _, force in triggers.history(conn)] == [
        (1, True),
        (2, False),
    ]


def test_a_published_version_never_says_something_else(conn: sqlite3.Connection) -> None:
    triggers.publish(conn, row(), NOW)
    with pytest.raises(SettingsInvalid) as refused:
        triggers.publish(conn, row(when="trips > 3"), NOW)
    assert refused.value.hint == "give it version 2"


def test_every_change_moves_the_mark(conn: sqlite3.Connection) -> None:
    marks = [triggers.mark(conn)]
    for step in (
        lambda: triggers.publish(conn, row(), NOW),
        lambda: triggers.publish(conn, row(2, when="trips > 3"), later(1)),
        lambda: triggers.publish(conn, row(), later(2)),
        lambda: triggers.withdraw(conn, "hello"),
    ):
        step()
        marks.append(triggers.mark(conn))
    assert len(set(marks)) == len(marks)


def test_what_is_withdrawn_is_out_of_force(conn: sqlite3.Connection) -> None:
    triggers.publish(conn, row(), NOW)
    assert triggers.withdraw(conn, "hello") == 1
    assert triggers.withdraw(conn, "hello") == 0
    assert triggers.in_force(conn) == ()


@pytest.mark.parametrize("purpose", ["measure", "train", "share"])
def test_a_message_rests_on_no_purpose_that_is_not_about_showing(purpose: str) -> None:
    with pytest.raises(ValidationError, match=purpose):
        row(purpose=purpose)


def test_a_screen_that_all_see_is_refreshed_because_of_nobody() -> None:
    assert row(refresh="kiosk-home").refresh == "kiosk-home"
    for place in ("display-zone", "arrival"):
        with pytest.raises(ValidationError, match="private"):
            row(refresh=place)
