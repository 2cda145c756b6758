from __future__ import annotations

import math

import pytest

from models.causal.estimate import Estimate, library, student_interval
from models.errors import StatisticsMissing


def test_an_interval_without_ends_tells_nothing_and_excludes_nothing() -> None:
    nothing = Estimate(value=3.0)
    assert not nothing.told
    assert nothing.holds(-1e9)


def test_an_interval_holds_its_ends() -> None:
    one = Estimate(value=1, low=0, high=2)
    assert [one.holds(truth) for truth in (-0.1, 0, 2, 2.1)] == [False, True, True, False]


def test_students_interval_is_wider_the_less_is_known() -> None:
    few, many = (student_interval(0, 1, freedom, 0.95) for freedom in (2, 1_000))
    assert few.high == pytest.approx(4.303, abs=1e-3)
    assert many.high == pytest.approx(1.962, abs=1e-3)


@pytest.mark.parametrize(("error", "freedom"), [(1.0, 0.5), (math.inf, 10)])
def test_without_freedom_or_spread_nothing_is_told(error: float, freedom: float) -> None:
    assert not student_interval(0, error, freedom, 0.95).told


def test_a_missing_library_is_named_with_its_mend() -> None:
    with pytest.raises(StatisticsMissing, match=r"no_such_library .* storeside\[measure\]"):
        library("no_such_library")
