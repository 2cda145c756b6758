"""What the treated do more than the held-out, at any moment one looks, with an interval that survives the looking.

``edge.campaigns.experiments.randomised`` asks for it once an arm and outcome, after ``ratio`` found the arms
sound.

Each person gives one score for each arm: the running mean of all who came before, corrected – for the arm that
they are in – by how far they are off it, over the chance of that arm. The mean score of an arm is unbiased,
whatever the running mean is, so the difference has an asymptotic confidence sequence (library ``ville``): with
95 % it holds the truth at every look at once, not at one look agreed on before. Where the past of each person is
told, the running mean leans on it (CUPED), with the slope of those who came before.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.causal.estimate import CONFIDENCE, Doubles, Estimate, library

Flags = npt.NDArray[np.bool_]

LEAST_AN_ARM = 200
"""So many people are expected in the smaller arm before anything is told: the sequence is valid in the limit
only, and spend is skewed; below, its intervals were seen to hold the truth too seldom."""

# The interval is narrowest around so many people; it must not depend on what was seen.
_NARROWEST_AT = 2_000
# People before the slope of the past is believed.
_BELIEVED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentSample:
    """People in the order in which they came in, shapes (n,): what they did, whether they were treated.

    ``share`` is the chance of the treated, by design, among these people, 0..1. ``past``: what was known of each
    before, by which outcomes are evened out; absent = nothing.
    """

    outcome: Doubles
    treated: Flags
    share: float
    past: Doubles | None = None

    def __post_init__(self) -> None:
        """Arrays must match. Raises ``ValueError``."""
        others = (self.treated,) if self.past is None else (self.treated, self.past)
        if any(one.shape != self.outcome.shape for one in others):
            raise ValueError("an outcome and an arm for each person")
        if not 0 < self.share < 1:
            raise ValueError("the share of the treated lies between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """What being treated adds. ``difference`` in the outcome's unit a person, ``relative`` to the control's mean.

    ``saved``: the part of the variance that the past has explained, 0..1. ``first_stood``: after how many people
    nought first lay outside the interval, for whoever looked at every one; it may have come back since.
    ``least``: how many people it takes before anything is told.
    """

    difference: Estimate
    relative: Estimate
    treated: int
    control: int
    least: int
    saved: float = 0.0
    first_stood: int | None = None

    @property
    def told(self) -> bool:
        """Whether there are people enough to tell anything."""
        return self.difference.told

    @property
    def stands(self) -> bool:
        """Whether nought lies outside the interval: the treatment has changed something."""
        return self.told and not self.difference.holds(0)


def lift_of(sample: TreatmentSample, *, confidence: float = CONFIDENCE) -> Lift:
    """The lift as of now. Fewer than ``LEAST_AN_ARM`` expected in either arm: an interval without ends."""
    upper, lower, saved = _scores(sample)
    n, treated = len(sample.outcome), int(sample.treated.sum())
    # Rounded first: 1 - 0.9 lies a hair below a tenth, and 2,000 people would become 2,001.
    least = math.ceil(round(LEAST_AN_ARM / min(sample.share, 1 - sample.share), 6))
    enough = n >= least and 0 < treated < n
    difference, first_stood = (
        _difference(upper - lower, least, confidence)
        if enough
        else (Estimate(value=_mean(upper - lower)), None)
    )
    return Lift(
        difference=difference,
        relative=_relative(upper, lower, confidence, enough=enough),
        treated=treated,
        control=n - treated,
        least=least,
        saved=saved,
        first_stood=first_stood,
    )


def _scores(sample: TreatmentSample) -> tuple[Doubles, Doubles, float]:
    """Each person's unbiased score for being treated and for not, and how much variance the past took away.

    The first person has nobody before and only sets the level. Shapes (n - 1,).
    """
    y, share = sample.outcome, sample.share
    leaned = np.zeros(len(y)) if sample.past is None else _leaning(y, sample.past)
    left = y - leaned
    centre = leaned + _before(np.cumsum(left)) / np.maximum(np.arange(len(y)), 1)
    upper = centre + np.where(sample.treated, (y - centre) / share, 0)
    lower = centre + np.where(sample.treated, 0, (y - centre) / (1 - share))
    spread = float(y.var()) if len(y) else 0.0
    saved = 1 - float(left.var()) / spread if spread and sample.past is not None else 0.0
    return upper[1:], lower[1:], max(saved, 0.0)


def _leaning(y: Doubles, past: Doubles) -> Doubles:
    """What the past says of each outcome, by the least-squares slope of those who came before. Shape (n,)."""
    seen = np.arange(len(y))
    many = np.maximum(seen, 1)
    x_mean, y_mean = _before(np.cumsum(past)) / many, _before(np.cumsum(y)) / many
    together = _before(np.cumsum(past * y)) - many * x_mean * y_mean
    spread = _before(np.cumsum(past**2)) - many * x_mean**2
    # Where all pasts are alike, the spread is only what rounding has left.
    believed = (seen >= _BELIEVED) & (spread > 1e-9 * many)
    slope = np.where(believed, together / np.where(believed, spread, 1), 0)
    return slope * (past - x_mean)


def _before(sums: Doubles) -> Doubles:
    """Running sums of those before, not of the row itself."""
    return np.concatenate(([0.0], sums[:-1]))


def _mean(scores: Doubles) -> float:
    return float(scores.mean()) if len(scores) else 0.0


def _difference(scores: Doubles, least: int, confidence: float) -> tuple[Estimate, int | None]:
    """The interval now, and at which person nought first lay outside."""
    # One less, and one more below: the first person only sets the level and has no score.
    sequence = library("ville").AsymptoticCS(
        alpha=1 - confidence, t_opt=_NARROWEST_AT, min_samples=least - 1
    )
    low, high = sequence.fit(scores).interval()
    outside = sequence.excludes(0.0)
    first_stood = None if outside is None else outside + 1
    return Estimate(value=_mean(scores), low=low, high=high), first_stood


def _relative(upper: Doubles, lower: Doubles, confidence: float, *, enough: bool) -> Estimate:
    """The ratio of the means less 1: all ratios that the same sequence does not exclude."""
    n = len(upper)
    if not (base := _mean(lower)):
        return Estimate(value=0.0)
    value = _mean(upper) / base - 1
    if not enough:
        return Estimate(value=value)
    ville = library("ville")
    rho = ville.best_rho(_NARROWEST_AT, 1 - confidence)
    reach = float(ville.normal_mixture(n, 1 - confidence, rho)) / n
    spread = np.cov(upper, lower) * reach**2
    a = base**2 - spread[1, 1]
    b = _mean(upper) * base - spread[0, 1]
    c = _mean(upper) ** 2 - spread[0, 0]
    # The control's mean cannot be told from nought, so any ratio may be the true one.
    if a <= 0 or b * b < a * c:
        return Estimate(value=value)
    root = math.sqrt(b * b - a * c)
    return Estimate(value=value, low=(b - root) / a - 1, high=(b + root) / a - 1)
