"""What a ranker knows of what a store sells.

The edge's decider asks it before it lets a model answer; doctor and console tell it.
"""

from collections.abc import Collection

import numpy as np

from models.items import Keys
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker


def known_share(ranker: Ranker, keys: Collection[int] | Keys) -> float | None:
    """The part of ``keys`` that a bundle has in its vocabulary, 0..1; each counts as often as it is there.

    None where there is nothing to be known, or the ranker has no vocabulary of its own.
    """
    if not len(keys) or not isinstance(ranker, Bundle):
        return None
    found = ranker.items.positions(np.fromiter(keys, np.int64, len(keys)))
    return float((found >= 0).mean())
