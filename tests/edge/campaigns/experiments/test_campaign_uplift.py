from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from edge.campaigns.experiments.campaign_uplift import (
    TRIPS,
    UpliftGate,
    campaign_uplift,
    columns_of,
    features_of,
    scores_of,
)
from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.errors import NotTold
from edge.campaigns.experiments.results import ExperimentEvidence
from edge.domain.campaign import Campaign
from edge.domain.experiment import Design, Variant
from edge.domain.ids import Token
from edge.storage.measurement.experiment_outcomes import VISIT, ExperimentOutcome
from tests.edge.builders import NOW, campaign
from tests.edge.campaigns.experiments.people import LATER, crowd, outcome
from tests.trials.uplift import NOTHING, PLANTED, planted

TEST = campaign("june", holdout_pct=20)
SHARES = shares_of(TEST)


def evidence(
    people: list[ExperimentOutcome], test: Campaign | None = TEST
) -> ExperimentEvidence:
    shares = SHARES if test is None else shares_of(test)
    return ExperimentEvidence(
        id="june", name="June", shares=shares, campaign=test, people=tuple(people)
    )


def buyers(n: int = 2_000, every: int = 3) -> list[ExperimentOutcome]:
    drawn = crowd(SHARES, {}, n)
    return [replace(one, visit_items=int(k % every == 0)) for k, one in enumerate(drawn)]


@pytest.mark.parametrize(
    "test",
    [
        campaign("june", holdout_pct=0, variants=(Variant(name="a"), Variant(name="b"))),
        campaign("june", holdout_pct=100),
        campaign("june", holdout_pct=20, design=Design.SWITCHBACK),
    ],
    ids=["nobody-held-out", "everybody-held-out", "hours"],
)
def test_it_is_closed_until_some_are_held_out_and_some_are_not(test: Campaign) -> None:
    assert campaign_uplift(evidence([], test), LATER).closed is UpliftGate.NO_HOLDOUT


def test_it_is_closed_until_there_are_people_enough() -> None:
    found = campaign_uplift(evidence(buyers(999)), LATER)
    assert (found.closed, found.people, found.least) == (UpliftGate.NOT_ENOUGH, 999, 1_000)
    assert campaign_uplift(evidence(buyers(1_000)), LATER).closed is None
    assert campaign_uplift(evidence([]), LATER).closed is UpliftGate.NOT_ENOUGH


def test_it_is_closed_until_enough_have_bought() -> None:
    found = campaign_uplift(evidence(buyers(every=100)), LATER)
    assert (found.closed, found.found) == (UpliftGate.FEW_BUYERS, None)


def test_it_is_closed_where_people_did_not_fall_as_meant() -> None:
    fallen = [outcome("held-out"), outcome()] * 1_000
    assert campaign_uplift(evidence(fallen), LATER).closed is UpliftGate.UNEVEN


def test_whose_visit_is_not_over_is_not_counted_yet() -> None:
    rows = buyers()
    now = rows[1_499].first_at + VISIT
    assert campaign_uplift(evidence(rows), now).people == 1_500


def test_small_segments_are_no_column() -> None:
    rows = [outcome("held-out", segments=("big", "small")) for _ in range(19)]
    rows += [outcome(segments=("big",)) for _ in range(20)]
    rows.append(outcome("held-out", segments=("big",)))
    assert columns_of(rows) == (TRIPS, "big")
    assert features_of([outcome(past_trips=0)], (TRIPS, "big")).tolist() == [[0.0, 0.0]]


def test_a_planted_difference_is_told_and_scored() -> None:
    found, rows, _ = planted(1, PLANTED)
    people = [(Token(f"c-{k:06}"), row) for k, row in enumerate(rows)]
    scores = scores_of(found, people)
    moved = [s.if_shown - s.if_held_out for s in scores]
    new = [m for m, row in zip(moved, rows, strict=True) if "new" in row.segments]
    loyal = [m for m, row in zip(moved, rows, strict=True) if "loyal" in row.segments]
    assert sum(new) / len(new) > 0.08
    assert sum(loyal) / len(loyal) < 0.04


def test_where_nobody_is_told_apart_nobody_is_scored() -> None:
    nothing, _, _ = planted(1, NOTHING)
    assert nothing.closed is None
    with pytest.raises(NotTold):
        scores_of(nothing, [])
    with pytest.raises(NotTold):
        scores_of(campaign_uplift(evidence([]), NOW + timedelta(days=1)), [])
