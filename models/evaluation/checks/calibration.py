"""Whether a chance of ten per cent comes true one time in ten."""

from dataclasses import asdict

import numpy as np

from models.evaluation.checks.bundle_lists import BundleLists
from models.evaluation.metrics import LENGTH, reliability


def judge_calibration(exam: BundleLists) -> dict[str, object]:
    """Reliability over all candidates, and over the ten listed alone, where chances are large."""
    return {"candidates": _over(exam, None), "listed": _over(exam, LENGTH)}


def _over(exam: BundleLists, first: int | None) -> dict[str, object]:
    pairs = list(zip(exam.cases, exam.lists, strict=True))
    return asdict(
        reliability(
            np.concatenate([chances[:first] for _, (_, chances) in pairs]),
            np.concatenate([np.isin(keys[:first], case.truth) for case, (keys, _) in pairs]),
        )
    )
