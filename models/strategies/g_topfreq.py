"""G-TopFreq: what the whole chain bought most up to the cut.

``published_registry`` measures it; methods that run out of their own continue with it.
"""

from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables
from models.strategies.protocol import best


@dataclass(frozen=True, slots=True, kw_only=True)
class GTopFreq:
    """The same list for everybody."""

    tables: Tables
    name = "g-topfreq"

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        return best(view, self.tables, self.tables.day, n)
