"""What an offer is worth for arbitration: the chance that it is redeemed, times what it then leaves.

The edge's step ``score`` calls it for every offer of a decision.
"""

import numpy as np
import numpy.typing as npt

from models.statistics.tables import Floats

# Chances are kept in ten-thousandths: coarser than the last bits in which two processors differ.
POINTS = 10_000


def points_of(chances: Floats) -> npt.NDArray[np.int64]:
    """Chances 0..1 as whole ten-thousandths. Shape (n,)."""
    return np.rint(np.clip(chances, 0.0, 1.0) * POINTS).astype(np.int64)


def worth(points: int, margin_cents: int, discount_cents: int) -> int:
    """Expected cents, to the nearest, of an offer with a chance of ``points`` ten-thousandths.

    ``margin_cents`` is kept without the discount; an offer that gives more than that away is worth
    less than nothing. This is what a redemption leaves, not what the offer *adds*: who redeems
    might have bought anyway, and the tables learnt from cannot tell (their targeting was not
    random). Only randomised holdouts may ever open a claim of uplift.
    """
    expected = points * (margin_cents - discount_cents)
    # In whole numbers, so that every machine orders offers alike.
    return (2 * expected + POINTS) // (2 * POINTS)
