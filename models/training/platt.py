"""Platt's scaling: the stretch and shift that make chances of a network's logits, found safely.

``network.learn`` calls ``platt`` on all of its rows and folds the answer into the last layer, then asks ``check``.

Newton's method alone runs away where most chances are near nought and the curve is flat. Each step is damped
until the log loss falls, so the answer is never worse than the logits as they were.
"""

import numpy as np
import numpy.typing as npt

from models.errors import LearningFailed
from models.statistics.tables import Floats

_Doubles = npt.NDArray[np.float64]

# Two numbers are fitted, and few steps settle them; damped ones are a little shorter.
_STEPS_MAX = 60
_SETTLED = 1e-12
_DAMPING, _DAMPING_MAX = 1e-6, 1e12
# A list's loss makes a network somewhat too sure or unsure of itself; twenty times is a fault.
STRETCH_MIN, STRETCH_MAX = 0.05, 20.0
# Past the furthest logit by so much every chance is nought or one; halvings until it is exact.
_SHIFT_MAX, _HALVINGS = 80.0, 80
# Rounding to single precision moves the sum of the chances by far less.
_SUM_OFF_MAX = 0.01


def platt(logits: Floats, bought: Floats, weight: Floats) -> tuple[float, float]:
    """Stretch and shift of least log loss over the rows; shapes (n,), at least one row bought.

    A stretch outside 0.05..20 contradicts what was bought, as of too few views: then the stretch is 1
    and the shift alone is fitted, so that the chances still sum to the purchases.
    """
    rows = logits.astype(np.float64)
    truth, heavy = bought.astype(np.float64), weight / weight.sum(dtype=np.float64)
    stretch, shift = _damped(rows, truth, heavy)
    if not STRETCH_MIN <= stretch <= STRETCH_MAX:
        stretch = 1.0
    # Exact in sum whatever the steps above came to.
    return stretch, _level(stretch * rows, truth, heavy, shift)


def check(chances: Floats, bought: Floats, weight: Floats) -> None:
    """Raise ``LearningFailed`` unless ``chances`` are finite, differ, and sum to the purchases."""
    if not np.isfinite(chances).all():
        raise LearningFailed(fault="some chances are no numbers")
    promised, kept = float(weight @ chances), float(weight @ bought)
    if abs(promised - kept) > _SUM_OFF_MAX * kept:
        raise LearningFailed(
            fault=f"{promised:.4g} purchases are foretold where {kept:.4g} were made"
        )
    if len(chances) > 1 and chances.min() == chances.max():
        raise LearningFailed(fault="every item has the same chance")


def log_loss(logits: _Doubles, bought: _Doubles, weight: _Doubles) -> float:
    """The weighted sum of each row's log loss."""
    return float(weight @ (np.logaddexp(0, logits) - bought * logits))


def _damped(rows: _Doubles, truth: _Doubles, heavy: _Doubles) -> tuple[float, float]:
    """Levenberg's steps on the standardised logits; each one lowers the loss or is not taken."""
    middle = float(heavy @ rows)
    spread = float(np.sqrt(heavy @ (rows - middle) ** 2)) or 1.0
    design = np.stack([(rows - middle) / spread, np.ones_like(rows)], axis=1)
    # Begun at the logits as they are.
    found, damping = np.array([spread, middle]), _DAMPING
    loss = log_loss(design @ found, truth, heavy)
    for _ in range(_STEPS_MAX):
        chance = _sigmoid(design @ found)
        slope = design.T @ (heavy * (chance - truth))
        curve = (design * (heavy * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curve + damping * np.eye(2), slope)
        now = log_loss(design @ (found - step), truth, heavy)
        if now <= loss:
            settled = loss - now < _SETTLED
            found, loss, damping = found - step, now, max(damping / 10, _DAMPING)
            if settled:
                break
        else:
            damping *= 10
            if damping > _DAMPING_MAX:
                break
    return float(found[0] / spread), float(found[1] - found[0] * middle / spread)


def _level(rows: _Doubles, truth: _Doubles, heavy: _Doubles, near: float) -> float:
    """The shift at which the chances sum to the purchases; ``near`` where no shift would do."""
    kept = float(heavy @ truth)
    low, high = -_SHIFT_MAX - float(rows.max()), _SHIFT_MAX - float(rows.min())
    if not heavy @ _sigmoid(rows + low) < kept < heavy @ _sigmoid(rows + high):
        return float(np.clip(near, low, high))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if heavy @ _sigmoid(rows + middle) < kept:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _sigmoid(logits: _Doubles) -> _Doubles:
    chances: _Doubles = np.exp(-np.logaddexp(0, -logits))
    return chances
