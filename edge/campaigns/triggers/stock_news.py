"""What a change of the shelves is news of: products that are back, cheaper or almost gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.ids import ItemKey
from edge.domain.trigger import Occasion, TriggerEvent

# So few pieces are "almost gone": two people can be told before the third stands before an empty shelf.
FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfState:
    """The shelves at one instant: prices in cents, and pieces on hand where somebody counts."""

    prices: Mapping[ItemKey, int]
    on_hand: Mapping[ItemKey, int] = field(default_factory=dict[ItemKey, int])


def news(before: ShelfState, after: ShelfState, at: datetime, day: int) -> Iterator[Occasion]:
    """Everything that was not so ``before``; ``day``: the local one, on which each is news once."""
    for item, pieces in after.on_hand.items():
        had = before.on_hand.get(item)
        if had is not None and had <= 0 < pieces:
            yield Occasion(
                signal=TriggerEvent.BACK_IN_STOCK, key=f"{item}/{day}", at=at, item=item
            )
        if had is not None and is_last(had, pieces):
            yield Occasion(signal=TriggerEvent.LOW_STOCK, key=f"{item}/{day}", at=at, item=item)
    for item, cents in after.prices.items():
        was = before.prices.get(item, 0)
        if cents < was:
            yield Occasion(
                signal=TriggerEvent.PRICE_DROP,
                key=f"{item}/{cents}/{day}",
                at=at,
                item=item,
                facts={"drop_pct": (was - cents) * 100 // was},
            )


def is_last(had: int, pieces: int) -> bool:
    """Whether ``pieces`` are the last few, and ``had`` were not."""
    return 0 < pieces <= FEW < had
