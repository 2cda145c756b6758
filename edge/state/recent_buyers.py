"""Who has just paid: a phone that is heard while they pack and leave is no new arrival.

Transitions tell who paid; the handler of sightings asks before it opens a visit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from edge.domain.ids import Token
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason

# Store time for which somebody who has paid is packing and leaving.
_LEAVING = timedelta(minutes=10)
_AT_THE_TILL = frozenset({EndReason.PAID, EndReason.RETURNED})


class RecentBuyers:
    """When the people who were in the store lately have paid, in business time."""

    def __init__(self) -> None:
        self._paid: dict[Token, datetime] = {}

    def apply(self, transition: Transition) -> None:
        """Note whose visit ended at the till; who was there too long before them is forgotten."""
        # Of long ago: whoever was there then has left by now.
        if transition.late:
            return
        for visit in transition.visits:
            if visit.ended in _AT_THE_TILL and visit.token is not None and visit.ended_at:
                since = visit.ended_at - _LEAVING
                # Tidied when the next one pays, so that it needs no job.
                self._paid = {token: at for token, at in self._paid.items() if at > since}
                self._paid[visit.token] = visit.ended_at

    def is_leaving(self, token: Token | None, at: datetime) -> bool:
        """Whether this person paid a moment ago, at the business time ``at``."""
        paid_at = None if token is None else self._paid.get(token)
        return paid_at is not None and at - paid_at < _LEAVING
