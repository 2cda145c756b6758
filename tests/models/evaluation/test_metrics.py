"""Grades of a list, and how sure a difference is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.metrics import (
    COMPARED,
    GROUPS,
    averaged,
    compare_lists,
    figures,
    grade,
    mean_interval,
    paired_gain,
    relative_gain,
    reliability,
    resampled,
    share,
)

KEYS = st.lists(st.integers(0, 40), unique=True, min_size=1, max_size=30).map(np.array)


def test_a_perfect_list_has_full_marks() -> None:
    truth = np.array([5, 6, 7])
    marks = grade(np.array([7, 5, 6, 1, 2]), truth)
    assert (marks.ndcg, marks.ndcg_all, marks.recall, marks.hit) == (1, 1, 1, 1)
    assert marks.ndcg_full < 1


def test_only_the_first_ten_count() -> None:
    marks = grade(np.arange(20), np.array([15]))
    assert (marks.ndcg, marks.recall, marks.hit) == (0, 0, 0)


def test_the_three_ideals_differ_for_long_baskets() -> None:
    marks = grade(np.arange(10), np.arange(30))
    assert marks.ndcg == marks.ndcg_full == pytest.approx(1)
    assert marks.ndcg_all < 1
    assert marks.recall == pytest.approx(1 / 3)


def test_a_hit_on_the_second_place_is_worth_its_discount() -> None:
    assert grade(np.array([1, 9]), np.array([9])).ndcg == pytest.approx(1 / np.log2(3))


@given(KEYS, KEYS)
def test_every_grade_is_between_none_and_all(listed: np.ndarray, truth: np.ndarray) -> None:
    marks = grade(listed, truth)
    for value in (marks.ndcg, marks.ndcg_full, marks.ndcg_all, marks.recall, marks.hit):
        assert 0 <= value <= 1 + 1e-12
    assert marks.ndcg >= max(marks.ndcg_full, marks.ndcg_all) - 1e-12


def test_no_grades_have_no_average_and_no_figure() -> None:
    assert averaged([]) == {}
    assert figures([]) == {}
    assert compare_lists([], {"other": []}) == {
        "trips": 0,
        "ranker": {},
        "baselines": {"other": {}},
        "gains": {},
    }


def test_a_contest_gives_each_its_figures_and_the_gain_of_ours() -> None:
    truth = np.array([1, 2])
    ours, theirs = ([grade(np.array([key]), truth)] * 5 for key in (1, 3))
    found = compare_lists(ours, {"other": theirs})
    assert found["trips"] == 5
    ranker, gains = found["ranker"], found["gains"]
    assert isinstance(ranker, dict)
    assert isinstance(gains, dict)
    assert ranker["recall_at_10"] == {"mean": 0.5, "low": 0.5, "high": 0.5}
    assert tuple(gains["other"]) == COMPARED
    assert gains["other"]["phr_at_10"]["low"] == 1


def test_a_clear_gain_has_an_interval_clear_of_zero() -> None:
    draw = np.random.default_rng(0)
    base = draw.random(400)
    better = paired_gain((base + 0.1 + draw.normal(0, 0.1, 400)).tolist(), base.tolist())
    assert 0 < better["low"] < better["mean"] < better["high"]
    nothing = paired_gain(base.tolist(), base.tolist())
    assert nothing == {"mean": 0, "low": 0, "high": 0}


def test_an_interval_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(3, 2, 900)
    figure = mean_interval(values.tolist())
    assert figure["high"] - figure["low"] == pytest.approx(2 * 1.96 * 2 / 30, rel=0.1)


def test_resampling_in_steps_gives_what_it_gives_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(2).random((50, 2))
    at_once = resampled(values)
    monkeypatch.setattr("models.evaluation.metrics._CELLS", 170)
    np.testing.assert_allclose(resampled(values), at_once)


def test_a_relative_gain_is_a_ratio_of_means() -> None:
    assert relative_gain([1.2, 2.4], [1.0, 2.0])["mean"] == pytest.approx(0.2)
    assert relative_gain([1.0], [0.0]) == {}
    assert share([1, 1], [4, 4]) == {"mean": 0.25, "low": 0.25, "high": 0.25}


def test_honest_chances_have_a_small_error() -> None:
    draw = np.random.default_rng(0)
    chances = draw.random(20_000).astype(np.float32)
    honest = reliability(chances, draw.random(20_000) < chances)
    boastful = reliability(np.sqrt(chances), draw.random(20_000) < chances)
    assert honest.error < 0.02 < boastful.error
    assert len(honest.groups) == GROUPS
    assert sum(group.rows for group in honest.groups) == 20_000
    rising = [group.chance for group in honest.groups]
    assert rising == sorted(rising)
