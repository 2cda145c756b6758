"""Choosing settings: every trial once, the best by its figures, nothing but the given trips."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceUnreadable
from models.evaluation import tune as tuning
from models.evaluation.tune import TuningTrial, best_of, half_shown, judge, read_tuned, tune
from models.features.request import ModelRequest
from models.items import Keys
from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.strategies.g_topfreq import GTopFreq
from models.strategies.published_registry import PublishedSettings
from tests.models.town import UNTIL_DAY


@dataclass(frozen=True)
class Foreseen:
    view: ModelRequest
    truth: Keys


@pytest.fixture(scope="module")
def found(
    journey: Journey, tables: Tables, arrivals: dict[int, ModelRequest]
) -> list[Foreseen]:
    trips = journey.trips
    cases: list[Foreseen] = []
    for household, view in arrivals.items():
        own = (trips.household == household) & (trips.day == view.moment.day)
        bought = journey.items.keys[trips.of(int(np.flatnonzero(own)[0]))]
        truth = bought[tables.items.positions(bought) >= 0]
        cases += [Foreseen(view, truth)] if len(truth) else []
    return cases


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def trials(
    journey: Journey,
    tables: Tables,
    found: list[Foreseen],
    heard: list[tuple[str, float]],
) -> list[TuningTrial]:
    with pytest.MonkeyPatch.context() as short:
        short.setattr(tuning, "TIFU_AXES", {"group": (3, 64), "own": (0.1, 0.9)})
        short.setattr(tuning, "UP_AXES", {"recent": (1, 25), "locality": (1, 5)})
        short.setattr(tuning, "COSINE_AXES", {"habits": (0.0, 0.3), "trend": (0.1, 9.0)})
        return tune(
            journey, tables, UNTIL_DAY, found, lambda method, part: heard.append((method, part))
        )


def test_every_method_is_tried_and_no_settings_twice(trials: list[TuningTrial]) -> None:
    assert {trial.method for trial in trials} == {"tifu-knn", "up-cf", "item-cosine"}
    tried = [(trial.method, *trial.settings.items()) for trial in trials]
    assert len(set(tried)) == len(tried)
    assert all(0 < trial.ndcg < 1 and 0 < trial.recall <= trial.phr <= 1 for trial in trials)


def test_progress_is_heard_after_each_trial(
    trials: list[TuningTrial], heard: list[tuple[str, float]]
) -> None:
    assert [method for method, _ in heard] == [trial.method for trial in trials]
    for method in ("tifu-knn", "up-cf", "item-cosine"):
        parts = [part for name, part in heard if name == method]
        assert parts == sorted(parts)
        assert 0 < parts[0] < parts[-1] <= 1


def test_a_later_setting_is_tried_with_the_best_earlier_one(trials: list[TuningTrial]) -> None:
    first, second, *_ = (trial for trial in trials if trial.method == "up-cf")
    better = max(first, second, key=lambda trial: trial.ndcg).settings["recent"]
    third = next(
        trial for trial in trials if trial.method == "up-cf" and trial.settings["locality"] == 1
    )
    assert third.settings["recent"] == better


def test_the_best_trial_of_each_method_is_the_first_of_the_highest() -> None:
    def trial(method: str, own: float, ndcg: float) -> TuningTrial:
        return TuningTrial(method=method, settings={"own": own}, ndcg=ndcg, recall=0, phr=0)

    tried = [trial("a", 1, 0.2), trial("b", 1, 0.1), trial("a", 2, 0.3), trial("a", 3, 0.3)]
    assert best_of(tried) == [tried[2], tried[1]]
    assert best_of([]) == []


def test_half_of_each_basket_is_shown_and_the_rest_to_be_foreseen(
    found: list[Foreseen],
) -> None:
    pairs = half_shown(found)
    whole = [case for case in found if len(case.truth) > 1]
    assert len(pairs) == len(whole) > 10
    for (view, rest), case in zip(pairs, whole, strict=True):
        assert len(view.basket) == len(case.truth) // 2
        assert np.union1d(view.basket, rest).tolist() == case.truth.tolist()
        assert not np.isin(view.basket, rest).any()


def test_a_list_of_the_truth_itself_gets_the_highest_grades(
    tables: Tables, found: list[Foreseen]
) -> None:
    strategy = GTopFreq(tables=tables)
    trips = [(case.view, strategy.rank(case.view, 10)) for case in found]
    assert judge(strategy, trips) == pytest.approx({"ndcg": 1, "recall": 1, "phr": 1})


def test_what_tune_printed_is_read_again(tmp_path: Path) -> None:
    best = [
        {"method": "tifu-knn", "settings": {"group": 7, "own": 0.4}},
        {"method": "up-cf", "settings": {"recent": 10}},
    ]
    (tmp_path / "tuned.json").write_text(json.dumps({"trials": 3, "best": best}))
    found = read_tuned(tmp_path / "tuned.json")
    assert (found.tifu.group, found.tifu.own, found.up.recent) == (7, 0.4, 10)
    assert found.cosine == PublishedSettings().cosine


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"best": 3}', '{"best": [{"method": "tifu-knn", "settings": {"evil": 1}}]}'],
)
def test_what_is_no_list_of_settings_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "tuned.json").write_text(text)
    with pytest.raises(SourceUnreadable, match=r"models tune"):
        read_tuned(tmp_path / "tuned.json")
