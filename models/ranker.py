"""The one question the edge asks of a model, whichever model answers it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.items import Keys
from models.view import View

# One bit each, in this order, in Shortlist.sources.
SOURCE_NAMES = ("own", "neighbours", "complement", "trending", "resupply", "offer")
OWN, NEIGHBOURS, COMPLEMENT, TRENDING, RESUPPLY, OFFER = (
    1 << bit for bit in range(len(SOURCE_NAMES))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """Candidates for one decision, each key once, ascending.

    ``keys``: shape (n,), int64. ``sources``: shape (n,), uint16, a set of ``SOURCE_NAMES`` bits.
    """

    keys: Keys
    sources: npt.NDArray[np.uint16]

    def names(self, row: int) -> tuple[str, ...]:
        """Why candidate ``row`` is here, in words."""
        bits = int(self.sources[row])
        return tuple(name for bit, name in enumerate(SOURCE_NAMES) if bits >> bit & 1)


class Ranker(Protocol):
    """Anything that can propose items and say how likely each is bought.

    Both methods are pure: equal views give equal arrays, whatever was asked before.
    """

    @property
    def label(self) -> str:
        """``name@version``."""
        ...

    @property
    def digest(self) -> str:
        """Hex digest of everything the answers depend on besides the view."""
        ...

    def shortlist(self, view: View, limit: int, extra: Keys) -> Shortlist:
        """At most ``max(limit, len(extra))`` candidates, none of them in the basket.

        ``extra``: keys of items on offer; each not in the basket is kept, known or not.
        """
        ...

    def score(self, view: View, keys: Keys) -> npt.NDArray[np.float32]:
        """Chance 0..1 that each item is in the coming basket. Shape (n,); row order is kept."""
        ...
