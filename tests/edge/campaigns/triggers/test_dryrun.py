from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.domain.consent import Purpose
from edge.domain.ids import VisitId
from tests.edge.builders import ANN, BEN
from tests.edge.campaigns.triggers.kept_days import came, knows, open_kept, ran

LEAVING: dict[str, Any] = {
    "id": "leaving",
    "signal": "leaving",
    "when": "ended == 'paid' && basket_items >= 2",
    "reason": "You were here.",
    "message": {"headline": "Thank you"},
}


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    found = open_kept(tmp_path / "store.db")
    yield found
    found.close()


def test_it_counts_firings_and_people(conn: sqlite3.Connection) -> None:
    for token in (ANN, BEN):
        knows(conn, token)
        came(conn, token, -10, 1, 2)
    came(conn, ANN, -1, 1, 2)
    found = ran(conn, LEAVING)
    one = found.triggers["leaving"]
    assert (found.visits, one.fires, len(one.people)) == (3, 3, 2)


def test_it_rests_as_it_would_have(conn: sqlite3.Connection) -> None:
    knows(conn, ANN)
    came(conn, ANN, -3, 1, 2)
    came(conn, ANN, -1, 1, 2)
    one = ran(conn, LEAVING).triggers["leaving"]
    assert (one.fires, dict(one.silent)) == (1, {"cooling-down": 1})


def test_who_does_not_agree_is_not_counted(conn: sqlite3.Connection) -> None:
    knows(conn, ANN, Purpose.RECOGNISE)
    came(conn, ANN, -1, 1, 2)
    one = ran(conn, LEAVING).triggers["leaving"]
    assert (one.fires, dict(one.silent)) == (0, {"no-consent": 1})


def test_who_is_not_recognised_any_more_is_nobody(conn: sqlite3.Connection) -> None:
    knows(conn, ANN, Purpose.PERSONALISE_PRIVATE)
    came(conn, ANN, -1, 1, 2)
    assert ran(conn, LEAVING).visits == 0


def test_days_before_are_left_out(conn: sqlite3.Connection) -> None:
    knows(conn, ANN)
    came(conn, ANN, -10, 1, 2)
    assert ran(conn, LEAVING, days=-7).visits == 0


def test_what_was_due_on_arrival_is_seen(conn: sqlite3.Connection) -> None:
    knows(conn, ANN)
    came(conn, ANN, 0, 1)
    due = {**LEAVING, "id": "due", "signal": "resupply-due", "when": "times_bought >= 1"}
    assert ran(conn, due).triggers["due"].fires == 1


def test_signals_that_no_day_tells_of_are_named(conn: sqlite3.Connection) -> None:
    cheaper = {**LEAVING, "id": "cheaper", "signal": "price-drop", "when": ""}
    assert ran(conn, cheaper, LEAVING).unseen == ("cheaper",)


def test_nobody_is_named(conn: sqlite3.Connection) -> None:
    knows(conn, ANN)
    came(conn, ANN, -1, 1, 2)
    told = json.dumps(ran(conn, LEAVING).as_json())
    assert ANN not in told
    assert str(VisitId("v-ann--1")) not in told
