"""The statistical town: the simulator's people and chances without its days – one visit each, drawn in one sweep.

What is real here: the people of ``edge.lab.simulate.population``, the products and campaigns of
``edge.lab.simulate.portfolio``, the assignment of ``edge.domain`` and the estimators of
``edge.lab.simulate.findings``, ``edge.campaigns.experiments`` and ``models.causal``. What is left
out: the service itself, screens, caps, consents, tills.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from edge.campaigns.experiments.campaign_uplift import CampaignUplift, campaign_uplift
from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.results import ExperimentEvidence
from edge.domain.experiment import Arm
from edge.lab.simulate.findings import ratio_of_means
from edge.lab.simulate.options import OPENS
from edge.lab.simulate.planted_truth import PlantedResponse
from edge.lab.simulate.population import invent
from edge.lab.simulate.portfolio import FRUIT, build_portfolio
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from models.causal.estimate import Doubles, Estimate
from models.causal.lift import Flags, TreatmentSample, lift_of

VISITS_A_DAY = 1_600


class Crowd:
    """Several thousand people, and how likely each is to take each product of the measured campaign."""

    def __init__(self, visits_a_day: int = VISITS_A_DAY) -> None:
        population = invent(0, visits_a_day)
        portfolio = build_portfolio(population, OPENS, OPENS + timedelta(days=1))
        self._campaign = next(c for c in portfolio.campaigns if c.id == FRUIT)
        items = sorted(portfolio.items_of(FRUIT))
        self._tokens = [shopper.token for shopper in population.shoppers]
        self._shoppers = population.shoppers
        self._chances: Doubles = np.array(
            [
                [shopper.chances.get(sku, 0.0) for sku in items]
                for shopper in population.shoppers
            ]
        )

    def judged(self, run: int, lift_pct: int) -> tuple[Estimate, Estimate]:
        """The lift as found for one look at the end, and by the sequence that may be looked at at any time."""
        campaign = replace(self._campaign, salt=f"run-{run}")
        treated = np.array(
            [campaign.arm(token, "1", OPENS) is Arm.TREATED for token in self._tokens]
        )
        pieces = self._bought(run, treated, lift_pct)
        share = 1 - campaign.holdout_pct / 100
        running = lift_of(TreatmentSample(outcome=pieces, treated=treated, share=share))
        return ratio_of_means(pieces[treated], pieces[~treated]), running.relative

    def moved(self, run: int, response: PlantedResponse) -> tuple[CampaignUplift, Doubles]:
        """The product's own uplift of the campaign, and what being shown it adds to each one's chance in truth."""
        campaign = replace(self._campaign, salt=f"uplift-{run}")
        dice = np.random.default_rng((run, 11))
        factors = np.array(
            [
                response.lift(segments=one.segments, creative=None, variant="", showings=1)
                for one in self._shoppers
            ]
        )
        plain, shown = (
            1 - (1 - np.minimum(self._chances * by[:, None], 1)).prod(axis=1)
            for by in (np.ones(len(factors)), factors)
        )
        arms = [campaign.arm(token, "1", OPENS) for token in self._tokens]
        treated = np.array([arm is Arm.TREATED for arm in arms])
        bought = dice.random(len(arms)) < np.where(treated, shown, plain)
        people = tuple(
            ExperimentOutcome(
                arm=arm.value,
                segments=one.segments,
                past_trips=round(one.a_week * 8),
                first_at=OPENS,
                visit_cents=0,
                visit_items=int(buys),
                month_cents=0,
                month_trips=1,
                redeemed=0,
            )
            for arm, one, buys in zip(arms, self._shoppers, bought.tolist(), strict=True)
        )
        evidence = ExperimentEvidence(
            id=campaign.id,
            name=campaign.name,
            shares=shares_of(campaign),
            campaign=campaign,
            people=people,
        )
        return campaign_uplift(evidence, OPENS + timedelta(days=1)), shown - plain

    def _bought(self, run: int, treated: Flags, lift_pct: int) -> Doubles:
        dice = np.random.default_rng((run, lift_pct))
        moved = np.where(treated[:, None], 1 + lift_pct / 100, 1.0)
        taken = dice.random(self._chances.shape) < self._chances * moved
        two = dice.random(self._chances.shape) < 0.1
        pieces: Doubles = (taken * (1.0 + two)).sum(axis=1)
        return pieces
