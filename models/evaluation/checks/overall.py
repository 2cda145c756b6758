"""The lists of ten as a whole: beside the published methods, by history, repeats and novelties.

``evaluate.judge`` calls it first; headlines and goals of the report come from it.
"""

import numpy as np

from models.evaluation.cases import EvaluationCase
from models.evaluation.checks.bundle_lists import REFERENCE, BundleLists
from models.evaluation.metrics import LENGTH, Figure, compare_lists, share
from models.items import Keys

_HISTORY = ((4, 9), (10, 24), (25, 49), (50, 10_000))


def judge_overall(bundle_lists: BundleLists) -> dict[str, object]:
    """The ranker, all baselines, and the gain over each; see ``metrics.compare_lists``."""
    return compare_lists(bundle_lists.grades(), bundle_lists.rival_grades())


def judge_by_history(bundle_lists: BundleLists) -> dict[str, object]:
    """The contest with the strongest simple method by the number of earlier trips."""
    ours, theirs = bundle_lists.grades(), bundle_lists.rival_grades()[REFERENCE]
    buckets: dict[str, object] = {}
    for least, most in _HISTORY:
        rows = [
            row for row, case in enumerate(bundle_lists.cases) if least <= case.trips <= most
        ]
        if rows:
            name = f"{least}-{most}" if most < _HISTORY[-1][1] else f"{least}+"
            reference = {REFERENCE: [theirs[row] for row in rows]}
            buckets[name] = compare_lists([ours[row] for row in rows], reference)
    return buckets


def judge_repeats(bundle_lists: BundleLists) -> dict[str, object]:
    """How much of each method's ten, and of its hits, the household had bought before."""
    lists = {"ranker": [keys[:LENGTH] for keys, _ in bundle_lists.lists], **bundle_lists.tens}
    return {name: _split(tens, bundle_lists.cases) for name, tens in lists.items()}


def _split(tens: list[Keys], cases: list[EvaluationCase]) -> dict[str, Figure]:
    counts = np.array(
        [_counts(ten, case) for ten, case in zip(tens, cases, strict=True)], float
    )
    listed, old, hits, old_hits, old_truth, new_truth = counts.T
    new_hits = hits - old_hits
    return {
        "repeats_listed": share(old.tolist(), listed.tolist()),
        "repeats_among_hits": share(old_hits.tolist(), hits.tolist()),
        "repeats_found": share(old_hits.tolist(), old_truth.tolist()),
        "novelties_found": share(new_hits.tolist(), new_truth.tolist()),
    }


def _counts(ten: Keys, case: EvaluationCase) -> tuple[int, int, int, int, int, int]:
    """Items listed, of them known; hits, of them known; and the trip's known and new items."""
    known, hits = np.isin(ten, case.known), np.isin(ten, case.truth)
    repeats = int(np.isin(case.truth, case.known).sum())
    return (
        len(ten),
        int(known.sum()),
        int(hits.sum()),
        int((known & hits).sum()),
        repeats,
        len(case.truth) - repeats,
    )
