"""The small, seeded version of ``python -m tests.simulations``."""

from __future__ import annotations

from tests.simulations.__main__ import statistical
from tests.simulations.crowd import Crowd


def test_planted_lifts_lie_inside_their_intervals_and_none_is_found_where_none_is() -> None:
    rows = list(statistical(30))
    assert [
        (row.what, row.held) for row in rows if row.goal is None or row.held < row.goal
    ] == []


def test_an_estimator_that_looks_at_the_wrong_arm_would_be_found_out() -> None:
    crowd = Crowd()
    wrong = sum(crowd.judged(run, 60)[0].holds(0.0) for run in range(20))
    assert wrong == 0
