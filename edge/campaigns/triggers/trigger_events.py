"""What a turn means to triggers: arrivals, lines, baskets left behind, people who leave. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.event import StoreEvent
from edge.domain.ids import ItemKey
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import EndReason, Visit
from models.items import item_key

# Of one message of a till; a whole trolley that is told at once says nothing of single lines.
_LINES = 20
LEFT = frozenset({EndReason.PAID, EndReason.SIGNED_OUT, EndReason.IDLE})
"""Ends of a stay at which somebody really leaves."""
# The word by which a screen says that a person wants to be told when a product is back or cheaper.
REMIND_ME = "remind-me"


def happened(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    """What ``transition`` is to the person of ``visit``, in the order in which it is told."""
    for fact in transition.facts:
        if fact.visit != visit.id:
            continue
        match fact.name:
            case "Customer Identified":
                yield _occasion(TriggerEvent.ARRIVAL, fact, str(visit.id))
            case "Product Added":
                yield from _lines(transition, fact, visit)
            case "Basket Abandoned":
                yield from _abandoned(transition, fact)
            case "Visit Ended" if visit.ended in LEFT:
                ended = "" if visit.ended is None else visit.ended.value
                yield _occasion(TriggerEvent.LEAVING, fact, str(visit.id), ended=ended)
            case _:
                pass


def wished(transition: Transition) -> tuple[tuple[StoreEvent, ItemKey], ...]:
    """The facts in which somebody asked to be reminded, with the product."""
    return tuple(
        (fact, ItemKey(item_key(str(fact.properties["product_id"]))))
        for fact in transition.facts
        if fact.properties.get("value") == REMIND_ME and "product_id" in fact.properties
    )


def dwelt(visit: Visit, at: datetime) -> Occasion | None:
    """The present stay in one zone, once it has lasted a whole minute."""
    minutes = int(visit.dwell_s(at) // 60)
    if visit.zone is None or visit.zone_since is None or minutes < 1:
        return None
    since = visit.zone_since.isoformat()
    return Occasion(
        signal=TriggerEvent.DWELL,
        key=f"{visit.id}/{visit.zone}/{since}",
        at=at,
        facts={"dwell_minutes": minutes},
    )


def _lines(transition: Transition, fact: StoreEvent, visit: Visit) -> Iterator[Occasion]:
    skus = dict.fromkeys(line.sku for line in transition.bought)
    for sku in list(skus)[:_LINES]:
        item = ItemKey(item_key(sku))
        yield _occasion(TriggerEvent.BASKET_LINE, fact, f"{visit.id}/{item}", item)


def _abandoned(transition: Transition, fact: StoreEvent) -> Iterator[Occasion]:
    basket = transition.basket
    if basket is None or not basket.lines:
        return
    yield _occasion(TriggerEvent.BASKET_ABANDONED, fact, str(basket.id), dearest(basket))


def dearest(basket: TillBasket) -> ItemKey:
    """The product in a basket that is missed most: the one that costs most."""
    line = max(basket.lines, key=lambda one: (one.price_cents, one.sku))
    return ItemKey(item_key(line.sku))


def _occasion(
    signal: TriggerEvent, fact: StoreEvent, key: str, item: ItemKey | None = None, **said: str
) -> Occasion:
    return Occasion(signal=signal, key=key, at=fact.at, item=item, facts=said)
