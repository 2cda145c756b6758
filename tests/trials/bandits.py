"""What choosing creatives by what has worked costs in learning, beside testing first and beside not learning."""

from __future__ import annotations

import numpy as np

from models.causal.offpolicy import estimate
from models.serving.creative_bandit import CreativeCounts, propensities
from tests.trials.figure import Figure, Tick, beside

# Chance of being taken up: by segment, then by creative.
RATES = np.array([[0.05, 0.06, 0.10, 0.04], [0.05, 0.09, 0.05, 0.04], [0.04, 0.05, 0.11, 0.04]])
SHOWINGS, AT_ONCE, TESTED = 12_000, 100, 0.25


def regret(runs: int, tick: Tick) -> list[Figure]:
    """Takings missed in 12,000 showings against always showing each segment its best."""
    lost: dict[str, list[float]] = {"bandit": [], "test, then the winners": [], "evenly": []}
    inside = 0
    for run in range(runs):
        luck = np.random.default_rng([5, run])
        missed, holds = of_bandit(luck, run)
        lost["bandit"].append(missed)
        inside += holds
        lost["test, then the winners"].append(of_test(luck))
        lost["evenly"].append(SHOWINGS * float((RATES.max(axis=1) - RATES.mean(axis=1)).mean()))
        tick()
    means = {name: float(np.mean(missed)) for name, missed in lost.items()}
    trial = "creatives, 3 segments x 4"
    return [
        Figure(
            trial=trial,
            name="takings missed: bandit",
            seen=f"{means['bandit']:.0f}",
            goal="fewer than the others",
            holds=means["bandit"] == min(means.values()),
        ),
        *(
            beside(trial, f"takings missed: {name}", f"{missed:.0f}")
            for name, missed in means.items()
            if name != "bandit"
        ),
        beside(
            trial,
            "from the bandit's log: even showing's rate, IPS interval holds it",
            f"{inside} of {runs}",
        ),
    ]


def of_bandit(luck: np.random.Generator, run: int) -> tuple[float, bool]:
    """The product's own propensities, renewed after each hundred showings, and what its log tells of another policy."""
    shown, taken = np.zeros((2, *RATES.shape), np.int64)
    missed, log = 0.0, list[tuple[float, float]]()
    for batch in range(SHOWINGS // AT_ONCE):
        segment = batch % len(RATES)
        pooled = CreativeCounts(shown=shown.sum(axis=0), taken=taken.sum(axis=0))
        points = propensities(
            CreativeCounts(shown=shown[segment], taken=taken[segment]),
            pooled,
            run * 1_000 + batch,
        )
        for ticket in luck.integers(0, 10_000, AT_ONCE).tolist():
            creative = int(np.searchsorted(np.cumsum(points), ticket, side="right"))
            took = luck.random() < RATES[segment, creative]
            shown[segment, creative] += 1
            taken[segment, creative] += took
            missed += RATES[segment].max() - RATES[segment, creative]
            log.append((float(took), points[creative] / 10_000))
    rewards, logged = np.array(log).T
    even = estimate(rewards, logged, np.full(len(log), 1 / RATES.shape[1]))
    return missed, even.ips.holds(float(RATES.mean()))


def of_test(luck: np.random.Generator) -> float:
    """A quarter of the showings evenly; then, in each segment, what won there."""
    each = int(SHOWINGS * TESTED) // RATES.size
    winners = luck.binomial(each, RATES).argmax(axis=1)
    best = RATES.max(axis=1)
    learning = float((best - RATES.mean(axis=1)).mean())
    after = float((best - RATES[np.arange(len(RATES)), winners]).mean())
    return SHOWINGS * (TESTED * learning + (1 - TESTED) * after)
