"""Screens that people share: a comparison of people there is biased, a switchback is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from edge.domain.experiment import Arm, Rota
from models.causal.estimate import Estimate
from models.causal.lift import TreatmentSample, lift_of
from models.causal.switchback import SwitchbackCells, switchback_effect
from tests.trials.figure import Figure, Tick, at_least, beside
from tests.trials.town import OPENS, STORE, campaign, tokens

STORES, DAYS, PERIOD, WASHOUT = 50, 14, 120, 30
EFFECT, BASKETS = 120.0, 30
# Who sees nothing of their own still stands before somebody else's screen this often.
BYSTANDS = 0.6
# What a stretch leaves behind halves in so many minutes: five times before the wash-out ends. A wash-out of three
# half-lives leaves an eighth, and then the interval of a test this large holds the truth in nine of ten runs only.
HALVES = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Cells of all stores' stretches: measured with and without the wash-out."""

    washed: SwitchbackCells
    unwashed: SwitchbackCells


def spill_over(runs: int, tick: Tick) -> list[Figure]:
    naive = covered = running = carried = 0
    seen = list[float]()
    for run in range(runs):
        luck = np.random.default_rng([4, run])
        people = of_people(luck, run)
        naive += people.holds(EFFECT)
        seen.append(people.value / EFFECT)
        cells = weeks(luck, run)
        result = switchback_effect(cells.washed)
        covered += result.planned.holds(EFFECT)
        running += result.running.holds(EFFECT)
        carried += switchback_effect(cells.unwashed).planned.holds(EFFECT)
        tick()
    trial = "spill-over, 50 stores"
    return [
        beside(trial, "people compared: interval holds the truth", f"{naive} of {runs}"),
        beside(trial, "people compared: part of the effect seen", f"{np.mean(seen):.0%}"),
        at_least(trial, "switchback: interval holds the truth", covered, runs, 0.93),
        at_least(trial, "switchback, looked at while it runs", running, runs, 0.93),
        beside(trial, "switchback without wash-out", f"{carried} of {runs}"),
    ]


def of_people(luck: np.random.Generator, run: int) -> Estimate:
    """Half the people are held out, by the real draw; they see the screens of the others."""
    test, people = campaign(f"shared-{run}", 50), tokens(run, STORES * 600)
    treated = np.array([test.arm(t, STORE, OPENS) is Arm.TREATED for t in people])
    sees = treated | (luck.random(len(people)) < BYSTANDS)
    cents = luck.gamma(2.0, 900.0, len(people)) + EFFECT * sees
    return lift_of(TreatmentSample(outcome=cents, treated=treated, share=0.5)).difference


def weeks(luck: np.random.Generator, run: int) -> Week:
    """Two weeks of opening hours by the real rota: stores, days, hours and chance differ, and effects linger."""
    rota = Rota(period_minutes=PERIOD, washout_minutes=WASHOUT)
    rows = [
        (store, rota.stretch(at), rota.is_on(f"shared-{run}", str(store), at), day, slot)
        for store in range(STORES)
        for day in range(DAYS)
        for slot in range(6)
        if (at := OPENS + timedelta(days=day, minutes=slot * PERIOD))
    ]
    store, stretch, on, day, slot = (np.array(column) for column in zip(*rows, strict=True))
    level = 1800 + luck.normal(0, 300, STORES)[store] + luck.normal(0, 80, DAYS)[day]
    level = level + np.array([-150, 0, 60, 0, 120, -30])[slot]
    before = np.where(slot > 0, np.roll(on, 1), False)
    minutes = luck.integers(0, PERIOD, (len(rows), BASKETS))
    fades = 0.5 ** (minutes / HALVES)
    shown = on[:, None] * (1 - fades) + before[:, None] * fades
    cents = level[:, None] + EFFECT * shown + luck.gamma(2.0, 900.0, shown.shape) - 1800
    counted = minutes >= WASHOUT
    washed = (cents * counted).sum(axis=1) / counted.sum(axis=1)
    return Week(
        washed=SwitchbackCells(store=store, pair=stretch // 2, on=on, outcome=washed),
        unwashed=SwitchbackCells(
            store=store, pair=stretch // 2, on=on, outcome=cents.mean(axis=1)
        ),
    )
