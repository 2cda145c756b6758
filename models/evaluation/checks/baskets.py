"""Half of each basket shown, the other half to be foreseen: with and without the shopper's past.

``evaluate.judge`` calls it; the report's chapter on baskets tells the result.
"""

from dataclasses import replace

import numpy as np

from models.evaluation.cases import listed
from models.evaluation.checks.bundle_lists import COSINE, POPULAR, REFERENCE, BundleLists
from models.evaluation.metrics import LENGTH, Grades, compare_lists, grade
from models.features.request import ModelRequest
from models.items import Keys

# The same halves in every report, or two bundles could not be compared.
_SEED = 45
_RIVALS = {"identified": (REFERENCE, COSINE, POPULAR), "anonymous": (COSINE, POPULAR)}


def judge_baskets(bundle_lists: BundleLists) -> dict[str, object]:
    """Two contests: ``identified`` and ``anonymous``. Baskets of one item cannot be halved."""
    grades: dict[str, dict[str, list[Grades]]] = {
        who: {name: [] for name in ("ranker", *rivals)} for who, rivals in _RIVALS.items()
    }
    draw = np.random.default_rng(_SEED)
    for case in bundle_lists.cases:
        mixed = draw.permutation(case.truth)
        shown, hidden = np.sort(mixed[: len(mixed) // 2]), mixed[len(mixed) // 2 :]
        if not len(shown):
            continue
        for who, own in grades.items():
            profile = case.view.profile if who == "identified" else None
            view = replace(case.view, profile=profile, basket=shown)
            for name, marks in own.items():
                marks.append(grade(_listed(bundle_lists, name, view), hidden))
    return {
        who: compare_lists(own.pop("ranker"), own)
        for who, own in grades.items()
        if own["ranker"]
    }


def _listed(bundle_lists: BundleLists, name: str, view: ModelRequest) -> Keys:
    if name == "ranker":
        return listed(bundle_lists.bundle, view)[0]
    return bundle_lists.strategies[name].rank(view, LENGTH)
