"""New for you: what the shopper never bought, and households of like taste do.

``registry`` lists it; a bundle ranks by it where a placement asks.
"""

from dataclasses import dataclass

import numpy as np

from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.strategies.context import StrategyContext
from models.strategies.protocol import StrategyEntry, untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class NewForYou:
    """``Person.liked`` (neighbourhoods, affinity, kin of own items) without what is known."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        person = self.context.shared(view).person
        if person is None:
            return no_items()
        liked = self.context.tables.items.keys[person.liked]
        return untaken(view, liked[~np.isin(liked, person.keys)], n)


NEW_FOR_YOU = StrategyEntry(
    name="new-for-you",
    says="What the shopper never bought, and shoppers of like taste do",
    reason="new",
    make=lambda context: NewForYou(context=context),
)
