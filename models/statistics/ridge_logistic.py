"""Logistic regression with a normal prior on its weights, by Newton's method.

``offers.learning`` fits chances of redemption with it, ``causal.uplift`` the two chances of a campaign.
"""

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

# Newton's method has settled long before, or never will.
_STEPS_MAX = 50
_CLOSE_ENOUGH = 1e-10


def ridge_logistic(values: Doubles, happened: npt.NDArray[np.bool_], ridge: float) -> Doubles:
    """The minimum of log loss + ridge / 2 * |weights|^2; the last of its (d + 1,) numbers is the free bias.

    Shapes: ``values`` (n, d), ``happened`` (n,).
    """
    rows = np.hstack([values, np.ones((len(values), 1))])
    # Next to nothing on the bias, so that the system can always be solved.
    prior = np.append(np.full(values.shape[1], ridge), 1e-9)
    found = np.zeros(rows.shape[1])
    for _ in range(_STEPS_MAX):
        chance = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (chance - happened) + prior * found
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(prior)
        step = np.linalg.solve(curve, slope)
        found -= step
        if float(np.abs(step).max()) < _CLOSE_ENOUGH:
            break
    return found
