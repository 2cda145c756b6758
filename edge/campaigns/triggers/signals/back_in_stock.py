"""Signal ``back-in-stock``: a product that was gone is on the shelf again."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.campaigns.triggers.stock_news import StockNews
from edge.domain.trigger import Occasion, TriggerEvent


def _came_back(news: StockNews) -> Iterator[Occasion]:
    for item, pieces in news.after.on_hand.items():
        had = news.before.on_hand.get(item)
        # What nobody counted before was not known to be gone.
        if had is not None and had <= 0 < pieces:
            yield Occasion(
                signal=TriggerEvent.BACK_IN_STOCK,
                key=f"{item}/{news.day}",
                at=news.at,
                item=item,
            )


SIGNAL = TriggerSignal(event=TriggerEvent.BACK_IN_STOCK, in_stock_news=_came_back)
