"""Lists of items that the household never bought, against the new items of the trip.

``evaluate.judge`` calls it; the report's chapter on what is new tells the result.
"""

import numpy as np

from models.evaluation.cases import EvaluationCase
from models.evaluation.checks.bundle_lists import POPULAR, BundleLists
from models.evaluation.metrics import LENGTH, compare_lists, grade
from models.items import Keys

# The methods that speak of items a household never bought.
RIVALS = (POPULAR, "tifu-knn", "up-cf")


def judge_explore(bundle_lists: BundleLists) -> dict[str, object]:
    """The contest over never-bought items; trips without a new item do not count."""
    met = [(case, np.setdiff1d(case.truth, case.known)) for case in bundle_lists.cases]
    met = [one for one in met if len(one[1])]
    if not met:
        return {"trips": 0}
    ours = [grade(bundle_lists.bundle.explore(case.view, LENGTH), truth) for case, truth in met]
    theirs = {
        name: [grade(_rival(bundle_lists, name, case), truth) for case, truth in met]
        for name in RIVALS
    }
    return compare_lists(ours, theirs)


def _rival(bundle_lists: BundleLists, name: str, case: EvaluationCase) -> Keys:
    # So many more, since what is known is struck afterwards.
    keys = bundle_lists.strategies[name].rank(case.view, LENGTH + len(case.known))
    return keys[~np.isin(keys, case.known)][:LENGTH]
