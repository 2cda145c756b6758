"""How good a list of ten is, and how sure one can be that one list is better than another.

Every check grades with it, and the report prints its intervals.

Every figure with an interval is ``{"mean", "low", "high"}``: the 95 % bootstrap interval over trips,
paired where two lists for the same trips are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Keys

# What the literature reports, and about what a screen holds.
LENGTH = 10
GROUPS = 15
_DISCOUNT = 1 / np.log2(np.arange(2, LENGTH + 2))
_DRAWS = 2000
# Resamples counted at once: 32 MB however many trips there are.
_CELLS = 4_000_000

Doubles = npt.NDArray[np.float64]
Figure = dict[str, float]

# The names under which grades are reported; the first three are compared with baselines.
NAMES = {
    "ndcg_at_10": "ndcg",
    "recall_at_10": "recall",
    "phr_at_10": "hit",
    "ndcg_at_10_ideal_of_ten": "ndcg_full",
    "ndcg_at_10_ideal_of_all": "ndcg_all",
}
COMPARED = tuple(NAMES)[:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """One list against one trip.

    ``ndcg`` divides by the ideal over min(10, truth); ``ndcg_full`` always by ten places,
    ``ndcg_all`` by as many places as there is truth: the literature uses all three.
    """

    ndcg: float
    ndcg_full: float
    ndcg_all: float
    recall: float
    hit: float


def grade(listed: Keys, truth: Keys) -> Grades:
    """Grades of the first ten of ``listed``; ``truth`` is not empty."""
    hits = np.isin(listed[:LENGTH], truth)
    gain = float((hits * _DISCOUNT[: len(hits)]).sum())
    ideal_all = float((1 / np.log2(np.arange(2, len(truth) + 2))).sum())
    return Grades(
        ndcg=gain / float(_DISCOUNT[: len(truth)].sum()),
        ndcg_full=gain / float(_DISCOUNT.sum()),
        ndcg_all=gain / ideal_all,
        recall=float(hits.sum()) / len(truth),
        hit=float(hits.any()),
    )


def averaged(grades: Sequence[Grades]) -> dict[str, float]:
    """The mean of each grade under its usual name; empty without grades."""
    if not grades:
        return {}
    means = _table(grades).mean(axis=0)
    return {name: round(float(mean), 5) for name, mean in zip(NAMES, means, strict=True)}


def figures(grades: Sequence[Grades]) -> dict[str, Figure]:
    """The mean of each grade with its interval; empty without grades."""
    return dict(zip(NAMES, _spread(_table(grades)), strict=True)) if grades else {}


def compare_lists(
    ours: Sequence[Grades], theirs: Mapping[str, Sequence[Grades]]
) -> dict[str, object]:
    """Our lists beside others' for the same trips: figures of each, and what ours gain.

    ``{"trips", "ranker": {name: Figure}, "baselines": {who: {name: Figure}},
    "gains": {who: {name: Figure}}}``; ``gains`` holds differences of ``COMPARED``.
    """
    mine = _table(ours)[:, : len(COMPARED)]
    return {
        "trips": len(ours),
        "ranker": figures(ours),
        "baselines": {who: figures(grades) for who, grades in theirs.items()},
        "gains": {
            who: dict(
                zip(COMPARED, _spread(mine - _table(grades)[:, : len(COMPARED)]), strict=True)
            )
            for who, grades in theirs.items()
            if grades
        },
    }


def mean_interval(values: Sequence[float]) -> Figure:
    """The mean of ``values``, one a trip, with its interval. At least one value."""
    return _spread(np.array(values, float)[:, None])[0]


def paired_gain(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Mean difference with its interval over the same trips."""
    return mean_interval((np.array(ours) - np.array(theirs)).tolist())


def relative_gain(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """By which part the mean of ``ours`` is above that of ``theirs``: .05 = five per cent more."""
    both = np.stack([np.array(ours, float), np.array(theirs, float)], axis=1)
    mean = both.mean(axis=0)
    if not mean[1]:
        return {}
    draws = resampled(both)
    # Where the other never hits there is no ratio.
    usable = draws[draws[:, 1] > 0]
    return _figure(mean[0] / mean[1] - 1, usable[:, 0] / usable[:, 1] - 1)


def share(parts: Sequence[float], wholes: Sequence[float]) -> Figure:
    """The part that all ``parts`` are of all ``wholes``, with its interval; empty without any."""
    ratio = relative_gain(parts, wholes)
    return {name: round(value + 1, 5) for name, value in ratio.items()}


def resampled(columns: Doubles, seed: int = 0) -> Doubles:
    """Means of each column over resamples of the rows. ``columns``: (n, c). Shape (2000, c)."""
    rows = len(columns)
    draw = np.random.default_rng(seed)
    step = max(_CELLS // max(rows, 1), 1)
    means: list[Doubles] = []
    for first in range(0, _DRAWS, step):
        size = min(step, _DRAWS - first)
        drawn = draw.integers(0, rows, (size, rows)) + np.arange(size)[:, None] * rows
        # How often each row was drawn, instead of the rows themselves, which would be copied 2,000 times.
        counts = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows)
        means.append(counts @ columns / rows)
    return np.concatenate(means)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows of similar chance: the mean ``chance`` promised, and the ``rate`` that was bought."""

    chance: float
    rate: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Promised against kept. ``groups``: of equal size by rising chance.

    ``error``: expected calibration error, the mean distance of chance and rate weighted by rows.
    """

    mean_chance: float
    rate: float
    error: float
    groups: list[ReliabilityBin]


def reliability(chances: npt.NDArray[np.float32], bought: npt.NDArray[np.bool_]) -> Reliability:
    """How far ``chances`` can be trusted, over 15 groups; shapes (n,), n > 0."""
    groups = [
        ReliabilityBin(
            chance=round(float(chances[rows].mean()), 6),
            rate=round(float(bought[rows].mean()), 6),
            rows=len(rows),
        )
        for rows in np.array_split(np.argsort(chances, kind="stable"), GROUPS)
        if len(rows)
    ]
    missed = sum(abs(one.chance - one.rate) * one.rows for one in groups)
    return Reliability(
        mean_chance=round(float(chances.mean()), 5),
        rate=round(float(bought.mean()), 5),
        error=round(missed / len(chances), 5),
        groups=groups,
    )


def _table(grades: Sequence[Grades]) -> Doubles:
    """A row a trip, columns as ``NAMES``."""
    rows = [[getattr(one, name) for name in NAMES.values()] for one in grades]
    return np.array(rows, float).reshape(len(rows), len(NAMES))


def _spread(columns: Doubles) -> list[Figure]:
    draws = resampled(columns)
    return [
        _figure(float(mean), draws[:, column])
        for column, mean in enumerate(columns.mean(axis=0))
    ]


def _figure(mean: float, draws: Doubles) -> Figure:
    low, high = np.percentile(draws, [2.5, 97.5])
    return {
        "mean": round(float(mean), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }
