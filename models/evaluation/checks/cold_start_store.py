"""Nothing known but the store and the hour: what the first screen inside the door can do.

``evaluate.judge`` calls it; the report's chapter on strangers tells the result.
"""

from dataclasses import replace

import numpy as np

from models.evaluation.cases import EvaluationCase, listed
from models.evaluation.checks.bundle_lists import POPULAR, BundleLists, graded
from models.evaluation.metrics import LENGTH, compare_lists, relative_gain
from models.items import Keys

STORE_HOUR = "store-and-hour"


def judge_cold_start_store(bundle_lists: BundleLists) -> dict[str, object]:
    """The contest without a profile, and by which part recall rises over what everybody buys.

    ``store-and-hour``: the shrunk shares of the store's part of the day, without any learning.
    """
    views = [replace(case.view, profile=None) for case in bundle_lists.cases]
    ours = graded([listed(bundle_lists.bundle, view)[0] for view in views], bundle_lists.cases)
    theirs = {
        STORE_HOUR: graded(
            [_leading(bundle_lists, case) for case in bundle_lists.cases], bundle_lists.cases
        ),
        POPULAR: graded(
            [bundle_lists.popular(view, LENGTH) for view in views], bundle_lists.cases
        ),
    }
    base = [one.recall for one in theirs[POPULAR]]
    return {
        **compare_lists(ours, theirs),
        "relative_recall_gain": {
            "ranker": relative_gain([one.recall for one in ours], base),
            STORE_HOUR: relative_gain([one.recall for one in theirs[STORE_HOUR]], base),
        },
    }


def _leading(bundle_lists: BundleLists, case: EvaluationCase) -> Keys:
    _, now = case.view.trend.shares(bundle_lists.bundle.prior, case.view.moment.part)
    return bundle_lists.bundle.items.keys[np.argsort(-now, kind="stable")[:LENGTH]]
