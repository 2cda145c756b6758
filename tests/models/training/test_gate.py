"""What loses to counting is not written: the strategy is, under its own name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.manifest import CARD, LEARNT, Manifest, read_manifest
from models.bundle.signature import OWN_WORK
from models.features.features import FEATURES
from models.serving.open_bundle import Bundle, open_bundle
from models.sources.journey import Journey
from models.training.counting import COUNTINGS
from models.training.examples import Fold
from models.training.gate import choose, judged_window
from models.training.network import Network
from models.training.train import TrainPlan, train
from tests.models.town import SMALL, UNTIL, UNTIL_DAY

# Steps of the wrong sign, in effect: so large that nothing is learnt but noise.
RUINED = replace(SMALL.network, rounds=1, rate=3.0)


def quiet(_stage: str, _done: float) -> None:
    """Progress that nobody watches."""


def by_popularity(sign: float, column: int) -> Network:
    """A network of one weight."""
    weights = np.zeros((len(FEATURES), 1), np.float32)
    weights[column] = sign
    zeros = np.zeros(len(FEATURES), np.float32)
    return Network(
        mean=zeros, scale=zeros + 1, members=(((weights, np.zeros(1, np.float32)),),)
    )


def trained(town: Path, out: Path, plan: TrainPlan, *, to_the_end: bool = False) -> Manifest:
    return train(town, out, None if to_the_end else UNTIL, 3, quiet, plan)


def test_a_network_that_learnt_nothing_gives_way_to_counting(
    town: Path, tmp_path: Path
) -> None:
    manifest = trained(town, tmp_path, replace(SMALL, network=RUINED))
    assert manifest.answer in COUNTINGS
    figures = manifest.metrics
    assert figures["network_ndcg_at_10"] <= figures["counting_ndcg_at_10"]
    assert figures["gain_over_counting"] <= 0
    assert manifest.answer in (tmp_path / CARD).read_text()
    # What is shipped is the better of the two, through all checks of a bundle.
    opened = open_bundle(tmp_path, OWN_WORK)
    assert opened.manifest.answer == manifest.answer
    assert figures["ndcg_at_10"] == pytest.approx(figures["counting_ndcg_at_10"], abs=0.01)


def test_what_beats_counting_is_the_answer_and_its_manifest_needs_no_new_name(
    bundle_dir: Path,
) -> None:
    manifest, data = read_manifest(bundle_dir)
    assert manifest.answer == LEARNT
    assert manifest.metrics["gain_over_counting"] > 0
    assert b'"answer"' not in data


def test_where_the_data_end_with_the_window_a_fold_is_held_out(
    town: Path, tmp_path: Path
) -> None:
    manifest = trained(town, tmp_path, SMALL, to_the_end=True)
    assert manifest.metrics["trips"] > 20
    assert "network_ndcg_at_10" in manifest.metrics


def fold_at(bundle: Bundle, cut: int) -> Fold:
    return Fold(cut_day=cut, tables=bundle.tables, trends={})


def test_the_days_after_the_window_judge_where_there_are_any(
    journey: Journey, bundle: Bundle
) -> None:
    folds = [fold_at(bundle, cut) for cut in (UNTIL_DAY - 56, UNTIL_DAY - 28)]
    window, kept = judged_window(journey, folds, UNTIL_DAY)
    assert (window.cut_day, window.tables, kept) == (UNTIL_DAY, None, folds)
    window, kept = judged_window(journey, folds, journey.last_day)
    assert (window.cut_day, window.end_day) == (folds[-1].cut_day, journey.last_day)
    assert window.tables is folds[-1].tables
    assert kept == folds[:-1]


@pytest.mark.parametrize(("sign", "chosen"), [(1.0, LEARNT), (-1.0, "other")])
def test_the_better_order_is_chosen(
    journey: Journey, bundle: Bundle, sign: float, chosen: str
) -> None:
    at = bundle.manifest.features.index("own_rate_25")
    better, worse = by_popularity(1.0, at), by_popularity(-1.0, at)
    window, _ = judged_window(journey, [fold_at(bundle, UNTIL_DAY - 28)], UNTIL_DAY)
    mine, rival = (better, worse) if sign > 0 else (worse, better)
    choice = choose(journey, bundle, mine, {"other": rival}, window)
    assert (choice.answer, choice.network) == (chosen, better)


def test_a_draw_is_no_win(journey: Journey, bundle: Bundle) -> None:
    same = by_popularity(1.0, bundle.manifest.features.index("own_rate_25"))
    window, _ = judged_window(journey, [fold_at(bundle, UNTIL_DAY - 28)], UNTIL_DAY)
    assert choose(journey, bundle, same, {"other": same}, window).answer == "other"
