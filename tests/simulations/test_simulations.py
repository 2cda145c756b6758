"""The small, seeded version of ``python -m tests.simulations``."""

from __future__ import annotations

import pytest

from tests.simulations.__main__ import statistical, uplift
from tests.simulations.crowd import Crowd


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd()


def test_planted_lifts_lie_inside_their_intervals_and_none_is_found_where_none_is(
    crowd: Crowd,
) -> None:
    rows = list(statistical(30, crowd))
    assert [
        (row.what, row.held) for row in rows if row.goal is None or row.held < row.goal
    ] == []


def test_a_planted_uplift_is_found_and_its_order_beats_chance(crowd: Crowd) -> None:
    rows = list(uplift(5, crowd))
    assert len(rows) == 4
    assert [(row.what, row.held) for row in rows if row.held < (row.goal or 0)] == []


def test_an_estimator_that_looks_at_the_wrong_arm_would_be_found_out(crowd: Crowd) -> None:
    wrong = sum(crowd.judged(run, 60)[0].holds(0.0) for run in range(20))
    assert wrong == 0
