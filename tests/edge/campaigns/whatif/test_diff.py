from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.diff import DiffReport, diff
from edge.domain.ids import DecisionId
from edge.state.replay import replay
from edge.storage.connection import open_connection
from tests.edge.builders import NOW
from tests.edge.campaigns.whatif.busy import OFFERS, PEOPLE, TESTED, flips_by_hand
from tests.edge.campaigns.whatif.day import SHELF
from tests.edge.fakes import Rates


def flipped(report: DiffReport) -> set[DecisionId]:
    return {flip.id for flip in report.flips}


CHANGES = (
    WhatIfChange(tuning={"offer_boost_pct": 300}),
    WhatIfChange(tuning={"holdout_pct": 50}),
    WhatIfChange(tuning={"category_cap": 1, "explore_pct": 50}),
    WhatIfChange(offers=(replace(OFFERS[0], discount_cents=1, segment="nobody here"),)),
    WhatIfChange(campaigns=(replace(TESTED, holdout_pct=0, variants=TESTED.variants[:1]),)),
    WhatIfChange(campaigns=(replace(TESTED, salt="drawn-anew"),)),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: "-".join(c.as_json()))
def test_exactly_the_flips_are_listed(lived: Path, change: WhatIfChange) -> None:
    report = diff(lived, SHELF, change)
    assert report.compared >= 300
    assert flipped(report) == flips_by_hand(lived, SHELF, change)
    assert 0 < len(report.flips) < report.compared


def test_the_service_s_own_day_replays_before_anything_is_changed(lived: Path) -> None:
    report = replay(lived, SHELF)
    assert report.identical == report.replayed >= 4 * PEOPLE


def test_nothing_flips_without_a_change(lived: Path) -> None:
    report = diff(lived, SHELF, WhatIfChange())
    assert (len(report.flips), report.reworded, report.failed) == (0, 0, {})
    assert report.unchanged == report.compared


def test_the_same_things_in_other_words_are_no_flip(lived: Path) -> None:
    louder = replace(OFFERS[2], headline="Save a lot")
    report = diff(lived, SHELF, WhatIfChange(offers=(louder,)))
    assert not report.flips
    assert 0 < report.reworded < report.compared


def test_the_rules_responsible_are_counted(lived: Path) -> None:
    report = diff(lived, SHELF, WhatIfChange(campaigns=(replace(TESTED, holdout_pct=100),)))
    assert "chosen -> offer-held-out" in report.rules
    assert {s.how for f in report.flips for s in f.shifts} >= {"offer"}


def test_only_decisions_since_and_only_so_many_are_looked_at(lived: Path) -> None:
    change = CHANGES[0]
    assert diff(lived, SHELF, change, limit=7).compared == 7
    later = diff(lived, SHELF, change, NOW + timedelta(hours=1))
    assert 0 < later.compared < diff(lived, SHELF, change).compared


def test_a_decision_whose_catalogue_is_gone_is_named_and_not_counted(
    lived: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(lived)) as conn, closing(sqlite3.connect(copy)) as other:
        conn.backup(other)
    with closing(open_connection(copy)) as conn:
        conn.execute("DELETE FROM snapshots WHERE kind = 'catalogue'")
    report = diff(copy, SHELF, CHANGES[0])
    assert report.compared == 0
    assert all("catalogue" in reason for reason in report.failed.values())


def test_the_report_reads_as_the_command_promises(lived: Path) -> None:
    report = diff(lived, SHELF, CHANGES[0])
    told = report.as_json()
    assert (told["compared"], told["flipped"]) == (report.compared, len(report.flips))
    assert told["unchanged"] == report.compared - len(report.flips) - report.reworded
    assert told["flips"] == [flip.as_json() for flip in report.flips]


def test_progress_is_told_to_the_end(lived: Path) -> None:
    told = list[tuple[int, int]]()
    diff(lived, SHELF, CHANGES[0], progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (len(told), len(told))


def test_another_model_needs_no_place_on_the_shelf(lived: Path) -> None:
    backwards = Rates({number: number / 200 for number in range(1, 148)})
    report = diff(lived, SHELF, WhatIfChange(ranker=backwards))
    assert report.failed == {}
    assert len(report.flips) > report.compared / 2
