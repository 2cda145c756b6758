"""What the store's own strategies stand on: a bundle's tables, and the features gathered from them.

``registry.named`` makes one for each bundle; every strategy of the store ranks with it.
"""

from dataclasses import dataclass

from models.features.features import SharedFeatures, shared_features
from models.features.request import ModelRequest
from models.statistics.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyContext:
    """``owner`` names the tables in the memos of profiles and trends, as a bundle's digest does."""

    tables: Tables
    owner: str

    def shared(self, view: ModelRequest) -> SharedFeatures:
        """What the ranker looks at too, gathered once a visit."""
        return shared_features(view, self.tables, self.owner)
