"""Which of a campaign's creatives to show: Thompson sampling whose every propensity is known.

``edge.state.creative_odds`` calls it for each creative of an offer; the step ``creatives`` draws by the odds.

A segment's counts lean on those of all segments (a hierarchy of Beta distributions), so that a new
segment starts from what the chain knows. A floor keeps every creative alive: without it nothing could be
estimated later from what was shown. Counts of several stores add up, which is how they are pooled centrally.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Keys

# What a segment is believed to have seen before its first showing: so many successes at the pooled rate.
_LEAN_SUCCESSES = 2.0
# The pooled rate before anything was shown: one success in twenty showings.
_FIRST_TAKEN, _FIRST_SHOWN = 1.0, 20.0

# Part of all showings that is spread evenly.
FLOOR = 0.05
# Propensities are kept in ten-thousandths, as chances are.
POINTS = 10_000
# Shares are then right to about a hundredth.
_DRAWS = 2_000

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeCounts:
    """Counts of each creative, shapes (a,): ``shown`` times, ``taken`` up of those."""

    shown: Keys
    taken: Keys

    def __post_init__(self) -> None:
        """Counts must be possible. Raises ``ValueError``."""
        if self.shown.shape != self.taken.shape or not len(self.shown):
            raise ValueError("a count of showings and one of takings for each creative")
        if (self.taken < 0).any() or (self.taken > self.shown).any():
            raise ValueError("nothing is taken up more often than it was shown")


def posterior(segment: CreativeCounts, pooled: CreativeCounts) -> tuple[Doubles, Doubles]:
    """Beta parameters of each creative's rate in ``segment``, which is part of ``pooled``. Shapes (a,)."""
    rate = (pooled.taken + _FIRST_TAKEN) / (pooled.shown + _FIRST_SHOWN)
    successes = segment.taken + _LEAN_SUCCESSES
    # As many failures as keep the lean at the pooled rate.
    failures = segment.shown - segment.taken + _LEAN_SUCCESSES * (1 - rate) / rate
    return successes.astype(np.float64), failures.astype(np.float64)


def propensities(
    segment: CreativeCounts, pooled: CreativeCounts, seed: int
) -> npt.NDArray[np.int64]:
    """The chance of each creative to be shown now, in ten-thousandths that sum to all. Shape (a,).

    Its chance to be the best, less what the floor spreads evenly. Equal counts and seeds, equal points.
    """
    successes, failures = posterior(segment, pooled)
    draw = np.random.default_rng(seed)
    best = draw.beta(successes, failures, (_DRAWS, len(successes))).argmax(axis=1)
    share = np.bincount(best, minlength=len(successes)) / _DRAWS
    exact = (FLOOR / len(successes) + (1 - FLOOR) * share) * POINTS
    points = np.floor(exact).astype(np.int64)
    # What rounding down has left goes to the largest remainders, the first of equals first.
    left = POINTS - int(points.sum())
    points[np.argsort(points - exact, kind="stable")[:left]] += 1
    return points
