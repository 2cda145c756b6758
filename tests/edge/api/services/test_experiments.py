from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from edge.api.http.errors import CannotPromote, CannotTell
from edge.api.services.experiments import StoredExperiments
from edge.campaigns.experiments.design import EVERYTHING, begins, design_of
from edge.domain.catalogue import Tuning
from edge.domain.currency import currency
from edge.domain.experiment import Design, SwitchbackSchedule, Variant
from edge.domain.ids import Token
from edge.storage.catalogue import campaigns
from edge.storage.database import Database
from edge.storage.measurement import experiment_outcomes, switchback_sums
from edge.storage.measurement.experiment_outcomes import Sale
from models.causal import estimate
from tests.edge.api.services.shop import StoppedClock
from tests.edge.builders import NOW, campaign, later
from tests.edge.storage import samples

ROTA = SwitchbackSchedule(period_minutes=60)
AB = campaign("v2", parent="v1", holdout_pct=0, variants=(Variant(name="a"), Variant(name="b")))
SHARED = campaign("wall", design=Design.SWITCHBACK, rota=ROTA, starts_at=NOW)
PEOPLE = 600
MOVES = campaign("moves", holdout_pct=50)


def moved(conn: sqlite3.Connection) -> None:
    """Eight hundred people of a campaign with half held out: those who are new here buy for being shown it."""
    campaigns.upsert(conn, [MOVES])
    luck = Random(3)  # noqa: S311  # no secret
    for number in range(800):
        token, at = Token(f"c-moved-{number:06}"), later(number)
        arm = MOVES.arm(token, "7", at).value
        new = number % 2 == 0
        entrant = samples.entrant(
            token,
            campaign="moves",
            design=design_of(MOVES),
            arm=arm,
            at=at,
            segments=("new",) if new else ("loyal",),
        )
        experiment_outcomes.enter(conn, entrant)
        chance = 0.7 if new and arm == "treated" else 0.25
        if luck.random() < chance:
            sale = Sale(
                token=token, at=at + timedelta(minutes=5), cents=900, items={"moves": 1}
            )
            experiment_outcomes.pay(conn, sale)


def lived(conn: sqlite3.Connection) -> None:
    """Six hundred people whom ``b`` makes spend four times as much, and some baskets by a shared screen."""
    campaigns.upsert(conn, [campaign("v1"), AB, SHARED])
    for number in range(PEOPLE):
        token, at = Token(f"c-{number:06}"), later(number)
        variant = AB.variant(token)
        assert variant is not None
        experiment_outcomes.enter(
            conn,
            samples.entrant(
                token, campaign="v2", design=design_of(AB), arm=variant.name, at=at
            ),
        )
        cents = (4_000 if variant.name == "b" else 1_000) + number % 7 * 50
        experiment_outcomes.pay(
            conn, Sale(token=token, at=at + timedelta(minutes=5), cents=cents)
        )
    first = ROTA.stretch(NOW) // 2 * 2 + 2
    for number in (first, first + 1):
        at = begins(ROTA, number)
        on = ROTA.is_on(SHARED.salt, "7", at)
        row = samples.stretch(
            campaign="wall", design=design_of(SHARED), stretch=number, is_on=on, begins_at=at
        )
        switchback_sums.count(conn, row)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[StoredExperiments]:
    path = tmp_path / "store.db"
    async with Database(path) as database:
        await database.write(lived)
        clock = StoppedClock(later(days=1))
        yield StoredExperiments(
            database, Tuning(holdout_salt="global-1", holdout_pct=10), clock, currency("USD")
        )


async def test_all_tests_are_told_everything_together_first(desk: StoredExperiments) -> None:
    found = {one.id: one for one in await desk.all()}
    assert list(found) == [EVERYTHING, "v1", "v2", "wall"]
    assert sum(found["v2"].people.values()) == PEOPLE
    assert (found["v2"].iteration, found["v2"].lineage) == (2, ("v1", "v2"))
    assert found["wall"].switched is not None
    assert found["wall"].switched.pairs == 1


async def test_a_difference_is_told_in_words(desk: StoredExperiments) -> None:
    v2 = next(one for one in await desk.all() if one.id == "v2")
    assert v2.headline is not None
    assert v2.headline.words.startswith("b does more")
    assert v2.headline.difference.low is not None


async def test_too_few_people_are_told_as_that(desk: StoredExperiments) -> None:
    everything = (await desk.all())[0]
    assert everything.headline is not None
    assert "0 of at least 2,000" in everything.headline.words
    assert everything.headline.difference.low is None


async def test_a_report_holds_all_metrics_and_the_iterations(desk: StoredExperiments) -> None:
    report = await desk.one("v2")
    assert report is not None
    assert {one.metric for one in report.compared} == {
        "visit-spend-cents", "visit-items", "month-spend-cents", "month-trips", "month-redeemed",
    }  # fmt: skip
    assert [one.id for one in report.iterations] == ["v1", "v2"]
    assert report.ratio is not None
    assert not report.ratio.alarm


async def test_a_test_without_a_holdout_says_why_it_tells_nothing_of_single_people(
    desk: StoredExperiments,
) -> None:
    report, shared = await desk.one("v2"), await desk.one("wall")
    assert report is not None
    assert report.uplift is not None
    assert (report.uplift.closed, report.uplift.groups) == ("no-holdout", ())
    assert shared is not None
    assert shared.uplift is None


async def test_a_report_says_whom_a_campaign_moves(
    desk: StoredExperiments, tmp_path: Path
) -> None:
    async with Database(tmp_path / "store.db") as database:
        await database.write(moved)
    report = await desk.one("moves")
    assert report is not None
    told = report.uplift
    assert told is not None
    assert told.closed is None
    assert told.average is not None
    assert told.tells_apart
    assert [one.name for one in told.columns] == ["trips", "loyal", "new", "always"]
    assert told.groups[0].foretold > 0.3 > told.groups[-1].foretold


async def test_what_there_is_not_is_none(desk: StoredExperiments) -> None:
    assert await desk.one("nothing") is None
    assert await desk.promote("nothing", "b", anyway=False) is None


async def test_the_winner_becomes_the_rule_and_a_new_draw_begins(
    desk: StoredExperiments,
) -> None:
    report = await desk.promote("v2", "b", anyway=False)
    assert report is not None
    assert report.experiment.people == {"b": 0}


async def test_who_promoted_is_in_the_audit(desk: StoredExperiments, tmp_path: Path) -> None:
    await desk.promote("v2", "b", anyway=False)
    with sqlite3.connect(tmp_path / "store.db") as conn:
        who = conn.execute("SELECT who FROM audit WHERE act = 'promoted b'").fetchall()
    conn.close()
    assert who == [("console",)]


async def test_the_loser_does_not_become_the_rule(desk: StoredExperiments) -> None:
    with pytest.raises(CannotPromote, match="a is better"):
        await desk.promote("v2", "a", anyway=False)


async def test_everything_together_cannot_be_promoted(desk: StoredExperiments) -> None:
    assert await desk.promote(EVERYTHING, "held-out", anyway=False) is None


async def test_without_the_library_it_is_said_which(
    desk: StoredExperiments, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(estimate, "import_module", nowhere)
    with pytest.raises(CannotTell, match=r"storeside\[measure\]"):
        await desk.all()
