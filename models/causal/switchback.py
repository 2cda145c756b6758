"""What a treatment adds where all who are there share it: stretches of time with it beside stretches without.

``edge.campaigns.experiments.switchback`` calls it with the stretches that the store counted.

People cannot be told apart before a shared screen: who is held out sees it too, and a comparison of people is
biased towards nothing. So time is drawn instead: stretches come in pairs, one on and one off in drawn order, and
what is left of the stretch before is not measured. A pair's difference is free of the day, the store and the
season; what remains is noise, and pairs are many.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.causal.estimate import CONFIDENCE, Doubles, Estimate, library, student_interval

LEAST_PAIRS = 30
"""So many pairs before an interval is told that survives being looked at again and again."""

# The sequence is narrowest around so many pairs: ten stores for a month.
_NARROWEST_AT = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchbackCells:
    """Stretches, shapes (n,): store, number of the pair, whether the treatment was on, and the mean outcome."""

    store: npt.NDArray[np.int64]
    pair: npt.NDArray[np.int64]
    on: npt.NDArray[np.bool_]
    outcome: Doubles


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchbackEffect:
    """What being on adds to the mean outcome of a stretch.

    ``planned`` is the t interval over pairs, for whoever looks once, at the planned end; ``running`` survives
    being looked at at any time. ``pairs`` are whole ones; ``off_mean`` is the outcome without the treatment.
    """

    planned: Estimate
    running: Estimate
    pairs: int
    off_mean: float


def switchback_effect(
    cells: SwitchbackCells, *, confidence: float = CONFIDENCE
) -> SwitchbackEffect:
    """Compare on with off inside each pair; a pair of which one half is missing says nothing."""
    gains, off = _gains(cells)
    n = len(gains)
    value = float(gains.mean()) if n else 0.0
    error = float(gains.std(ddof=1)) / n**0.5 if n > 1 else float("inf")
    return SwitchbackEffect(
        planned=student_interval(value, error, n - 1, confidence),
        running=_running(gains, value, confidence),
        pairs=n,
        off_mean=float(off.mean()) if n else 0.0,
    )


def _gains(cells: SwitchbackCells) -> tuple[Doubles, Doubles]:
    """On less off for each whole pair, in the order of time, and the off halves. Shapes (pairs,)."""
    # Off before on inside a pair, so that the halves of a whole one are neighbours.
    order = np.lexsort((cells.on, cells.store, cells.pair))
    store, pair, on = cells.store[order], cells.pair[order], cells.on[order]
    outcome = cells.outcome[order]
    whole = (
        (store[:-1] == store[1:]) & (pair[:-1] == pair[1:]) & ~on[:-1] & on[1:]
        if len(order)
        else np.zeros(0, np.bool_)
    )
    return (outcome[1:] - outcome[:-1])[whole], outcome[:-1][whole]


def _running(gains: Doubles, value: float, confidence: float) -> Estimate:
    if len(gains) < LEAST_PAIRS:
        return Estimate(value=value)
    sequence = library("ville").AsymptoticCS(
        alpha=1 - confidence, t_opt=_NARROWEST_AT, min_samples=LEAST_PAIRS
    )
    low, high = sequence.fit(gains).interval()
    return Estimate(value=value, low=low, high=high)
