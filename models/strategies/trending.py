"""Trending: what this store sells most at this time of day, leaning on the chain."""

from dataclasses import dataclass

from models.features.request import View
from models.items import Keys
from models.strategies.context import Ground
from models.strategies.protocol import untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Trending:
    """The same for everybody who comes at this time."""

    ground: Ground
    name = "trending"
    says = "What this store sells most at this time of day"

    def rank(self, view: View, n: int) -> Keys:
        """See ``Strategy.rank``."""
        return untaken(view, self.ground.tables.items.keys[self.ground.scene(view).trending], n)
