"""Plain counting written as a network: what a bundle answers by where nothing learnt is better.

``train`` holds what it has learnt against them; the one that wins is written down by the same ``graph`` and served
by the same ``Ranker`` as any network.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from models.features.features import FEATURES, LOGGED_FEATURES
from models.statistics.tables import Floats
from models.training.examples import Examples
from models.training.network import Network
from models.training.platt import check, platt

# Columns as the graph sees them, with the log of the counted ones. How often the shopper bought the item leads; the
# others together stay below one purchase in 25 trips, so they settle ties: what was bought last, goes
# with the basket, sells in this store.
_TIES = {"own_days_since": -0.003, "basket_kin": 0.008, "trend_day": 0.0005, "trend_now": 0.001}
COUNTINGS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        # P-TopFreq@25, continued with the store's trend.
        "p-topfreq-25": {"own_rate_25": 1.0, **_TIES},
        # Own frequency over all that is remembered, filled up with popularity.
        "own-frequency": {"own_trips": 1.0, "item_share": 0.001, **_TIES},
    }
)


def countings(examples: Examples) -> dict[str, Network]:
    """Each of ``COUNTINGS`` as a network with chances of these rows, whose features are raw still.

    Raises ``LearningFailed``.
    """
    return {name: _calibrated(weights, examples) for name, weights in COUNTINGS.items()}


def _calibrated(weights: Mapping[str, float], examples: Examples) -> Network:
    column = np.zeros((len(FEATURES), 1), np.float32)
    logits = np.zeros(len(examples.bought), np.float32)
    # Column by column: a copy of all of them would not fit into memory.
    for name, weight in weights.items():
        at = FEATURES.index(name)
        column[at] = weight
        values = examples.features[:, at]
        logits += np.float32(weight) * (np.log1p(values) if at < LOGGED_FEATURES else values)
    stretch, shift = platt(logits, examples.bought, examples.weight)
    odds = np.exp(-(np.float32(stretch) * logits + np.float32(shift)))
    chances: Floats = (1 / (1 + odds)).astype(np.float32)
    check(chances, examples.bought, examples.weight)
    # One hidden unit, raised so that it never cuts anything off: the sum stays a sum.
    one = np.ones(1, np.float32)
    return Network(
        mean=np.zeros(len(FEATURES), np.float32),
        scale=np.ones(len(FEATURES), np.float32),
        members=(((column, one), (one[:, None], -one)),),
        stretch=stretch,
        shift=shift,
    )
