from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.campaigns.experiments.design import EVERYTHING, design_of, global_design
from edge.campaigns.experiments.results import (
    GlobalHoldout,
    gather,
    incremental,
    iterations,
    judge,
    lineage_of,
)
from edge.domain.experiment import Design, SwitchbackSchedule
from edge.domain.ids import Token
from edge.storage.catalogue import campaigns
from edge.storage.connection import open_connection
from edge.storage.measurement import experiment_outcomes, switchback_sums
from tests.edge.builders import campaign, later
from tests.edge.storage import samples

HOLDOUT = GlobalHoldout(salt="global-1", pct=10)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_connection(tmp_path / "store.db")
    yield conn
    conn.close()


def enter(conn: sqlite3.Connection, name: str, design: str, people: int = 3) -> None:
    for number in range(people):
        token = Token(f"c-{number}aaaa")
        experiment_outcomes.enter(conn, samples.entrant(token, campaign=name, design=design))


def test_everything_together_comes_first(conn: sqlite3.Connection) -> None:
    campaigns.upsert(conn, [campaign()])
    enter(conn, EVERYTHING, global_design("global-1", 10))
    first, second = gather(conn, HOLDOUT)
    assert (first.id, len(first.people), second.id) == (EVERYTHING, 3, "june")
    assert first.shares == {"held-out": 0.1, "treated": 0.9}


def test_people_of_an_earlier_draw_are_not_mixed_in(conn: sqlite3.Connection) -> None:
    old, new = campaign(holdout_pct=10), campaign(holdout_pct=10, salt="new")
    campaigns.upsert(conn, [new])
    enter(conn, "june", design_of(old), people=5)
    enter(conn, "june", design_of(new), people=2)
    assert len(gather(conn, HOLDOUT)[1].people) == 2


def test_a_switchback_is_judged_by_its_stretches(conn: sqlite3.Connection) -> None:
    test = campaign(design=Design.SWITCHBACK, rota=SwitchbackSchedule(period_minutes=60))
    campaigns.upsert(conn, [test])
    switchback_sums.count(
        conn, samples.stretch(design=design_of(test), begins_at=later(days=1))
    )
    result = judge(gather(conn, HOLDOUT)[1], later(days=2))
    assert result.people is None
    assert result.switched is not None
    assert result.switched.stretches == 1


def test_iterations_follow_their_parents(conn: sqlite3.Connection) -> None:
    line = [campaign(f"v{n}", parent=f"v{n - 1}" if n > 1 else None) for n in range(1, 6)]
    campaigns.upsert(conn, line)
    found = gather(conn, HOLDOUT)
    assert [one.id for one in iterations(found, "v4")] == ["v1", "v2", "v3", "v4"]
    assert [one.id for one in iterations(found, EVERYTHING)] == [EVERYTHING]


def test_a_circle_of_parents_ends() -> None:
    known = {"a": campaign("a", parent="b"), "b": campaign("b", parent="a")}
    assert lineage_of(known["a"], known) == ("b", "a")


def test_a_parent_that_is_gone_ends_the_line() -> None:
    one = replace(campaign("v2"), parent="v1")
    assert lineage_of(one, {"v2": one}) == ("v1", "v2")


def test_what_all_offers_add_is_told_to_the_board_once_it_can_be(
    conn: sqlite3.Connection,
) -> None:
    half = GlobalHoldout(salt="global-1", pct=50)
    design = global_design("global-1", 50)
    for number in range(600):
        token, arm = Token(f"c-{number:06}"), ("held-out", "treated")[number % 2]
        entrant = samples.entrant(
            token, campaign=EVERYTHING, design=design, arm=arm, at=later(number)
        )
        experiment_outcomes.enter(conn, entrant)
        experiment_outcomes.pay(
            conn, samples.sale(token, at=later(number), cents=500 + 300 * (number % 2))
        )
    assert incremental(conn, half, later(0)) is None
    lift = incremental(conn, half, later(days=1))
    assert lift is not None
    assert lift.people == 300
    assert lift.cents == pytest.approx(300, abs=5)
