from __future__ import annotations

import sqlite3
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.domain.driver_credit import Driver
from edge.pipeline.central_changes import CentralChanges
from edge.storage.catalogue import challenges
from edge.storage.catalogue.challenge_bodies import know_bounty, know_challenge
from edge.storage.measurement import driver_credits
from tests.edge.storage.samples import NOW, later

JUNE: dict[str, Any] = {
    "id": "june",
    "headline": "Three this week",
    "starts_at": NOW.isoformat(),
    "ends_at": later(days=7).isoformat(),
    "reward": {"points": 50},
}


def test_a_challenge_comes_and_goes(conn: sqlite3.Connection) -> None:
    know_challenge(conn, "june", {**JUNE, "of_a_later_version": 1})
    (found,) = challenges.every(conn)
    assert (found.id, found.usual, found.discoveries, found.starts_at) == ("june", 2, 1, NOW)
    know_challenge(conn, "june", None)
    assert challenges.every(conn) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"reward": {}},
        {"reward": {"points": 5, "offer": "o-1"}},
        {"reward": {"points": -1}},
        {"ends_at": NOW.isoformat()},
        {"starts_at": "2024-06-03T00:00:00"},
        {"usual": 0},
        {"headline": ""},
    ],
)
def test_what_cannot_be_a_challenge_is_refused(
    conn: sqlite3.Connection, changed: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        know_challenge(conn, "june", {**JUNE, **changed})


def test_a_challenge_under_anothers_key_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(ChangeRefused, match="its key"):
        know_challenge(conn, "july", JUNE)


def test_a_drivers_value_comes_and_goes(conn: sqlite3.Connection) -> None:
    know_bounty(conn, "signed-up", {"cents": 150})
    know_bounty(conn, "of-a-later-version", {"cents": 150})
    assert driver_credits.values(conn) == {Driver.SIGNED_UP: 150}
    know_bounty(conn, "signed-up", None)
    assert driver_credits.values(conn) == {}


@pytest.mark.parametrize("cents", [-1, 1_000_001, "much"])
def test_a_value_out_of_its_limits_is_refused(conn: sqlite3.Connection, cents: object) -> None:
    with pytest.raises(ValidationError):
        know_bounty(conn, "signed-up", {"cents": cents})


def told(conn: sqlite3.Connection, stream: str, key: str, body: dict[str, Any] | None) -> None:
    """The same on the way from the centre."""
    op: Literal["upsert", "delete"] = "delete" if body is None else "upsert"
    change = StreamChange(stream=stream, key=key, op=op, version=1, body=body or {})
    incoming = CentralChanges(zone=ZoneInfo("UTC"), now=lambda: NOW)
    incoming.handlers()[stream](conn, [change])


def test_both_come_down_from_the_centre(conn: sqlite3.Connection) -> None:
    told(conn, "challenges", "june", JUNE)
    told(conn, "bounties", "logged-in", {"cents": 20})
    assert [one.id for one in challenges.every(conn)] == ["june"]
    assert driver_credits.values(conn) == {Driver.LOGGED_IN: 20}
    told(conn, "challenges", "june", None)
    told(conn, "bounties", "logged-in", None)
    assert (challenges.every(conn), driver_credits.values(conn)) == ((), {})


def test_a_bad_body_from_the_centre_is_refused_by_the_names_of_its_fields(
    conn: sqlite3.Connection,
) -> None:
    with pytest.raises(ChangeRefused, match="not valid: headline"):
        told(conn, "challenges", "june", {**JUNE, "headline": ""})
