"""The stream ``triggers`` of the centre."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.pipeline.central_changes import CentralChanges
from edge.storage.catalogue import triggers
from edge.storage.connection import open_connection
from tests.edge.builders import NOW
from tests.edge.campaigns.triggers.house import HELLO


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    found = open_connection(tmp_path / "store.db")
    yield found
    found.close()


def come(conn: sqlite3.Connection, body: dict[str, Any], op: Any = "upsert") -> None:
    handler = CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW).handlers()["triggers"]
    handler(conn, [StreamChange(stream="triggers", key="hello", op=op, version=1, body=body)])


def test_what_the_centre_sends_is_in_force(conn: sqlite3.Connection) -> None:
    come(conn, HELLO)
    assert [one.id for one in triggers.in_force(conn)] == ["hello"]


def test_what_it_deletes_is_not(conn: sqlite3.Connection) -> None:
    come(conn, HELLO)
    come(conn, {}, "delete")
    assert triggers.in_force(conn) == ()


@pytest.mark.parametrize("changed", [{"when": "mood == 'good'"}, {"signal": "sneeze"}])
def test_what_no_trigger_can_say_is_refused(
    conn: sqlite3.Connection, changed: dict[str, Any]
) -> None:
    with pytest.raises(ChangeRefused, match="triggers"):
        come(conn, {**HELLO, **changed})
    assert triggers.in_force(conn) == ()


def test_a_version_that_says_something_else_is_refused(conn: sqlite3.Connection) -> None:
    come(conn, HELLO)
    with pytest.raises(ChangeRefused, match="published before"):
        come(conn, {**HELLO, "reason": "You are here."})
