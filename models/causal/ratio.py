"""Whether people fell into the arms as often as they were meant to; if not, no figure of the test is to be believed.

``edge.campaigns.experiments.randomised`` asks it first: a broken split is told in place of the lift.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.causal.estimate import Doubles, library

ALARM = 0.001
"""An alarm is raised below this chance: one test in a thousand in which nothing is wrong, looked at for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    """How people fell. ``chance``: of so uneven a fall at any look so far, if all is well; shapes (k,)."""

    seen: tuple[int, ...]
    meant: tuple[float, ...]
    chance: float

    @property
    def alarm(self) -> bool:
        """Whether something is wrong: lost people, a broken assignment, an arm that shows more often."""
        return self.chance < ALARM


def ratio_of(arms: npt.NDArray[np.int64], shares: Doubles) -> SampleRatio:
    """Compare arms with their shares, valid at any look: one e-process an arm (library ``ville``), their mean.

    Args:
        arms: The arm (0..k-1) of each person, in the order in which they came in. Shape (n,).
        shares: What each arm is meant to get; they sum to 1, each above 0. Shape (k,).

    Raises:
        ValueError: shares are none, or an arm is unknown.
    """
    if (shares <= 0).any() or abs(float(shares.sum()) - 1) > 1e-6:  # noqa: PLR2004 - rounding
        raise ValueError("shares are above 0 and sum to 1")
    if len(arms) and not 0 <= int(arms.min()) <= int(arms.max()) < len(shares):
        raise ValueError(f"an arm is 0..{len(shares) - 1}")
    seen = np.bincount(arms, minlength=len(shares))
    return SampleRatio(
        seen=tuple(int(n) for n in seen),
        meant=tuple(float(s) * len(arms) for s in shares),
        chance=_chance(arms, shares) if len(arms) and len(shares) > 1 else 1.0,
    )


def _chance(arms: npt.NDArray[np.int64], shares: Doubles) -> float:
    """One over the largest evidence so far: that is how improbable it is if all is well."""
    ville = library("ville")
    logs = np.stack(
        [
            ville.BernoulliTest(float(share)).fit((arms == arm).astype(float)).log_e_values_
            for arm, share in enumerate(shares)
        ]
    )
    # The mean of the evidence, taken beside the largest: alone its exponential would overflow.
    top = logs.max(axis=0)
    mean = top + np.log(np.exp(logs - top).mean(axis=0))
    # The largest so far, so that an alarm once raised stays.
    return float(min(1.0, np.exp(-mean.max())))
