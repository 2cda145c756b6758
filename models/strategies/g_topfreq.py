"""G-TopFreq: what the whole chain bought most up to the cut."""

from dataclasses import dataclass

from models.items import Keys
from models.strategies.strategy import best
from models.tables import Tables
from models.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class GTopFreq:
    """The same list for everybody."""

    tables: Tables
    name = "g-topfreq"

    def rank(self, view: View, n: int) -> Keys:
        """See ``Strategy.rank``."""
        return best(view, self.tables, self.tables.day, n)
