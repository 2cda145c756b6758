"""Recently viewed: what the shopper looked at more closely on the store's screens, latest first.

``registry`` lists it; a bundle or the store's own counts rank by it where a placement asks.
"""

from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.protocol import ReasonWords, StrategyEntry, untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentlyViewed:
    """Only of the person themselves, and only where they may be known: the request holds nothing else."""

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        return untaken(view, view.viewed, n)


RECENTLY_VIEWED = StrategyEntry(
    name="recently-viewed",
    says="What the shopper looked at lately on the store's screens",
    reason="viewed",
    words=ReasonWords(
        to_the_person="You looked at it lately",
        to_an_associate="Looked at lately",
    ),
    make=lambda _context: RecentlyViewed(),
)
