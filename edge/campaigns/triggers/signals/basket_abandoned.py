"""Signal ``basket-abandoned``: a basket with something in it was left behind at the till."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal, facts_named, occasion_of
from edge.domain.basket import TillBasket
from edge.domain.ids import ItemKey
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit
from models.items import item_key


def _left_behind(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    basket = transition.basket
    if basket is None or not basket.lines:
        return
    for fact in facts_named("Basket Abandoned", transition, visit):
        yield occasion_of(TriggerEvent.BASKET_ABANDONED, fact, str(basket.id), _dearest(basket))


def _dearest(basket: TillBasket) -> ItemKey:
    """The product in a basket that is missed most: the one that costs most."""
    # The number settles equal prices, so that every run picks the same.
    line = max(basket.lines, key=lambda one: (one.price_cents, one.sku))
    return ItemKey(item_key(line.sku))


SIGNAL = TriggerSignal(event=TriggerEvent.BASKET_ABANDONED, in_transition=_left_behind)
