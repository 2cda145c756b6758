"""What a candidate is worth: ``(relevance + timeliness) / loss of privacy × trust``, in whole numbers.

The step `worth` reckons by it for a whole shortlist, explanations for one product.

Relevance is the chance in ten-thousandths, raised by what an offer is expected to leave. Timeliness raises it
for what is due now. Loss of privacy grows with what a screen would give away of a person and with who can
see it, times the market's slider. Trust falls with each time the person said no to the like.
Monotone: more relevance, more timeliness or more trust never make it less; more loss never makes it more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge.domain.placement import surface_of

Ints = npt.NDArray[np.int64]

WHOLE = 100
"""One, in per cent."""

# What a person's no costs everything of its category, and how much trust is left at least.
_A_NO_PCT, _LEAST_TRUST_PCT = 20, 20

TELLS = {"anniversary": 3, "resupply": 2, "own": 1, "neighbours": 1, "discovery": 1}
"""How telling it is of a person what proposed an item, by the source's name; the others tell nothing."""


def trust_pct(noes: int) -> int:
    """What is left of trust in a category after so many noes, 20..100."""
    return max(WHOLE - _A_NO_PCT * noes, _LEAST_TRUST_PCT)


def loss_pct(reveals: Ints, surface: str, weight_pct: int) -> Ints:
    """Loss of privacy in per cent, 100 = none. Shape as ``reveals``: how telling a row's sources are, 0..3.

    ``weight_pct`` is the market's slider, 0..100; at 0 privacy has no price.
    """
    return WHOLE + reveals * surface_of(surface).seen_by * weight_pct // 4


def worth(relevance: Ints, timeliness: Ints, loss: Ints, trust: Ints) -> Ints:
    """The equation. Shapes (n,), int64: ``relevance`` 0..10^9, the others in per cent."""
    # Whole numbers all the way: every machine must order alike, and 10^9 leaves room in 64 bits.
    return relevance * (WHOLE + timeliness) // loss * trust // WHOLE
