"""Whom a campaign moves: the chance to buy if shown and if held out, learnt apart from people drawn by chance.

``edge.campaigns.experiments.campaign_uplift`` asks for it once a campaign has its people; console and command line
show what comes back.

A T-learner: one ridge logistic regression of the treated, one of the held-out; the difference of their chances is a
person's uplift. Each person is judged by models that have not seen them (five folds). What an order by uplift is
worth is read of unbiased scores: the models' difference, corrected by how far the person is off it over the chance
of the arm that they were drawn into. So a bad model makes intervals wide and never makes them wrong.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.causal.estimate import CONFIDENCE, Doubles, Estimate, student_interval
from models.causal.lift import Flags
from models.statistics.ridge_logistic import ridge_logistic

LEAST_BUYERS = 30
"""So many must have bought, and as many not, in either arm: of fewer no chance can be learnt."""

_FOLDS = 5
# Where nobody is moved more than others, luck that two folds share is met twice, as each judges the other's models:
# the true error is by this larger than that of people who have nothing to do with each other, however many folds.
_FOLDS_ARE_ONE = math.sqrt(2)
# People by their uplift, highest first, in so many groups of one size.
_GROUPS = 3
# The prior of each standardised weight: a holdout is small, and what it does not show must not be told.
_RIDGE = 10.0
# A column that never varies is divided by this instead of by nothing.
_SPREAD_MIN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class UpliftSample:
    """People in a test: ``features`` (n, d) of before it, whether they ``bought`` and were ``treated``, (n,).

    ``share``: the chance of the treated, by design, 0..1.
    """

    features: Doubles
    bought: Flags
    treated: Flags
    share: float

    @property
    def least(self) -> int:
        """How many bought, or did not, in the arm where they are fewest."""
        arms = (self.bought[self.treated], self.bought[~self.treated])
        return min(min(int(arm.sum()), int((~arm).sum())) for arm in arms)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPropensities:
    """The two models. ``shown``, ``held``: weights and then bias of features as they come, (d + 1,)."""

    shown: Doubles
    held: Doubles

    def chances(self, features: Doubles) -> tuple[Doubles, Doubles]:
        """The chance to buy if shown and if held out, of each row of (n, d)."""
        rows = np.hstack([features, np.ones((len(features), 1))])
        return _chance(rows @ self.shown), _chance(rows @ self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpliftGroup:
    """A part of the people by their uplift: what was ``foretold`` of them on average, and what was ``seen``."""

    people: int
    foretold: float
    seen: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """What two models say of a campaign; chances to buy, 0..1.

    ``ranking``: the area between the gains of showing it by uplift, highest first, and of showing it to anybody
    (Qini), in buyers a person; nought lies inside where people cannot be told apart. ``groups``: highest first.
    Intervals are good for one look.
    """

    models: TwoPropensities
    ranking: Estimate
    groups: tuple[UpliftGroup, ...]

    @property
    def tells_apart(self) -> bool:
        """Whether an order by uplift is better than chance."""
        return self.ranking.low > 0


def uplift_of(sample: UpliftSample) -> Uplift:
    """Learn both models and judge them. ``sample.least`` must reach ``LEAST_BUYERS``: raises ``ValueError``."""
    if sample.least < LEAST_BUYERS:
        raise ValueError("too few have bought, or have not, to learn from")
    shown, held = _out_of_fold(sample)
    uplift = shown - held
    scores = _unbiased(sample, shown, held)
    place = _places(uplift)
    return Uplift(
        models=_learnt(sample, np.ones(len(uplift), np.bool_)),
        # The area under the curve of gains is a mean of the scores, each by how early it comes.
        ranking=_mean(scores * (0.5 - place)),
        groups=tuple(
            UpliftGroup(
                people=len(rows),
                foretold=float(uplift[rows].mean()),
                seen=_mean(scores[rows]),
            )
            for rows in np.array_split(np.argsort(place, kind="stable"), _GROUPS)
        ),
    )


def _out_of_fold(sample: UpliftSample) -> tuple[Doubles, Doubles]:
    """Both chances of each person, by models of all others' folds. Shapes (n,)."""
    count = len(sample.bought)
    shown, held = np.zeros(count), np.zeros(count)
    for out in _folds(count):
        shown[out], held[out] = _learnt(sample, ~out).chances(sample.features[out])
    return shown, held


def _folds(count: int) -> tuple[Flags, ...]:
    fold = np.arange(count) % _FOLDS
    return tuple(fold == number for number in range(_FOLDS))


def _places(uplift: Doubles) -> Doubles:
    """Where each person stands among those of their own fold, 0 = moved most, 1 = least. Shape (n,)."""
    place = np.zeros(len(uplift))
    # Never across folds: people who buy more by luck lower the level of the models that judge them.
    for fold in _folds(len(uplift)):
        rows = np.flatnonzero(fold)[np.argsort(-uplift[fold], kind="stable")]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return place


def _learnt(sample: UpliftSample, rows: Flags) -> TwoPropensities:
    return TwoPropensities(
        shown=_fitted(sample, rows & sample.treated),
        held=_fitted(sample, rows & ~sample.treated),
    )


def _fitted(sample: UpliftSample, rows: Flags) -> Doubles:
    """Weights and bias of features as they come, learnt on standardised ones."""
    values = sample.features[rows]
    mean, scale = values.mean(axis=0), np.maximum(values.std(axis=0), _SPREAD_MIN)
    found = ridge_logistic((values - mean) / scale, sample.bought[rows], _RIDGE)
    weights = found[:-1] / scale
    return np.append(weights, found[-1] - weights @ mean)


def _unbiased(sample: UpliftSample, shown: Doubles, held: Doubles) -> Doubles:
    """A score for each person whose mean is the effect, whatever the models are worth. Shape (n,)."""
    off_shown = (sample.bought - shown) / sample.share
    off_held = (sample.bought - held) / (1 - sample.share)
    scores: Doubles = shown - held + np.where(sample.treated, off_shown, -off_held)
    return scores


def _mean(scores: npt.NDArray[np.float64]) -> Estimate:
    error = _FOLDS_ARE_ONE * float(scores.std(ddof=1)) / math.sqrt(len(scores))
    return student_interval(float(scores.mean()), error, len(scores) - 1, CONFIDENCE)


def _chance(logits: Doubles) -> Doubles:
    chance: Doubles = 1 / (1 + np.exp(-logits))
    return chance
