"""Is what was learnt better than counting? If not, counting is what the bundle answers by.

``train`` asks it before a bundle is written. Nothing that loses to the best named strategy on the days that training
judges on leaves as a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.bundle.manifest import LEARNT
from models.evaluation.cases import LISTED, cases, known_to
from models.evaluation.metrics import LENGTH, grade, paired_gain
from models.features.request import no_items
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.training.examples import FOLD_DAYS, Fold
from models.training.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedWindow:
    """Local days since the epoch: trips after ``cut_day`` up to and including ``end_day``.

    ``tables``: those of the cut, None = the tables that the bundle gets.
    """

    cut_day: int
    end_day: int
    tables: Tables | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenAnswer:
    """``answer``: ``LEARNT`` or a name of ``COUNTINGS``; ``figures`` are empty where nothing could be judged."""

    answer: str
    network: Network
    figures: Mapping[str, float] = field(default_factory=dict[str, float])


def judged_window(
    journey: Journey, folds: Sequence[Fold], until_day: int
) -> tuple[JudgedWindow, list[Fold]]:
    """The days to judge on, and the folds to learn from.

    The four weeks after ``until_day``; where the source ends there, the days of the last fold, which is then
    not learnt from. One fold alone is learnt from, and nothing is judged.
    """
    after = JudgedWindow(cut_day=until_day, end_day=until_day + FOLD_DAYS)
    if journey.last_day > until_day or len(folds) < 2:  # noqa: PLR2004  # one must be left to learn from
        return after, list(folds)
    held = folds[-1]
    return JudgedWindow(cut_day=held.cut_day, end_day=until_day, tables=held.tables), list(
        folds[:-1]
    )


def choose(
    journey: Journey,
    bundle: Bundle,
    network: Network,
    rivals: Mapping[str, Network],
    window: JudgedWindow,
) -> ChosenAnswer:
    """The network, unless a rival's lists of ten are as good on the window's first trips.

    ``bundle``: with the window's tables; it finds the candidates and their features.
    """
    networks = {LEARNT: network, **rivals}
    ndcg: dict[str, list[float]] = {name: [] for name in networks}
    for case in cases(journey, bundle, window.cut_day, window.end_day):
        keys = known_to(bundle, bundle.shortlist(case.view, LISTED, no_items()).keys)
        features = bundle.features(case.view, keys)
        for name, one in networks.items():
            # By float32, as the graph answers; ties by key.
            first = np.lexsort((keys, -one.chances(features)))[:LENGTH]
            ndcg[name].append(grade(keys[first], case.truth).ndcg)
    if not ndcg[LEARNT]:
        return ChosenAnswer(answer=LEARNT, network=network)
    means = {name: float(np.mean(values)) for name, values in ndcg.items()}
    best = max(rivals, key=lambda name: means[name])
    gain = paired_gain(ndcg[LEARNT], ndcg[best])
    answer = LEARNT if gain["mean"] > 0 else best
    return ChosenAnswer(
        answer=answer,
        network=networks[answer],
        figures={
            "network_ndcg_at_10": round(means[LEARNT], 5),
            "counting_ndcg_at_10": round(means[best], 5),
            "gain_over_counting": gain["mean"],
            "gain_over_counting_low_95": gain["low"],
            "gain_over_counting_high_95": gain["high"],
        },
    )
