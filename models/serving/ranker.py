"""The one question the edge asks of a model, whichever model answers it.

The edge's steps ask it; ``open_bundle`` and ``fallback`` answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from models.features.profile import Profile
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.offers.facts import OfferHistory

# One bit each, in this order, in Shortlist.sources.
SOURCE_NAMES = (
    "own",
    "neighbours",
    "complement",
    "trending",
    "resupply",
    "offer",
    "anniversary",
    "strategy",
    "range",
    "discovery",
)
(
    OWN,
    NEIGHBOURS,
    COMPLEMENT,
    TRENDING,
    RESUPPLY,
    OFFER,
    ANNIVERSARY,
    STRATEGY,
    RANGE,
    DISCOVERY,
) = (1 << bit for bit in range(len(SOURCE_NAMES)))

# The strategy that is none: the ranker's own order.
BY_CHANCE = "chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """Candidates for one decision, each key once, ascending.

    ``keys``: shape (n,), int64. ``sources``: shape (n,), uint16, a set of ``SOURCE_NAMES`` bits.
    ``order``: keys that a named strategy puts first, best first; empty = chance alone orders. ``filling``: keys
    that stand here only so that no screen is empty, in their order where chances are equal.
    """

    keys: Keys
    sources: npt.NDArray[np.uint16]
    order: Keys = field(default_factory=no_items)
    filling: Keys = field(default_factory=no_items)

    def names(self, row: int) -> tuple[str, ...]:
        """Why candidate ``row`` is here, in words."""
        bits = int(self.sources[row])
        return tuple(name for bit, name in enumerate(SOURCE_NAMES) if bits >> bit & 1)


class Ranker(Protocol):
    """Anything that can propose items and say how likely each is bought.

    Every method is pure: equal views give equal arrays, whatever was asked before.
    """

    @property
    def label(self) -> str:
        """``name@version``."""
        ...

    @property
    def digest(self) -> str:
        """Hex digest of everything the answers depend on besides the view."""
        ...

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        """At most ``max(limit, len(extra))`` candidates, none of them in the basket.

        ``extra``: keys of items on offer; each not in the basket is kept, known or not.
        """
        ...

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        """Chance 0..1 that each item is in the coming basket. Shape (n,); row order is kept."""
        ...

    def by_strategy(self, view: ModelRequest, name: str, limit: int) -> Keys:
        """At most ``limit`` keys in the order of the strategy ``name``, none of them in the basket.

        Empty where the strategy has nothing to say of this view, or the ranker does not know it.
        """
        ...


@runtime_checkable
class RedemptionPredictor(Protocol):
    """A ranker that may also say how likely offers are redeemed; the fallback is none."""

    def redemption(
        self,
        profile: Profile,
        offers: Sequence[tuple[int, ...]],
        history: OfferHistory,
        day: int,
    ) -> npt.NDArray[np.float32] | None:
        """Chance 0..1 that the shopper redeems each offer, by the keys of its items. Shape (n,).

        Pure like the others. ``day`` is the local day of the decision. None: nothing is known of it.
        A chance of redemption is not what an offer adds: nobody may read an uplift from it.
        """
        ...
