"""Best-selling: what this store sells most at any time of day, leaning on the chain.

``registry`` lists it; a bundle ranks by it where a placement asks.
"""

from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.context import StrategyContext
from models.strategies.protocol import ReasonWords, StrategyEntry, best


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSelling:
    """The same for everybody, all day."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        day = self.context.shared(view).trend[:-1, 0]
        return best(view, self.context.tables, day, n)


BEST_SELLING = StrategyEntry(
    name="best-selling",
    says="What this store sells most, at any time of day",
    reason="best-selling",
    words=ReasonWords(
        to_the_person="A best seller here",
        to_an_associate="A best seller here",
        to_everybody="A best seller here",
    ),
    make=lambda context: BestSelling(context=context),
)
