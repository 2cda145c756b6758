"""What another policy would have earned, told from what was logged under the present one.

``edge.campaigns.whatif.estimate`` calls it with the decisions of a recorded day and those made again.

Each logged row counts as often as the other policy would have done the same, relative to how often it was
done: IPS takes the mean of the rewards so weighted, SNIPS divides by the weights' own mean, DR adds a model's
answer and weights only what the model got wrong. All rest on propensities that are true and never nought.
"""

from dataclasses import dataclass

import numpy as np

from models.causal.estimate import CONFIDENCE, Doubles, Estimate, student_interval

# The mean weight may be so many of its standard errors off 1; where all weights are equal, so little.
_DOUBT, _EXACT = 4.0, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelledRewards:
    """What a model expects, row by row, shapes (n,): ``logged`` of what was done, ``target`` of the other policy.

    ``target`` is the mean over the other policy's actions. The model must not have learned from these rows.
    """

    logged: Doubles
    target: Doubles


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEstimates:
    """Three answers to one question, and how many rows of the other policy's own the log is worth.

    ``effective`` is (sum of weights)² / sum of squared weights; near nought, the log cannot tell, and no
    interval has ends. ``rows`` is how many were logged, ``weight`` their mean weight and ``weight_error`` its
    standard error.
    """

    ips: Estimate
    snips: Estimate
    dr: Estimate
    effective: float
    rows: int
    weight: float
    weight_error: float

    @property
    def supported(self) -> bool:
        """Whether the log holds all that the other policy would do: then the mean weight is 1, but for chance."""
        return abs(self.weight - 1) <= _DOUBT * self.weight_error + _EXACT


def estimate(
    rewards: Doubles,
    logged: Doubles,
    target: Doubles,
    *,
    modelled: ModelledRewards | None = None,
    confidence: float = CONFIDENCE,
) -> PolicyEstimates:
    """The mean reward under the other policy, with intervals that fall back on Student's t for few rows.

    Args:
        rewards: What each row earned. Shape (n,).
        logged: The probability with which its action was taken, above 0. Shape (n,).
        target: The probability of the same action under the other policy. Shape (n,).
        modelled: For DR; without it the model is the mean of the log, the same for every action.
        confidence: Of the intervals.

    Raises:
        ValueError: shapes differ, or a probability is none.
    """
    _check(rewards, logged, target)
    weights = target / logged
    total, squares = float(weights.sum()), float((weights**2).sum())
    rows, effective = len(rewards), total**2 / squares if squares > 0 else 0.0
    model = _flat(rewards) if modelled is None else modelled
    right = model.target + weights * (rewards - model.logged)
    return PolicyEstimates(
        ips=_mean(weights * rewards, effective, confidence),
        snips=_ratio(weights, rewards, effective, confidence),
        dr=_mean(right, effective, confidence),
        effective=effective,
        rows=rows,
        weight=total / rows if rows else 0.0,
        weight_error=float(weights.std()) / rows**0.5 if rows else 0.0,
    )


def _check(rewards: Doubles, logged: Doubles, target: Doubles) -> None:
    if not rewards.shape == logged.shape == target.shape or rewards.ndim != 1:
        raise ValueError("a reward, a logged and a target probability for each row")
    if (logged <= 0).any() or (logged > 1).any():
        raise ValueError("a logged probability is above 0 and at most 1")
    if (target < 0).any() or (target > 1).any():
        raise ValueError("a target probability is 0 to 1")


def _flat(rewards: Doubles) -> ModelledRewards:
    level = np.full(len(rewards), rewards.mean() if len(rewards) else 0.0)
    return ModelledRewards(logged=level, target=level)


def _mean(scores: Doubles, effective: float, confidence: float) -> Estimate:
    if len(scores) < 2:  # noqa: PLR2004 - one row has no spread
        return Estimate(value=float(scores.mean()) if len(scores) else 0.0)
    error = float(scores.std(ddof=1)) / len(scores) ** 0.5
    # Freedom by what the log is worth: a few heavy rows must not pass for many.
    return student_interval(float(scores.mean()), error, effective - 1, confidence)


def _ratio(weights: Doubles, rewards: Doubles, effective: float, confidence: float) -> Estimate:
    total = float(weights.sum())
    if not total:
        return Estimate(value=0.0)
    value = float((weights * rewards).sum()) / total
    # To first order a weighted mean errs as the sum of its weighted deviations.
    error = float(((weights * (rewards - value)) ** 2).sum()) ** 0.5 / total
    return student_interval(value, error, effective - 1, confidence)
