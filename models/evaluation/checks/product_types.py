"""The same lists read as product types: what a shopper means by milk is seldom one product.

``evaluate.judge`` calls it; the report sets the gains beside those on single products.
"""

import numpy as np

from models.evaluation.cases import EvaluationCase
from models.evaluation.checks.bundle_lists import POPULAR, REFERENCE, BundleLists, Listed
from models.evaluation.metrics import LENGTH, compare_lists, grade
from models.items import Keys
from models.serving.open_bundle import Bundle

# The logarithm of no chance at all is infinite.
_NEVER_CERTAIN = np.float32(0.999)
_LATEST_25 = 25


def judge_product_types(bundle_lists: BundleLists) -> dict[str, object]:
    """The contest over types. A method's types come from its own rule, not from its ten items.

    Ranker: the chance that at least one candidate of the type is bought. P-TopFreq@25: trips of
    the last 25 that held the type. G-TopFreq: the types of most purchases.
    """
    items = bundle_lists.bundle.items
    bought = np.bincount(items.type, weights=bundle_lists.bundle.prior.day)
    popular = np.argsort(-bought, kind="stable")[:LENGTH].astype(np.int64)
    truths = [np.unique(_types(bundle_lists.bundle, case.truth)) for case in bundle_lists.cases]
    lists = {
        "ranker": [_likeliest(bundle_lists.bundle, own) for own in bundle_lists.lists],
        REFERENCE: [_habitual(bundle_lists.bundle, case) for case in bundle_lists.cases],
        POPULAR: [popular] * len(bundle_lists.cases),
    }
    grades = {
        name: [grade(keys, truth) for keys, truth in zip(own, truths, strict=True)]
        for name, own in lists.items()
    }
    ours = grades.pop("ranker")
    return compare_lists(ours, grades)


def _types(bundle: Bundle, keys: Keys) -> Keys:
    kinds: Keys = bundle.items.type[bundle.items.positions(keys)].astype(np.int64)
    return kinds


def _likeliest(bundle: Bundle, own: Listed) -> Keys:
    keys, chances = own
    missed = np.zeros(len(bundle.items.type_names))
    np.add.at(missed, _types(bundle, keys), np.log1p(-np.minimum(chances, _NEVER_CERTAIN)))
    return np.argsort(missed, kind="stable")[:LENGTH].astype(np.int64)


def _habitual(bundle: Bundle, case: EvaluationCase) -> Keys:
    profile = case.view.profile
    assert profile is not None  # noqa: S101  # cases are of known households
    known = bundle.items.positions(profile.keys) >= 0
    masks = np.zeros(len(bundle.items.type_names), np.uint64)
    np.bitwise_or.at(masks, _types(bundle, profile.keys[known]), profile.masks[known])
    latest = np.bitwise_count(masks & np.uint64((1 << _LATEST_25) - 1)).astype(np.int64)
    trips = np.bitwise_count(masks).astype(np.int64)
    order = np.lexsort((-trips, -latest))
    habitual: Keys = order[latest[order] > 0][:LENGTH].astype(np.int64)
    return habitual
