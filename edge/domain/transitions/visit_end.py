"""Stays that end without a word from the person: nobody seen for a while, or a consent gone somewhere else.

The job of idle visits and the takedown call it; a withdrawal at a screen uses the same two visits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.event import StoreEvent
from edge.domain.ids import VisitId
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit

SOURCE = "storeside"


def ended(visit: Visit, reason: EndReason, now: datetime) -> Transition:
    """The end of a visit; every screen that speaks of it is cleared."""
    over = replace(visit.closing(reason, now), kiosk=None)
    return Transition(facts=(_fact(over, now),), visits=(over,), clear=(visit.id,))


def recognition_withdrawn(
    visit: Visit, basket: TillBasket | None, now: datetime, spare: VisitId
) -> Transition:
    """The person took ``recognise`` back elsewhere: the visit ends, its basket goes on as nobody's."""
    over, stranger = forgotten(visit, now, spare)
    return Transition(
        facts=(_fact(over, now),),
        visits=(over, stranger),
        basket=None if basket is None else replace(basket, visit=stranger.id),
        clear=(visit.id,),
    )


def forgotten(visit: Visit, now: datetime, spare: VisitId) -> tuple[Visit, Visit]:
    """``visit`` ended by withdrawal, and a stranger's visit ``spare`` that carries its basket on.

    Nothing of the second leads back to the first.
    """
    stranger = Visit(
        id=spare,
        opened_at=now,
        seen_at=now,
        zone=visit.zone,
        zone_since=None if visit.zone is None else now,
        basket=visit.basket,
        kiosk=visit.kiosk,
    )
    over = replace(visit, basket=None, kiosk=None).closing(EndReason.WITHDRAWN, now)
    return over, stranger


def _fact(over: Visit, now: datetime) -> StoreEvent:
    return StoreEvent(
        # No signal lends it an id, and a visit ends once.
        id=f"{over.id}.ended",
        name="Visit Ended",
        at=now,
        source=SOURCE,
        visit=over.id,
        token=over.token,
        properties={"reason": None if over.ended is None else over.ended.value},
    )
