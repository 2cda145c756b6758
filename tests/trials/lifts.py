"""Lift of the treated over the held-out: coverage of a planted effect, false alarms under peeking, the past's gain."""

from __future__ import annotations

import numpy as np

from edge.campaigns.experiments.design import shares_of
from edge.campaigns.experiments.randomised import (
    ArmComparison,
    Metric,
    PeopleResult,
    compare_people,
)
from edge.domain.experiment import Arm
from models.causal.lift import Lift, TreatmentSample, lift_of
from models.causal.ratio import ratio_of
from tests.trials.figure import Figure, Tick, at_least, at_most, beside
from tests.trials.town import LONG_AFTER, Town, arms_of, campaign, lifted, outcomes, tokens

PEOPLE = 4_000
PLANTED = 180.0
# A/A tests are cheap, and a rate of one in twenty needs many.
ALARM_RUNS_A_RUN = 10


def planted(runs: int, tick: Tick) -> list[Figure]:
    """The product's own comparison of a campaign with a tenth held out; half the people take nothing of it."""
    inside = told = joint = apart = 0
    reach = list[float]()
    widths = {Metric.VISIT_SPEND: list[float](), Metric.MONTH_SPEND: list[float]()}
    for run in range(runs):
        result, without = _one_planted(run)
        first = _headline(result, Metric.VISIT_SPEND)
        inside += first.lift.difference.holds(PLANTED)
        told += first.lift.told
        apart += first.lift.stands
        reach.append(
            _width(first.lift) / 2 / (first.lift.difference.value / first.lift.relative.value)
        )
        truths = {"takes": 2 * PLANTED, "leaves": 0.0}
        joint += all(s.lift.difference.holds(truths[s.segment or ""]) for s in result.segments)
        for metric, seen in widths.items():
            seen.append(_width(_headline(result, metric).lift) / without[metric])
        tick()
    return [
        at_least("planted lift", "interval holds the planted cents", inside, runs, 0.93),
        at_least("planted lift", "interval has ends", told, runs, 1.0),
        beside("planted lift", f"interval of {PEOPLE:,} people", f"± {np.mean(reach):.0%}"),
        beside("planted lift", "told apart from nought", f"{apart} of {runs}"),
        at_least("planted lift", "both segments' intervals hold theirs", joint, runs, 0.93),
        *(
            beside(
                "planted lift", f"{metric}: width by each person's past", f"{np.mean(seen):.0%}"
            )
            for metric, seen in widths.items()
        ),
    ]


def _one_planted(run: int) -> tuple[PeopleResult, dict[Metric, float]]:
    """The result, and how wide the intervals would be if nobody's past were known."""
    luck, people = np.random.default_rng([1, run]), tokens(run, PEOPLE)
    test, town = campaign(f"planted-{run}"), Town.of(luck, PEOPLE)
    arms = arms_of(test, people)
    treated = np.array([arm != Arm.HELD_OUT for arm in arms])
    takes = luck.random(PEOPLE) < 0.5
    cents = lifted(luck, town.cents, treated & takes, 2 * PLANTED)
    segments = [("takes",) if one else ("leaves",) for one in takes.tolist()]
    rows = outcomes(town, arms, cents, segments)
    result = compare_people(rows, shares_of(test), LONG_AFTER)
    bare = {
        Metric.VISIT_SPEND: [row.visit_cents for row in rows],
        Metric.MONTH_SPEND: [row.month_cents for row in rows],
    }
    return result, {
        metric: _width(
            lift_of(TreatmentSample(outcome=np.array(y, float), treated=treated, share=0.9))
        )
        for metric, y in bare.items()
    }


def _width(lift: Lift) -> float:
    return lift.difference.high - lift.difference.low


def _headline(result: PeopleResult, metric: Metric) -> ArmComparison:
    return next(c for c in result.compared if c.metric is metric and c.arm == Arm.TREATED)


def no_effect(runs: int, tick: Tick) -> list[Figure]:
    """A/A: somebody looks after every single person and would stop at the first interval without nought."""
    found = list[Figure]()
    for share in (0.5, 0.9):
        alarms = uneven = classic = 0
        for run in range(runs * ALARM_RUNS_A_RUN):
            luck = np.random.default_rng([2, run, int(share * 10)])
            town, treated = Town.of(luck, PEOPLE), luck.random(PEOPLE) < share
            past = town.past_trips.astype(np.float64)
            sample = TreatmentSample(
                outcome=town.cents, treated=treated, share=share, past=past
            )
            alarms += lift_of(sample).first_stood is not None
            uneven += ratio_of(treated.astype(np.int64), np.array([1 - share, share])).alarm
            classic += peeked_t_test(town.cents, treated)
            if run % ALARM_RUNS_A_RUN == 0:
                tick()
        name, many = f"{share:.0%} treated", runs * ALARM_RUNS_A_RUN
        found += [
            at_most("no effect", f"false alarms, {name}", alarms, many, 0.05),
            at_most("no effect", f"false ratio alarms, {name}", uneven, many, 0.005),
            beside("no effect", f"a t test peeked at alike, {name}", f"{classic / many:.0%}"),
        ]
    return found


def peeked_t_test(cents: np.ndarray, treated: np.ndarray) -> bool:
    """What a fixed-horizon test does to somebody who looks after every fiftieth person."""
    counts = np.arange(1, len(cents) + 1)
    t, c = np.cumsum(treated), counts - np.cumsum(treated)
    means, errors = [], []
    for group, many in ((treated, t), (~treated, c)):
        n = np.maximum(many, 1)
        mean = np.cumsum(cents * group) / n
        means.append(mean)
        errors.append((np.cumsum(cents**2 * group) / n - mean**2) / n)
    z = np.abs(means[0] - means[1]) / np.sqrt(np.maximum(sum(errors), 1e-9))
    looks = (counts % 50 == 0) & (np.minimum(t, c) >= 30)
    return bool((z[looks] > 1.96).any())


def broken(runs: int, tick: Tick) -> list[Figure]:
    """One in four of the treated is lost on the way: the ratio must tell."""
    told = 0
    for run in range(runs):
        people = tokens(run, 2 * PEOPLE)
        test = campaign(f"broken-{run}")
        arms = np.array([arm != Arm.HELD_OUT for arm in arms_of(test, people)], np.int64)
        kept = (np.random.default_rng([3, run]).random(len(arms)) > 1 / 4) | (arms == 0)
        told += ratio_of(arms[kept], np.array([0.1, 0.9])).alarm
        tick()
    return [at_least("lost people", "ratio alarm raised", told, runs, 0.93)]
