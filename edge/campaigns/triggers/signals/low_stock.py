"""Signal ``low-stock``: a product that a person who is here buys regularly is down to its last few pieces."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.campaigns.triggers.stock_news import StockNews
from edge.domain.trigger import Occasion, TriggerEvent

# So few pieces are "almost gone": two people can be told before the third stands before an empty shelf.
_FEW = 3


def _almost_gone(news: StockNews) -> Iterator[Occasion]:
    for item, pieces in news.after.on_hand.items():
        had = news.before.on_hand.get(item)
        if had is not None and 0 < pieces <= _FEW < had:
            yield Occasion(
                signal=TriggerEvent.LOW_STOCK, key=f"{item}/{news.day}", at=news.at, item=item
            )


SIGNAL = TriggerSignal(
    event=TriggerEvent.LOW_STOCK, in_stock_news=_almost_gone, only_who_is_here=True
)
