"""How good a list of ten is, and how sure one can be that one list is better than another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.items import Keys

LENGTH = 10
_DISCOUNT = 1 / np.log2(np.arange(2, LENGTH + 2))
_DRAWS = 2000


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


def averaged(grades: list[Grades]) -> dict[str, float]:
    """The mean of each grade under its usual name; empty without grades."""
    if not grades:
        return {}
    columns = {
        "ndcg_at_10": [one.ndcg for one in grades],
        "recall_at_10": [one.recall for one in grades],
        "phr_at_10": [one.hit for one in grades],
        "ndcg_at_10_ideal_of_ten": [one.ndcg_full for one in grades],
        "ndcg_at_10_ideal_of_all": [one.ndcg_all for one in grades],
    }
    return {name: round(float(np.mean(values)), 5) for name, values in columns.items()}


def paired_gain(ours: list[float], theirs: list[float], seed: int = 0) -> dict[str, float]:
    """Mean difference with its 95 % bootstrap interval over the same trips."""
    difference = np.array(ours) - np.array(theirs)
    draw = np.random.default_rng(seed)
    means = np.array(
        [
            difference[draw.integers(0, len(difference), len(difference))].mean()
            for _ in range(_DRAWS)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "mean": round(float(difference.mean()), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }


def reliability(
    chances: npt.NDArray[np.float32], bought: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Mean chance, rate of purchase, and the expected calibration error over 15 equal groups."""
    groups = np.array_split(np.argsort(chances, kind="stable"), 15)
    errors = [
        abs(float(chances[group].mean()) - float(bought[group].mean())) * len(group)
        for group in groups
        if len(group)
    ]
    return {
        "mean_chance": round(float(chances.mean()), 5),
        "rate": round(float(bought.mean()), 5),
        "error": round(sum(errors) / max(len(chances), 1), 5),
    }
