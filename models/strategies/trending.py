"""Trending: what this store sells most at this time of day, leaning on the chain.

``registry`` lists it; a bundle ranks by it where a placement asks.
"""

from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.context import StrategyContext
from models.strategies.protocol import StrategyEntry, untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendingNow:
    """The same for everybody who comes at this time."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        return untaken(
            view, self.context.tables.items.keys[self.context.shared(view).trending], n
        )


TRENDING = StrategyEntry(
    name="trending",
    says="What this store sells most at this time of day",
    reason="trending",
    make=lambda context: TrendingNow(context=context),
)
