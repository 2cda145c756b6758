from __future__ import annotations

import sqlite3

import pytest

from edge.storage.catalogue import campaign_versions
from edge.storage.catalogue.campaign_versions import KEPT, Hand, VersionState
from tests.edge.storage.samples import NOW, later

ANNA, BO = Hand("anna", NOW), Hand("bo", later(60))


def draft(conn: sqlite3.Connection, campaign: str = "june", body: str = "{}") -> int:
    return campaign_versions.add(conn, campaign, body, "drafted", ANNA).version


def live(conn: sqlite3.Connection, campaign: str = "june") -> int:
    version = draft(conn, campaign)
    assert campaign_versions.approve(conn, campaign, version, BO)
    assert campaign_versions.go_live(conn, campaign, version, BO)
    return version


def test_versions_count_up_for_each_campaign(conn: sqlite3.Connection) -> None:
    assert [draft(conn), draft(conn), draft(conn, "july")] == [1, 2, 1]


def test_a_version_goes_from_draft_to_live_and_tells_whose_hands_it_went_through(
    conn: sqlite3.Connection,
) -> None:
    live(conn)
    (found,) = campaign_versions.of(conn, "june")
    assert (found.state, found.drafted, found.approved, found.published) == (
        VersionState.LIVE, ANNA, BO, BO,
    )  # fmt: skip


def test_no_step_is_left_out_or_taken_twice(conn: sqlite3.Connection) -> None:
    version = draft(conn)
    assert not campaign_versions.go_live(conn, "june", version, BO)
    assert campaign_versions.approve(conn, "june", version, BO)
    assert not campaign_versions.approve(conn, "june", version, BO)
    assert campaign_versions.go_live(conn, "june", version, BO)
    assert not campaign_versions.go_live(conn, "june", version, BO)


def test_one_version_of_a_campaign_is_live_at_a_time(conn: sqlite3.Connection) -> None:
    live(conn)
    live(conn)
    states = [
        (one.version, one.state, one.ended_at) for one in campaign_versions.of(conn, "june")
    ]
    assert states == [(2, VersionState.LIVE, None), (1, VersionState.ENDED, BO.at)]
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("UPDATE editions SET state = 'live'")


def test_the_newest_of_each_campaign_is_told(conn: sqlite3.Connection) -> None:
    live(conn)
    draft(conn)
    live(conn, "may")
    assert [(one.campaign, one.version) for one in campaign_versions.newest(conn)] == [
        ("june", 2),
        ("may", 1),
    ]


def test_old_versions_that_have_ended_go_after_a_hundred(conn: sqlite3.Connection) -> None:
    waiting = draft(conn)
    for _ in range(KEPT + 1):
        live(conn)
    kept = {one.version for one in campaign_versions.of(conn, "june")}
    assert waiting in kept
    assert 2 not in kept
    assert len(kept) == KEPT + 1
