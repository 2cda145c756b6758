"""The shelves before and after a change: what signals about stock and prices are read from.

`pipeline.catalogue_refresh` takes the states and hands them to the engine; what they are news of, each signal of
the shelves says for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from edge.domain.ids import ItemKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfState:
    """The shelves at one instant: prices in cents, and what is on hand where somebody counts, in its own unit."""

    prices: Mapping[ItemKey, int] = field(default_factory=dict[ItemKey, int])
    on_hand: Mapping[ItemKey, Decimal | int] = field(
        default_factory=dict[ItemKey, Decimal | int]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StockNews:
    """A change of the shelves at ``at``. ``day``: the local one, on which each thing is news once."""

    before: ShelfState
    after: ShelfState
    at: datetime
    day: int
