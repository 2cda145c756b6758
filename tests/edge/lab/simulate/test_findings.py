from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from edge.lab.simulate.findings import findings, ratio_of_means
from edge.lab.simulate.portfolio import BOARD, FRUIT
from edge.lab.simulate.run import SimulatedRun


def test_a_ratio_of_means_has_an_interval_around_it() -> None:
    dice = np.random.default_rng(1)
    more, less = (dice.poisson(mean, 400).astype(np.float64) for mean in (1.5, 1.0))
    found = ratio_of_means(more, less)
    assert found.low < found.value < found.high
    assert found.holds(0.5)
    assert not found.holds(0.0)


@pytest.mark.parametrize(
    ("treated", "held"), [([], [1.0]), ([1.0] * 40, [0.0] * 40), ([1.0] * 10, [1.0] * 10)]
)
def test_too_few_people_or_sales_tell_nothing(treated: list[float], held: list[float]) -> None:
    assert not ratio_of_means(np.array(treated), np.array(held)).told


def test_every_arm_is_put_beside_the_truth(
    day: SimulatedRun, tables: sqlite3.Connection
) -> None:
    found = {(f.campaign, f.arm): f for f in findings(tables, day.portfolio, day.truth)}
    fruit = found[FRUIT, "treated"]
    # Somebody may have left the screen just before it was drawn for them.
    assert fruit.truth == pytest.approx(0.6, abs=0.05)
    assert min(fruit.units) > 5
    assert {"plain", "warm"} <= {arm for _, arm in found}


def test_the_shared_screens_truth_is_the_spill_over_it_had(
    day: SimulatedRun, tables: sqlite3.Connection
) -> None:
    board = next(f for f in findings(tables, day.portfolio, day.truth) if f.campaign == BOARD)
    assert board.truth == pytest.approx(0.6, abs=0.1)
    assert board.units[0] >= 2
