"""Stretch and shift: never worse than before, calibrated in sum, never run away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import LearningFailed
from models.training.platt import STRETCH_MAX, STRETCH_MIN, check, log_loss, platt

ONES = np.ones(1000, np.float32)


def undamped(logits: np.ndarray, bought: np.ndarray) -> float:
    """Where Newton's method goes if nobody holds it: the stretch after twelve steps."""
    found = np.array([1.0, 0.0])
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    for _ in range(12):
        chance = 1 / (1 + np.exp(-np.maximum(design @ found, -80.0)))
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-8 * np.eye(2)
        found = found - np.linalg.solve(curve, design.T @ (chance - bought))
    return float(found[0])


def rows_of(seed: int, middle: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    logits = draw.normal(middle, spread, 1000).astype(np.float32)
    bought = (draw.random(1000) < 0.05).astype(np.float32)
    bought[np.argmax(logits)] = 1
    return logits, bought


def test_logits_that_newton_s_method_runs_away_from_are_scaled() -> None:
    """The curve is flat where the network is far too sure that nothing is bought."""
    logits, bought = rows_of(1, -25.0, 4.0)
    assert abs(undamped(logits.astype(float), bought)) > 1e6
    stretch, shift = platt(logits, bought, ONES)
    assert STRETCH_MIN <= stretch <= STRETCH_MAX
    check(chances_of(logits, stretch, shift), bought, ONES)


def chances_of(logits: np.ndarray, stretch: float, shift: float) -> np.ndarray:
    return (1 / (1 + np.exp(-(stretch * logits + shift)))).astype(np.float32)


@given(
    seed=st.integers(0, 1000),
    middle=st.floats(-60, 60),
    spread=st.floats(0.0, 20),
    heavy=st.floats(1, 100),
)
def test_whatever_the_logits_the_chances_sum_to_the_purchases(
    seed: int, middle: float, spread: float, heavy: float
) -> None:
    logits, bought = rows_of(seed, middle, spread)
    weight = np.where(bought > 0, 1, heavy).astype(np.float32)
    stretch, shift = platt(logits, bought, weight)
    assert STRETCH_MIN <= stretch <= STRETCH_MAX
    promised = float(weight @ chances_of(logits.astype(float), stretch, shift))
    assert promised == pytest.approx(float(weight @ bought), rel=1e-3)


@given(seed=st.integers(0, 1000), middle=st.floats(-30, 30), spread=st.floats(0.1, 10))
def test_the_loss_never_rises(seed: int, middle: float, spread: float) -> None:
    logits, bought = (part.astype(float) for part in rows_of(seed, middle, spread))
    heavy = np.full(1000, 1e-3)
    stretch, shift = platt(logits.astype(np.float32), bought.astype(np.float32), ONES)
    before, after = (
        log_loss(rows, bought, heavy) for rows in (logits, stretch * logits + shift)
    )
    assert after <= before + 1e-9


def test_chances_that_are_right_already_stay() -> None:
    draw = np.random.default_rng(3)
    logits = draw.normal(-2, 1.5, 200_000).astype(np.float32)
    bought = (draw.random(200_000) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    stretch, shift = platt(logits, bought, np.ones_like(logits))
    assert stretch == pytest.approx(1, abs=0.03)
    assert shift == pytest.approx(0, abs=0.05)


def test_an_order_that_contradicts_the_purchases_keeps_its_stretch() -> None:
    logits = np.linspace(-3, 3, 1000, dtype=np.float32)
    stretch, _ = platt(logits, (logits < -1).astype(np.float32), ONES)
    assert stretch == 1


@pytest.mark.parametrize(
    "chances", [[0.2, np.nan, 0.1, 0.1], [1e-30, 1e-31, 0, 0], [0.25] * 4, [0.9, 0.8, 0.9, 1]]
)
def test_what_is_no_set_of_chances_is_refused(chances: list[float]) -> None:
    bought = np.array([1, 0, 0, 0], np.float32)
    with pytest.raises(LearningFailed):
        check(np.array(chances, np.float32), bought, np.ones(4, np.float32))
