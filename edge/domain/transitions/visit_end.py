"""Stays that end without a word from the person: nobody seen for a while, or a consent gone somewhere else.

The job of idle visits and the takedown call it; a withdrawal at a screen uses the same two visits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from edge.domain.basket import BasketState, TillBasket
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
    visit: Visit, baskets: Iterable[TillBasket], now: datetime, spare: VisitId
) -> Transition:
    """The person took ``recognise`` back elsewhere: the visit ends, its baskets go on as nobody's."""
    over, stranger = forgotten(visit, now, spare)
    return Transition(
        facts=(_fact(over, now),),
        visits=(over, stranger),
        others=nobodys(baskets, stranger),
        clear=(visit.id,),
    )


def nobodys(baskets: Iterable[TillBasket], stranger: Visit) -> tuple[TillBasket, ...]:
    """Baskets as a stranger's, who carries them on."""
    return tuple(
        replace(basket, visit=stranger.id, token=None, method=stranger.method)
        for basket in baskets
    )


def left_behind(visit: Visit, basket: TillBasket, now: datetime) -> Transition:
    """Nothing was heard of a basket for too long: its lines must never flow into the next use of its number."""
    fact = StoreEvent(
        id=f"{basket.id}.left",
        name="Basket Abandoned",
        at=now,
        source=SOURCE,
        visit=visit.id,
        token=visit.token,
        properties={"basket_id": basket.number, "reason": EndReason.IDLE.value},
    )
    return Transition(
        facts=(fact,),
        visits=(without_basket(visit, basket),),
        basket=replace(basket.closing(BasketState.ABANDONED, now), left_idle=True),
        voided=basket.sold,
        late=visit.ended_at is not None,
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


def stay_of(basket: TillBasket, at: datetime) -> Visit:
    """The stay of a basket that is no part of the present: over, and known by nothing but its basket."""
    opened = basket.opened_at or at
    return Visit(
        id=basket.visit,
        opened_at=opened,
        seen_at=max(opened, at),
        token=basket.token,
        method=basket.method,
        ended_at=max(opened, at),
        ended=EndReason.IDLE,
    )


def without_basket(visit: Visit, basket: TillBasket) -> Visit:
    """The visit goes on without it; another one that it has by now stays."""
    return replace(visit, basket=None) if visit.basket == basket.id else visit


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
