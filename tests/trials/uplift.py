"""Uplift by two propensity models: the planted average inside its interval, and an order that beats chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.campaigns.experiments.campaign_uplift import (
    CampaignUplift,
    campaign_uplift,
    features_of,
)
from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.results import ExperimentEvidence
from edge.domain.experiment import Arm
from edge.lab.simulate.planted_truth import PlantedResponse
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from tests.trials.figure import Figure, Tick, at_least, at_most, beside
from tests.trials.town import LONG_AFTER, Town, arms_of, campaign, outcomes, tokens

PEOPLE = 6_000
# Whoever is in "new" is moved much, in "loyal" not at all; most are in neither.
SEGMENTS = ("new", "loyal", "")
PLANTED = PlantedResponse(lift_pct=20, segments={"new": 100, "loyal": -20})
NOTHING = PlantedResponse()

Doubles = npt.NDArray[np.float64]


def recovered(runs: int, tick: Tick) -> list[Figure]:
    """A campaign with a fifth held out, answered as the simulator's people answer; and one that does nothing."""
    inside = beats = told = alarms = joint = better = 0
    gains = list[float]()
    for run in range(runs):
        found, rows, effect = planted(run, PLANTED)
        assert found.average is not None
        assert found.found is not None
        inside += found.average.difference.holds(float(effect.mean()))
        beats += found.found.ranking.value > 0
        told += found.found.tells_apart
        shown, held = found.found.models.chances(features_of(rows, found.columns))
        first = np.argsort(held - shown)[: len(effect) // 3]
        gains.append(float(effect[first].mean() / effect.mean()))
        better += gains[-1] > 1
        joint += found.found.groups[0].seen.value > found.found.groups[-1].seen.value
        nothing, _, _ = planted(run, NOTHING)
        assert nothing.found is not None
        alarms += nothing.found.tells_apart
        tick()
    name = "uplift"
    return [
        at_least(name, "interval holds the planted average", inside, runs, 0.9),
        at_least(name, "Qini above a random order", beats, runs, 0.9),
        at_least(
            name, "first third by score has more than average, in truth", better, runs, 0.9
        ),
        beside(name, "first third by score, in truth", f"{np.mean(gains):.2f} × average"),
        beside(name, "people told apart (Qini's interval above nought)", f"{told} of {runs}"),
        beside(name, "first third seen above the last", f"{joint} of {runs}"),
        at_most(name, "no effect: people told apart", alarms, runs, 0.05),
    ]


def planted(
    run: int, response: PlantedResponse
) -> tuple[CampaignUplift, list[ExperimentOutcome], Doubles]:
    """The product's own answer, its people, and what being shown adds to each one's chance in truth."""
    luck, people = np.random.default_rng([9, run]), tokens(run, PEOPLE)
    test, town = campaign(f"uplift-{run}", holdout_pct=20), Town.of(luck, PEOPLE)
    segments = [(s,) if s else () for s in luck.choice(SEGMENTS, PEOPLE, p=[0.2, 0.3, 0.5])]
    plain = np.clip(0.08 + 0.006 * town.past_trips, 0, 0.4)
    factor = np.array(
        [response.lift(segments=s, creative=None, variant="", showings=1) for s in segments]
    )
    arms = arms_of(test, people)
    is_shown = np.array([arm != Arm.HELD_OUT for arm in arms])
    buys = luck.random(PEOPLE) < np.where(is_shown, plain * factor, plain)
    rows = outcomes(town, arms, town.cents, segments, buys.astype(int).tolist())
    evidence = ExperimentEvidence(
        id=test.id, name=test.name, shares=shares_of(test), campaign=test, people=tuple(rows)
    )
    return campaign_uplift(evidence, LONG_AFTER), rows, plain * (factor - 1)
