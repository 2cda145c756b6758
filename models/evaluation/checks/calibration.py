"""Whether a chance of ten per cent comes true one time in ten.

``evaluate.judge`` calls it; the report draws promised beside bought.
"""

from dataclasses import asdict

import numpy as np

from models.evaluation.checks.bundle_lists import BundleLists
from models.evaluation.metrics import LENGTH, reliability


def judge_calibration(bundle_lists: BundleLists) -> dict[str, object]:
    """Reliability over all candidates, and over the ten listed alone, where chances are large."""
    return {"candidates": _over(bundle_lists, None), "listed": _over(bundle_lists, LENGTH)}


def _over(bundle_lists: BundleLists, first: int | None) -> dict[str, object]:
    pairs = list(zip(bundle_lists.cases, bundle_lists.lists, strict=True))
    return asdict(
        reliability(
            np.concatenate([chances[:first] for _, (_, chances) in pairs]),
            np.concatenate([np.isin(keys[:first], case.truth) for case, (keys, _) in pairs]),
        )
    )
