from __future__ import annotations

import numpy as np
import pytest

from models.statistics.ridge_logistic import Doubles, ridge_logistic


def drawn(n: int = 4_000) -> tuple[Doubles, np.ndarray]:
    luck = np.random.default_rng(2)
    values = luck.normal(size=(n, 2))
    logits = 0.8 * values[:, 0] - 0.4 * values[:, 1] - 1.0
    return values, luck.random(n) < 1 / (1 + np.exp(-logits))


def test_planted_weights_are_found_again() -> None:
    found = ridge_logistic(*drawn(), ridge=1e-3)
    assert found == pytest.approx([0.8, -0.4, -1.0], abs=0.12)


@pytest.mark.parametrize("ridge", [1e-3, 10.0, 1e4])
def test_the_slope_is_level_where_it_ends(ridge: float) -> None:
    values, happened = drawn(500)
    found = ridge_logistic(values, happened, ridge)
    rows = np.hstack([values, np.ones((len(values), 1))])
    slope = rows.T @ (1 / (1 + np.exp(-rows @ found)) - happened)
    slope[:-1] += ridge * found[:-1]
    assert np.abs(slope).max() < 1e-5


def test_a_strong_prior_leaves_the_share_alone() -> None:
    values, happened = drawn()
    *weights, bias = ridge_logistic(values, happened, 1e9).tolist()
    assert np.abs(weights).max() < 1e-3
    assert 1 / (1 + np.exp(-bias)) == pytest.approx(happened.mean(), abs=1e-4)
