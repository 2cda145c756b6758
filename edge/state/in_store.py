"""The store at this moment, as the executor changes it: visits and baskets, headcounts, screens, who has just paid.

Built from the database at every start; a transition is applied to all four at once, before anything is decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.state.presence import Presence
from edge.state.recent_buyers import RecentBuyers
from edge.state.screen_board import ScreenBoard
from edge.state.zone_headcounts import ZoneHeadcounts


@dataclass(frozen=True, slots=True, kw_only=True)
class InStore:
    """Four views of one moment. Whoever needs a single one is given that one."""

    presence: Presence
    headcounts: ZoneHeadcounts
    screens: ScreenBoard
    recent_buyers: RecentBuyers

    @classmethod
    def of(cls, visits: Iterable[Visit] = (), baskets: Iterable[TillBasket] = ()) -> InStore:
        """The store with these open visits and baskets in it, nobody counted and nothing on any screen."""
        presence = Presence(visits, baskets)
        headcounts = ZoneHeadcounts(presence)
        return cls(
            presence=presence,
            headcounts=headcounts,
            screens=ScreenBoard(presence, headcounts),
            recent_buyers=RecentBuyers(),
        )

    def apply(self, transition: Transition, now: datetime) -> None:
        """Make a transition the present, at the real instant ``now``."""
        self.presence.apply(transition, now)
        self.headcounts.apply(transition, now)
        self.screens.apply(transition)
        self.recent_buyers.apply(transition)
