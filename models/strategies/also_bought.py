"""Also bought: what is most often in the same trips as what lies in the basket.

``registry`` lists it; ``serving.candidates`` takes complements by the same cosine.

Ranked by cosine. Lift alone puts the rarest pair first, so it only refuses: an item that comes with
the basket hardly more often than anywhere else is merely popular, and no complement.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest
from models.items import Keys, Positions
from models.statistics.tables import Floats, Tables, leading, scattered
from models.strategies.context import StrategyContext
from models.strategies.protocol import StrategyEntry, untaken

# Bought together at least this many times as often as by chance.
LIFT_MIN = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoBought:
    """Lines recorded earlier today count as the basket."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        tables = self.context.tables
        together = basket_cosine(tables, self.context.shared(view).basket_at)
        return untaken(view, tables.items.keys[leading(together, len(tables))], n)


ALSO_BOUGHT = StrategyEntry(
    name="also-bought",
    says="What others buy together with what is in the basket",
    reason="complement",
    make=lambda context: AlsoBought(context=context),
)


def basket_cosine(tables: Tables, basket_at: Positions) -> Floats:
    """Summed cosine of every item to the basket, of pairs beyond chance only. Shape (V,)."""
    kin, cosine = tables.kin[basket_at], tables.kin_cosine[basket_at]
    # Kin of -1 read the last item's share here; ``scattered`` drops them again.
    lift = cosine / np.sqrt(np.maximum(tables.day[basket_at, None] * tables.day[kin], 1e-12))
    return scattered(len(tables), kin, np.where(lift >= LIFT_MIN, cosine, 0))
