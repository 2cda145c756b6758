"""One simulated day, seen from outside: what was promised held, what was planted happened, and it is the same again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from edge.decision.codec import decode_decision
from edge.domain.errors import SettingsInvalid
from edge.domain.ids import DecisionId
from edge.lab.simulate.options import OPENS, SimulateOptions
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth
from edge.lab.simulate.run import SimulatedRun, place_for, play
from edge.state.replay import replay
from edge.storage.decisions import decisions
from models.serving.registry import BundleRegistry

SHORT = SimulateOptions(hours=2, seed=9, visits_a_day=120)
_AGAIN = """
import sys
from pathlib import Path
from edge.lab.simulate.options import SimulateOptions
from edge.lab.simulate.run import play
options = SimulateOptions(hours=2, seed=9, visits_a_day=120)
print(play(options, Path(sys.argv[1])).log_sha256)
"""


def test_no_promise_was_broken(day: SimulatedRun) -> None:
    assert day.verdict.total == 0, day.verdict


def test_people_came_were_known_bought_and_were_proposed_something(
    day: SimulatedRun, tables: sqlite3.Connection
) -> None:
    kinds = dict(tables.execute("SELECT kind, count(*) FROM decisions GROUP BY kind"))
    placements = {row[0] for row in tables.execute("SELECT DISTINCT placement FROM decisions")}
    assert kinds["personal"] > 100
    assert {"arrival", "display-zone", "kiosk-home", "tablet-card", "till-addon"} <= placements
    (paid,) = tables.execute("SELECT count(*) FROM baskets WHERE state = 'complete'").fetchone()
    assert paid > day.visits * 0.8


def test_after_an_outage_the_centre_has_every_event_once(
    day: SimulatedRun, tables: sqlite3.Connection
) -> None:
    told, waiting = tables.execute(
        "SELECT count(*), sum(sent_at IS NULL) FROM outbox"
    ).fetchone()
    assert told > 1_000
    assert (day.at_centre, waiting, day.twice_at_centre) == (told, 0, 0)


def test_every_list_at_arrival_is_in_the_order_of_the_chances(
    tables: sqlite3.Connection,
) -> None:
    rows = tables.execute("SELECT id FROM decisions WHERE placement = 'arrival'").fetchall()
    made = [decisions.find(tables, DecisionId(id_)) for (id_,) in rows]
    lists = [decode_decision(one.output).choices for one in made if one is not None]
    assert len(lists) > 10
    for choices in lists:
        points = [choice.points for choice in choices]
        assert points == sorted(points, reverse=True) == [choice.worth for choice in choices]


def test_every_decision_is_made_again_to_the_same_bytes(day: SimulatedRun) -> None:
    report = replay(day.database, BundleRegistry(day.database.parent / "models"))
    assert report.replayed > 500
    assert report.different == {}


def test_the_same_seed_is_the_same_log_and_another_is_another(tmp_path: Path) -> None:
    logs = [
        play(options, tmp_path / str(n)).log_sha256
        for n, options in enumerate((SHORT, SHORT, replace(SHORT, seed=10)))
    ]
    assert logs[0] == logs[1] != logs[2]


@pytest.mark.parametrize("hash_seed", ["0", pytest.param("4711", marks=pytest.mark.slow)])
def test_another_process_writes_the_same_log(tmp_path: Path, hash_seed: str) -> None:
    here = play(SHORT, tmp_path / "here").log_sha256
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _AGAIN, str(tmp_path / "there")],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == here


def test_the_log_holds_every_message_in_a_line_of_its_own(tmp_path: Path) -> None:
    played = play(replace(SHORT, log=tmp_path / "log"), tmp_path / "store")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len(lines) == played.events
    ways = Counter((line["way"], line["topic"].rpartition("/")[2]) for line in lines)
    assert ways["up", "event"] > 50
    assert ways["down", "receipt"] > 50
    assert ways["down", "show"] > 20
    assert [line["us"] for line in lines] == sorted(line["us"] for line in lines)


def test_what_is_planted_moves_sales_and_nothing_else_of_the_town(tmp_path: Path) -> None:
    still = play(replace(SHORT, plant=PlantedTruth()), tmp_path / "still")
    moved = play(
        replace(
            SHORT, plant=PlantedTruth(campaigns={"fruit-week": PlantedResponse(lift_pct=500)})
        ),
        tmp_path / "moved",
    )
    assert still.visits == moved.visits
    assert {c.plain for c in still.truth} <= {c.moved for c in still.truth}
    assert any(c.moved > c.plain for c in moved.truth if c.campaign == "fruit-week")
    assert all(c.moved == c.plain for c in moved.truth if c.campaign != "fruit-week")


def test_a_truth_about_a_campaign_that_there_is_not_is_refused(anywhere: Path) -> None:
    options = replace(
        SHORT, plant=PlantedTruth(campaigns={"fruit-wek": PlantedResponse(lift_pct=1)})
    )
    with pytest.raises(SettingsInvalid, match="fruit-wek"):
        play(options, anywhere)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear")
    with pytest.raises(SettingsInvalid), place_for(replace(SHORT, folder=tmp_path)):
        pass
    assert (tmp_path / "mine").read_text() == "dear"


def test_without_a_folder_nothing_is_left(tmp_path: Path) -> None:
    with place_for(SHORT) as place:
        assert place != tmp_path
        assert place.is_dir()
    assert not place.exists()


def test_a_clock_three_years_back_brings_no_old_campaign_back(
    day: SimulatedRun, tables: sqlite3.Connection
) -> None:
    jump = day.options.jumps[0]
    assert jump.by.days < -1_000
    shown = tables.execute("SELECT count(*) FROM exposures WHERE campaign = 'last-summer'")
    assert shown.fetchone() == (0,)
    (early,) = tables.execute(
        "SELECT count(*) FROM decisions WHERE at_us < ?", (int(OPENS.timestamp() * 1e6),)
    ).fetchone()
    assert early == 0


def test_an_offer_touches_somebody_once_a_stay_on_however_many_screens(
    tables: sqlite3.Connection,
) -> None:
    rows = tables.execute(
        "SELECT count(*), count(DISTINCT coalesce(visit, decision)) FROM exposures"
        " WHERE ghost = 0 AND surface <> 'tablet' GROUP BY token, offer"
    ).fetchall()
    assert max(screens for screens, _ in rows) > 2
    assert max(stays for _, stays in rows) <= 2
