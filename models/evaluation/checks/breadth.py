"""How broad the lists are: of the catalogue, inside one list, and beyond what everybody buys.

``evaluate.judge`` calls it; the report's chapter on breadth tells the result.
"""

import numpy as np

from models.evaluation.checks.bundle_lists import POPULAR, REFERENCE, BundleLists
from models.evaluation.metrics import LENGTH, Figure, mean_interval
from models.items import Keys

# What never sold would be infinitely surprising.
_RARE = 1e-6


def judge_breadth(bundle_lists: BundleLists) -> dict[str, object]:
    """Of the ranker, the strongest simple method and the popular list."""
    lists = {
        "ranker": [keys[:LENGTH] for keys, _ in bundle_lists.lists],
        REFERENCE: bundle_lists.tens[REFERENCE],
        POPULAR: bundle_lists.tens[POPULAR],
    }
    return {name: _breadth(bundle_lists, tens) for name, tens in lists.items()}


def _breadth(bundle_lists: BundleLists, tens: list[Keys]) -> dict[str, float | Figure]:
    """The part of the vocabulary that is in any list, and the means over lists.

    ``self_information_bits``: -log2 of an item's share of trips.
    """
    items = bundle_lists.bundle.items
    positions = [items.positions(ten) for ten in tens if len(ten)]
    if not positions:
        return {}
    bits = -np.log2(np.maximum(bundle_lists.bundle.prior.day, _RARE))
    return {
        "coverage": round(len(np.unique(np.concatenate(positions))) / len(items), 4),
        "types_a_list": mean_interval([len(np.unique(items.type[at])) for at in positions]),
        "categories_a_list": mean_interval(
            [len(np.unique(items.category[at])) for at in positions]
        ),
        "self_information_bits": mean_interval([float(bits[at].mean()) for at in positions]),
    }
