"""Best-selling: what this store sells most at any time of day, leaning on the chain."""

from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.context import StrategyContext
from models.strategies.protocol import best


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSelling:
    """The same for everybody, all day."""

    ground: StrategyContext
    name = "best-selling"
    says = "What this store sells most, at any time of day"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        day = self.ground.scene(view).trend[:-1, 0]
        return best(view, self.ground.tables, day, n)
