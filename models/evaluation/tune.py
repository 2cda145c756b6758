"""Choose the settings of the published methods on trips they have not seen.

``storeside models tune`` runs ``tune_methods``; ``evaluate`` takes the settings that win with ``read_tuned``, and those
of the public grocer are written into the methods' files by hand.

One setting after another is tried at all its values, the others held at the best so far, twice
round. Judge on validation weeks only: a test that chose anything is no test any more.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from models.bundle.manifest import read_plain
from models.bundle.signature import OWN_WORK
from models.errors import BundleRefused, SourceUnreadable, TooLittleData
from models.evaluation.cases import cases
from models.evaluation.checks.window import DateRange, window_of
from models.evaluation.metrics import LENGTH, grade
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.open_bundle import open_bundle
from models.sources.journey import Journey, read_journey
from models.statistics.tables import Tables
from models.strategies.item_cosine import CosineSettings, ItemCosine
from models.strategies.protocol import PublishedMethod, Strategy
from models.strategies.published_registry import PublishedSettings
from models.strategies.tifu_knn import TifuKnn, TifuSettings
from models.strategies.trip_history import read_trip_history
from models.strategies.up_cf import UpCf, UpSettings

Progress = Callable[[str, float], None]
Axes = Mapping[str, Sequence[float]]

TIFU_AXES: Axes = {
    "group": (4, 7, 16, 64),
    "trip_decay": (0.9, 0.94, 0.96, 0.98, 1.0),
    "group_decay": (0.5, 0.7, 0.9, 1.0),
    "neighbours": (25, 50, 100, 300, 900),
    "own": (0.2, 0.3, 0.4, 0.5, 0.7, 0.9),
}
UP_AXES: Axes = {
    "recent": (10, 15, 25, 40, 64),
    "asymmetry": (0.0, 0.25, 0.5, 0.75, 1.0),
    "locality": (1, 2, 3, 4, 5, 10),
    "neighbours": (15, 25, 50, 100, 300, 900),
}
COSINE_AXES: Axes = {
    "habits": (0.0, 0.01, 0.03, 0.1, 0.3),
    "basket": (0.03, 0.1, 0.3, 0.5, 1.0),
    "trend": (0.01, 0.1, 0.3, 1.0, 3.0),
}
_ROUNDS = 2
_SEED = 45
_BYTES_MAX = 64 * 1024
# A setting's trial over all of them takes as long as they are many; so many order the settings.
TRIPS_MAX = 2_000


class TuningTrip(Protocol):
    """A trip to be foreseen; ``models.evaluation.cases.EvaluationCase`` is one."""

    @property
    def view(self) -> ModelRequest:
        """What is known before it."""
        ...

    @property
    def truth(self) -> Keys:
        """What was bought, of the vocabulary; not empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningTrial:
    """What one choice of settings gave: means over the trips."""

    method: str
    settings: dict[str, float]
    ndcg: float
    recall: float
    phr: float


def tune_methods(
    source: str | Path,
    bundle: Path,
    weeks: tuple[int, int] | None,
    span: DateRange | None,
    utc_offset_hours: float,
    progress: Progress,
) -> list[TuningTrial]:
    """Every trial on the trips of ``weeks`` or ``span``, with the tables of ``bundle``; see ``evaluate``."""
    opened = open_bundle(bundle, OWN_WORK)
    journey = read_journey(source, utc_offset_hours)
    window = window_of(journey, opened.manifest.trained_until, weeks, span)
    found = list(cases(journey, opened, window.cut_day, window.end_day))
    if not found:
        raise TooLittleData(what="households to judge on", got=0, needed=1)
    if len(found) > TRIPS_MAX:
        drawn = np.random.default_rng(_SEED).choice(len(found), TRIPS_MAX, replace=False)
        rows: list[int] = np.sort(drawn).tolist()
        found = [found[at] for at in rows]
    return tune(journey, opened.tables, window.cut_day, found, progress)


def read_tuned(path: Path) -> PublishedSettings:
    """The settings in what ``models tune --json`` printed. Raises ``SourceUnreadable``."""
    try:
        document = json.loads(read_plain(path, limit=_BYTES_MAX))
        best = {one["method"]: one["settings"] for one in document["best"]}
        return PublishedSettings(
            tifu=TifuSettings(**best.get(TifuKnn.name, {})),
            up=UpSettings(**best.get(UpCf.name, {})),
            cosine=CosineSettings(**best.get(ItemCosine.name, {})),
        )
    except (BundleRefused, ValueError, KeyError, TypeError) as unfit:
        raise SourceUnreadable(
            source=str(path),
            missing="it does not hold the settings of published methods",
            mend="give what storeside models tune --json printed",
        ) from unfit


def best_of(trials: Iterable[TuningTrial]) -> list[TuningTrial]:
    """The trial of highest ``ndcg`` of each method, the first of equals."""
    best: dict[str, TuningTrial] = {}
    for trial in trials:
        if trial.method not in best or trial.ndcg > best[trial.method].ndcg:
            best[trial.method] = trial
    return list(best.values())


def tune(
    journey: Journey,
    tables: Tables,
    cut_day: int,
    found: Sequence[TuningTrip],
    progress: Progress,
) -> list[TuningTrial]:
    """Every trial, in order; the best of a method is the one of highest ``ndcg``.

    ``progress`` hears the method and the part of its trials done. Item-item cosine is judged on
    whole trips and on half-shown baskets alike; the others on whole trips.
    """
    past = read_trip_history(journey, tables, cut_day)
    whole = [(one.view, one.truth) for one in found]
    walks = [
        _walk(TifuSettings(), TIFU_AXES, lambda s: TifuKnn.over(past, tables, s), whole),
        _walk(UpSettings(), UP_AXES, lambda s: UpCf.over(past, tables, s), whole),
        _walk(
            CosineSettings(),
            COSINE_AXES,
            lambda s: ItemCosine(tables=tables, settings=s),
            whole + half_shown(found),
        ),
    ]
    trials: list[TuningTrial] = []
    for walk in walks:
        for trial, done in walk:
            trials.append(trial)
            progress(trial.method, done)
    return trials


def half_shown(found: Iterable[TuningTrip]) -> list[tuple[ModelRequest, Keys]]:
    """Half of each basket shown, the other half to be foreseen; baskets of one item drop out."""
    draw = np.random.default_rng(_SEED)
    pairs: list[tuple[ModelRequest, Keys]] = []
    for one in found:
        mixed = draw.permutation(one.truth)
        half = len(mixed) // 2
        if half:
            pairs.append((replace(one.view, basket=np.sort(mixed[:half])), mixed[half:]))
    return pairs


def judge(strategy: Strategy, trips: Sequence[tuple[ModelRequest, Keys]]) -> dict[str, float]:
    """Mean ``ndcg``, ``recall`` and ``phr`` of lists of ten."""
    grades = [grade(strategy.rank(view, LENGTH), truth) for view, truth in trips]
    return {
        "ndcg": float(np.mean([one.ndcg for one in grades])),
        "recall": float(np.mean([one.recall for one in grades])),
        "phr": float(np.mean([one.hit for one in grades])),
    }


_Settings = TypeVar("_Settings", TifuSettings, UpSettings, CosineSettings)


def _walk(
    start: _Settings,
    axes: Axes,
    make: Callable[[_Settings], PublishedMethod],
    trips: Sequence[tuple[ModelRequest, Keys]],
) -> Iterator[tuple[TuningTrial, float]]:
    """Trials from ``start`` on, each with the part of the walk done."""
    met: dict[_Settings, float] = {}
    best = start
    steps = [(name, value) for _ in range(_ROUNDS) for name in axes for value in axes[name]]
    for step, (name, value) in enumerate(steps, start=1):
        change: dict[str, Any] = {name: value}  # Any: counts are whole, shares are not
        tried = replace(best, **change)
        if tried not in met:
            strategy = make(tried)
            figures = judge(strategy, trips)
            met[tried] = figures["ndcg"]
            yield (
                TuningTrial(method=strategy.name, settings=asdict(tried), **figures),
                step / len(steps),
            )
            if figures["ndcg"] > met.get(best, 0.0):
                best = tried
