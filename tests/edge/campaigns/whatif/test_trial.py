from __future__ import annotations

import zlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.campaigns.whatif.answers import TrialReport, WhatIfAnswer
from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.outcomes import OutcomeMeasure
from edge.campaigns.whatif.trial import NO_LEAVE, last_day, trial
from edge.decision.codec import encode_decision
from edge.domain.catalogue import Tuning
from edge.domain.consent import Purpose
from edge.domain.experiment import Design, Variant
from edge.domain.ids import OfferId
from edge.storage.connection import open_connection
from tests.edge.builders import NOW, campaign, offer
from tests.edge.campaigns.whatif.day import (
    ANSWER_CENTS,
    OFFERS,
    SHELF,
    TESTED,
    TWO,
    Day,
    Plant,
    goods,
)

PLANT: Plant = {("o-b", "plain"): 0.1, ("o-b", "loud"): 0.3}
ONLY_B = WhatIfChange(
    campaigns=(replace(TESTED, holdout_pct=0, variants=(Variant(name="b", offers=("o-b",)),)),)
)
LOUD = WhatIfChange(offers=tuple(replace(one, creatives=TWO[1:]) for one in OFFERS))
TRUTHS = ((ONLY_B, 0.2 - 0.4 * 0.2), (LOUD, 0.4 * (0.3 - 0.2)))
"""What each change adds to the chance of an answer: o-b is seen by 40 of 100, half of the time in each creative."""


def lived(path: Path, *, seed: int = 1, people: int = 120) -> Path:
    day = Day(path=path, seed=seed)
    day.live(people, PLANT)
    return day.close()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lived(tmp_path_factory.mktemp("day") / "storeside.db", people=200)


def answers(report: TrialReport) -> dict[OutcomeMeasure, WhatIfAnswer]:
    return {answer.measure: answer for answer in report.answers}


def asked(path: Path, change: WhatIfChange) -> WhatIfAnswer:
    return answers(trial(path, SHELF, change))[OutcomeMeasure.ANSWERED]


@pytest.mark.parametrize(("change", "truth"), TRUTHS, ids=["a variant alone", "one creative"])
def test_a_planted_effect_lies_in_the_interval(
    tmp_path: Path, change: WhatIfChange, truth: float
) -> None:
    found = [asked(lived(tmp_path / f"{n}.db", seed=n), change) for n in range(1, 7)]
    assert all(answer.told for answer in found)
    assert sum(answer.lift.holds(truth) for answer in found) >= 5
    assert all(answer.lift.high - answer.lift.low < 0.3 for answer in found)


def test_all_three_measures_are_answered_from_one_log(recorded: Path) -> None:
    found = answers(trial(recorded, SHELF, ONLY_B))
    assert "more" in found[OutcomeMeasure.ANSWERED].says
    assert found[OutcomeMeasure.REDEEMED].lift.value > 0
    assert found[OutcomeMeasure.SPENT].rows == found[OutcomeMeasure.SPENT].found.people == 200
    assert 1_000 < found[OutcomeMeasure.SPENT].found.was < 1_000 + 2 * ANSWER_CENTS


def test_a_new_salt_draws_other_people_and_earns_the_same(recorded: Path) -> None:
    found = asked(recorded, WhatIfChange(campaigns=(replace(TESTED, salt="anew"),)))
    assert (found.touched, found.told) == (0, True)
    assert found.says.startswith("nothing ")
    assert found.lift.holds(0)


def test_an_offer_that_was_never_shown_cannot_be_told(recorded: Path) -> None:
    new = replace(OFFERS[0], id=OfferId("o-new"), discount_cents=90)
    test = replace(TESTED, variants=(Variant(name="new", offers=("o-new",)),))
    found = asked(recorded, WhatIfChange(offers=(new,), campaigns=(test,)))
    assert not found.told
    assert "never shown" in found.says
    assert found.as_json()["lift"] is None


def test_terms_that_were_never_shown_cannot_be_told(recorded: Path) -> None:
    dearer = tuple(replace(one, discount_cents=one.discount_cents + 1) for one in OFFERS)
    found = asked(recorded, WhatIfChange(offers=dearer))
    assert found.unsupported == found.touched > 0
    assert not found.told


def test_what_a_weight_alone_would_show_was_never_drawn(recorded: Path) -> None:
    found = asked(recorded, WhatIfChange(tuning={"offer_boost_pct": 500}))
    assert found.unsupported == found.touched


def test_held_out_people_tell_what_a_pause_would_do(recorded: Path) -> None:
    found = asked(recorded, WhatIfChange(campaigns=(replace(TESTED, paused=True),)))
    assert found.unsupported == 0
    assert found.lift.value < 0
    # A fifth of the people speak for all.
    assert found.found.then.effective < 0.3 * found.found.people


def test_too_few_people_are_told_apart_from_no_difference(tmp_path: Path) -> None:
    found = asked(lived(tmp_path / "few.db", people=20), ONLY_B)
    assert not found.told
    assert "people, 30 are needed" in found.says


def test_people_who_answer_nothing_tell_nothing(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "silent.db")
    day.live(200, {}, base=0.0)
    found = asked(day.close(), ONLY_B)
    assert not found.told
    assert "10 are needed" in found.says


def test_a_switchback_is_left_as_it_fell(tmp_path: Path) -> None:
    switched = replace(TESTED, design=Design.SWITCHBACK)
    day = Day(path=tmp_path / "switched.db", sold=goods(campaigns=(switched,)))
    day.live(40, PLANT)
    stopped = asked(day.close(), WhatIfChange(campaigns=(replace(switched, paused=True),)))
    assert stopped.unsupported == stopped.touched


def test_who_does_not_agree_to_be_measured_is_left_out(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "private.db")
    shy = day.person(1, [p for p in Purpose if p is not Purpose.MEASURE])
    for who in (shy, day.person(2)):
        day.show(who, visit=who.customer.token)
    report = trial(day.close(), SHELF, ONLY_B)
    assert report.left_out == {NO_LEAVE: 1}
    assert answers(report)[OutcomeMeasure.ANSWERED].rows == 1


def test_nobody_known_is_counted_by_the_visit_and_draws_nothing(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "nobody.db")
    for visit in ("v-1", "v-1", "v-2"):
        day.show(None, visit=visit)
    report = trial(day.close(), SHELF, ONLY_B)
    assert (report.showings, report.people) == (3, 2)
    assert answers(report)[OutcomeMeasure.SPENT].rows == 2


def test_what_everybody_sees_and_what_stands_nowhere_is_left_aside(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "public.db")
    for placement in ("arrival", "display-zone"):
        day.show(day.person(1), placement)
    assert trial(day.close(), SHELF, ONLY_B).showings == 0


def test_who_lived_under_two_configurations_has_no_whole(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "two.db")
    who = day.person(1)
    day.show(who)
    day.configure(goods(), Tuning(holdout_pct=0, explore_pct=0))
    day.show(who)
    found = answers(trial(day.close(), SHELF, ONLY_B))
    assert found[OutcomeMeasure.ANSWERED].rows == 2
    assert found[OutcomeMeasure.SPENT].rows == 0


def test_a_global_holdout_that_ends_is_told_by_who_was_not_held_out(tmp_path: Path) -> None:
    always = campaign(holdout_pct=0)
    day = Day(
        path=tmp_path / "held.db",
        sold=goods((offer("o-b", 1, category="c-1", cap=99),), (always,)),
        tuning=Tuning(holdout_pct=30),
    )
    day.live(200, {("o-b", None): 0.5})
    found = asked(day.close(), WhatIfChange(tuning={"holdout_pct": 0}))
    assert found.unsupported == 0
    assert found.lift.holds(0.3 * 0.5)
    assert found.lift.low > 0


def test_only_the_hours_asked_for_are_looked_at(recorded: Path) -> None:
    all_day = trial(recorded, SHELF, ONLY_B).showings
    parts = NOW + timedelta(seconds=100)
    first = trial(recorded, SHELF, ONLY_B, until=parts).showings
    second = trial(recorded, SHELF, ONLY_B, parts).showings
    assert first == 99
    assert first + second == all_day


def test_the_last_day_begins_at_midnight_on_the_store_s_wall_clock(
    recorded: Path, file: Path
) -> None:
    begun = last_day(recorded, ZoneInfo("America/New_York"))
    assert begun is not None
    assert begun.isoformat() == "2024-06-03T00:00:00-04:00"
    assert last_day(file, ZoneInfo("UTC")) is None


def test_a_decision_that_cannot_be_made_again_is_named(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "torn.db")
    day.show(day.person(1))
    day.units = [replace(unit, snapshots=()) for unit in day.units]
    (reason,) = trial(day.close(), SHELF, ONLY_B).left_out
    assert "not there" in reason


def test_a_decision_that_is_no_longer_what_it_was_is_left_out(tmp_path: Path) -> None:
    day = Day(path=tmp_path / "torn.db")
    shown = day.show(day.person(1))
    day.close()
    forged = replace(shown, choices=shown.choices[::-1])
    with closing(open_connection(day.path)) as conn:
        packed = zlib.compress(encode_decision(forged))
        conn.execute("UPDATE decisions SET output = ?", (packed,))
    report = trial(day.path, SHELF, ONLY_B)
    assert list(report.left_out.values()) == [1]
    assert report.answers[0].rows == 0
