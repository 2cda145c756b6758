from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.errors import NoSuchArm, NoSuchTest, NotWon
from edge.campaigns.experiments.promote_winner import is_ahead, promote
from edge.campaigns.experiments.randomised import compare_people
from edge.campaigns.experiments.results import ExperimentEvidence, Result
from edge.domain.experiment import Design, Variant
from edge.storage.catalogue import campaign_versions, campaigns
from edge.storage.catalogue.campaign_versions import Hand, VersionState
from edge.storage.connection import open_connection, transaction
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from tests.edge.builders import NOW, campaign
from tests.edge.campaigns.experiments.people import LATER, crowd
from tests.edge.storage import stored

AB = campaign("june", holdout_pct=20, variants=(Variant(name="a"), Variant(name="b")))
MARIA = Hand("maria", NOW)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_connection(tmp_path / "store.db")
    campaigns.upsert(conn, [AB])
    with transaction(conn):
        yield conn
    conn.close()


def measured(plus: dict[str, int], drawn: dict[str, float] | None = None) -> Result:
    """What a test has shown in which an arm spends so much more."""
    shares = dict(shares_of(AB))
    people = compare_people(crowd(drawn or shares, plus), shares, LATER)
    return Result(
        evidence=ExperimentEvidence(id="june", name="June", shares=shares, campaign=AB),
        people=people,
    )


def test_the_winner_becomes_the_rule_in_a_new_version(conn: sqlite3.Connection) -> None:
    edition = promote(conn, measured({"b": 200}), "b", MARIA)
    found = campaigns.find(conn, "june")
    assert found is not None
    assert [v.name for v in found.variants] == ["b"]
    assert found.holdout_pct == 20
    assert (edition.state, edition.why) == (VersionState.LIVE, "promoted b")


def test_the_act_is_in_the_audit_with_both_digests(conn: sqlite3.Connection) -> None:
    promote(conn, measured({"b": 200}), "b", MARIA)
    act = next(a for a in stored.acts(conn, _object(conn)) if a.act == "promoted b")
    assert (act.who, act.at) == ("maria", NOW)
    assert act.before != act.after
    assert len(act.before) == len(act.after) == 64


def _object(conn: sqlite3.Connection) -> str:
    name: str = conn.execute("SELECT object FROM audit WHERE act = 'promoted b'").fetchone()[0]
    assert "june" in name
    return name


def test_what_was_there_can_be_gone_back_to(conn: sqlite3.Connection) -> None:
    promote(conn, measured({"b": 200}), "b", MARIA)
    newest, before = campaign_versions.of(conn, "june")
    assert (newest.state, before.state) == (VersionState.LIVE, VersionState.ENDED)
    assert '"a"' in before.body


def test_the_running_service_is_told(conn: sqlite3.Connection) -> None:
    promote(conn, measured({"b": 200}), "b", MARIA)
    assert [what for _, what, _ in command_notifications.since(conn, 0)] == [
        CommandNotification.SHELVES
    ]


@pytest.mark.parametrize("arm", ["a", "b"])
def test_where_nothing_is_told_nothing_becomes_the_rule(
    conn: sqlite3.Connection, arm: str
) -> None:
    with pytest.raises(NotWon, match="do not say"):
        promote(conn, measured({}), arm, MARIA)
    assert campaigns.find(conn, "june") == AB


def test_the_loser_becomes_the_rule_only_when_somebody_insists(
    conn: sqlite3.Connection,
) -> None:
    with pytest.raises(NotWon):
        promote(conn, measured({"b": 200}), "a", MARIA)
    assert promote(conn, measured({"b": 200}), "a", MARIA, anyway=True).why == "promoted a"


def test_a_test_that_lost_people_promotes_nobody(conn: sqlite3.Connection) -> None:
    lost = measured({"b": 200}, {"held-out": 0.4, "a": 0.3, "b": 0.3})
    with pytest.raises(NotWon, match="were meant"):
        promote(conn, lost, "b", MARIA)


def test_doing_nothing_may_win_and_pauses_the_campaign(conn: sqlite3.Connection) -> None:
    worse = measured({"a": -300, "b": -300})
    promote(conn, worse, "held-out", MARIA)
    found = campaigns.find(conn, "june")
    assert found is not None
    assert found.paused


def test_an_arm_that_there_is_not_is_named_with_those_there_are(
    conn: sqlite3.Connection,
) -> None:
    with pytest.raises(NoSuchArm) as refused:
        promote(conn, measured({}), "c", MARIA)
    assert "a, b; held-out" in str(refused.value.hint)


def test_a_campaign_that_is_gone_is_refused(conn: sqlite3.Connection) -> None:
    campaigns.delete(conn, ["june"])
    with pytest.raises(NoSuchTest):
        promote(conn, measured({"b": 200}), "b", MARIA)


def test_a_switchback_is_promoted_by_who_has_read_it(conn: sqlite3.Connection) -> None:
    shared = campaign("june", design=Design.SWITCHBACK, variants=AB.variants)
    result = Result(
        evidence=ExperimentEvidence(id="june", name="June", shares={}, campaign=shared)
    )
    with pytest.raises(NotWon, match="no people"):
        promote(conn, result, "b", MARIA)


def test_who_beats_one_and_is_beaten_by_none_is_ahead() -> None:
    people = measured({"b": 200}).people
    assert people is not None
    assert [is_ahead(people, arm) for arm in ("a", "b", "held-out")] == [False, True, False]
