"""Grades of a list, and how sure a difference is."""

import numpy as np
import pytest

from models.metrics import averaged, grade, paired_gain, reliability


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


def test_no_grades_have_no_average() -> None:
    assert averaged([]) == {}


def test_a_clear_gain_has_an_interval_clear_of_zero() -> None:
    draw = np.random.default_rng(0)
    base = draw.random(400)
    better = paired_gain((base + 0.1 + draw.normal(0, 0.1, 400)).tolist(), base.tolist())
    assert 0 < better["low"] < better["mean"] < better["high"]
    nothing = paired_gain(base.tolist(), base.tolist())
    assert nothing == {"mean": 0, "low": 0, "high": 0}


def test_honest_chances_have_a_small_error() -> None:
    draw = np.random.default_rng(0)
    chances = draw.random(20_000).astype(np.float32)
    honest = reliability(chances, draw.random(20_000) < chances)
    boastful = reliability(np.sqrt(chances), draw.random(20_000) < chances)
    assert honest["error"] < 0.02 < boastful["error"]
