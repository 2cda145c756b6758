"""Step 5: how likely each candidate is bought, all of them in one batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.steps.context import Context
from models.ranker import Ranker, Shortlist

# Chances are kept in ten-thousandths: coarser than the last bits in which two processors' arithmetic may differ,
# finer than any difference a shopper could notice. This is what lets a decision replay byte for byte elsewhere.
POINTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Candidates with their chances.

    ``points``: shape (n,), int64, chance in ten-thousandths, in the shortlist's row order.
    """

    candidates: Shortlist
    points: npt.NDArray[np.int64]


def score(context: Context, candidates: Shortlist, ranker: Ranker) -> Scored:
    """Ask the model once for all candidates."""
    if len(candidates.keys) == 0:
        return Scored(candidates=candidates, points=np.empty(0, np.int64))
    chance = ranker.score(context.view, candidates.keys).astype(np.float64)
    points = np.rint(np.clip(chance, 0.0, 1.0) * POINTS).astype(np.int64)
    return Scored(candidates=candidates, points=points)
