"""From what was logged to what another configuration would have earned: rows become people, people an interval.

`trial` gathers the rows; `answers` says what may be told of the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.causal.estimate import Doubles, Estimate, student_interval
from models.causal.offpolicy import PolicyEstimates, estimate

LEAST_PEOPLE = 30
"""So many people must the log be worth before a figure is told: below, one person's answer moves it too far."""

LEAST_ANSWERS = 10
"""So many of them must have given an answer that counts: of rarer ones a spread cannot be told."""


class LoggedRow(NamedTuple):
    """One showing, or all showings of one person. ``person`` counts people from 0; ``earned`` in the measure's unit.

    ``logged`` and ``target``: how likely it was to be seen as it was seen, and would be after the change.
    """

    person: int
    earned: float
    logged: float
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfEstimate:
    """What a row earned, would earn, and the difference with its interval.

    ``then`` has three answers to the same question, each over people, not over rows: a person's rows are alike.
    ``answers``: people with an earning that counts in the estimate.
    """

    rows: int
    people: int
    answers: int
    was: float
    then: PolicyEstimates
    lift: Estimate

    @property
    def told(self) -> bool:
        """Whether the log is worth enough people and answers."""
        enough = self.then.effective >= LEAST_PEOPLE and self.answers >= LEAST_ANSWERS
        return enough and self.lift.told


def reckon(rows: Sequence[LoggedRow], *, confidence: float = 0.95) -> WhatIfEstimate:
    """Weigh ``rows``, each as likely under the change as it says, into one figure. An empty log tells nothing."""
    person, earned, logged, target = _columns(rows)
    weight = target / logged
    # Counted anew without gaps: `bincount` makes a cell for every number.
    _, who = np.unique(person, return_inverse=True)
    many = int(who.max()) + 1 if len(rows) else 0
    weights, weighed, plain, count = (
        np.bincount(who, values, many).astype(np.float64)
        for values in (weight, weight * earned, earned, np.ones(len(rows)))
    )
    then = _then(weights, weighed, len(rows), confidence)
    was = float(earned.mean()) if len(rows) else 0.0
    off = (plain - was * count) / max(len(rows), 1)
    error = _error(weighed - then.snips.value * weights, weights, off)
    gain = then.snips.value - was
    return WhatIfEstimate(
        rows=len(rows),
        people=many,
        answers=int((weighed != 0).sum()),
        was=was,
        then=then,
        # Degrees of freedom by the people that the log is worth, not by those that it holds.
        lift=student_interval(gain, error, then.effective - 1, confidence),
    )


def _columns(rows: Sequence[LoggedRow]) -> Doubles:
    """Shape (4, n)."""
    # An empty log has no columns of its own.
    return np.array(rows, np.float64).reshape(len(rows), len(LoggedRow._fields)).T


def _then(weights: Doubles, weighed: Doubles, rows: int, confidence: float) -> PolicyEstimates:
    """The estimates over people: each counts as their rows' weights together, and earned their weighted mean."""
    people = len(weights)
    # Who has no weight would have been shown none of it.
    earned = np.divide(weighed, weights, out=np.zeros(people), where=weights > 0)
    share = weights * people / max(rows, 1)
    # The estimator takes probabilities: where shares exceed one, both sides are made smaller alike.
    scale = max(1.0, float(share.max(initial=0.0)))
    logged = np.full(people, 1 / scale)
    return estimate(earned, logged, share / scale, confidence=confidence)


def _error(over: Doubles, weights: Doubles, off: Doubles) -> float:
    """The standard error of the gain: what each person pulls at its two ends, to first order. Shapes (people,)."""
    people, total = len(weights), float(weights.sum())
    if people < 2 or not total:  # noqa: PLR2004 - one has no spread
        return float("inf")
    pulls = over / total - off
    # Corrected for the mean, which was taken from the same people.
    return float(((pulls**2).sum() * people / (people - 1)) ** 0.5)
