"""GP-TopFreq: the shopper's own list, continued with what everybody buys.

``published_registry`` measures it.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.g_topfreq import GTopFreq
from models.strategies.p_topfreq import PTopFreq


def continued(own: Keys, popular: Keys, n: int) -> Keys:
    """``own`` continued with ``popular`` up to ``n`` items, each once."""
    return np.concatenate([own, popular[~np.isin(popular, own)]])[:n]


@dataclass(frozen=True, slots=True, kw_only=True)
class GPTopFreq:
    """P-TopFreq, then G-TopFreq."""

    tables: Tables
    name = "gp-topfreq"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        own = PTopFreq(tables=self.tables).rank(view, n)
        return continued(own, GTopFreq(tables=self.tables).rank(view, n), n)
