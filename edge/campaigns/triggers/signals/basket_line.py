"""Signal ``basket-line``: a product was scanned into the basket of this visit."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal, facts_named, occasion_of
from edge.domain.ids import ItemKey
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit
from models.items import item_key

# Of one message of a till; a whole trolley that is told at once says nothing of single lines.
_LINES = 20


def _scanned(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    skus = list(dict.fromkeys(line.sku for line in transition.bought))[:_LINES]
    for fact in facts_named("Product Added", transition, visit):
        for sku in skus:
            item = ItemKey(item_key(sku))
            # Once a visit: taken back and scanned again, it is no second occasion.
            yield occasion_of(TriggerEvent.BASKET_LINE, fact, f"{visit.id}/{item}", item)


SIGNAL = TriggerSignal(
    event=TriggerEvent.BASKET_LINE, in_transition=_scanned, about_basket=True
)
