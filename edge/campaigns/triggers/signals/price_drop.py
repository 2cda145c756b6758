"""Signal ``price-drop``: a product costs less than it did; says by how much, ``drop_pct``."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.campaigns.triggers.stock_news import StockNews
from edge.domain.trigger import Occasion, TriggerEvent


def _cheaper(news: StockNews) -> Iterator[Occasion]:
    for item, cents in news.after.prices.items():
        # What had no price cannot have become cheaper.
        was = news.before.prices.get(item, 0)
        if cents < was:
            yield Occasion(
                signal=TriggerEvent.PRICE_DROP,
                # With the price in the key a second fall on one day is news again.
                key=f"{item}/{cents}/{news.day}",
                at=news.at,
                item=item,
                facts={"drop_pct": (was - cents) * 100 // was},
            )


SIGNAL = TriggerSignal(event=TriggerEvent.PRICE_DROP, in_stock_news=_cheaper)
