"""The live basket: what has been scanned so far at one till.

Till transitions change it; presence holds the open ones, storage every one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.domain.ids import BasketId, DeviceId, Sku, VisitId


class BasketState(StrEnum):
    """Where a basket stands; only an open one takes lines."""

    OPEN = "open"
    COMPLETE = "complete"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketLine:
    """One scanned line. Units: ``price_cents`` for one piece, before offers."""

    sku: Sku
    quantity: int
    price_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TillBasket:
    """A till's basket and the visit it belongs to."""

    id: BasketId
    device: DeviceId
    visit: VisitId
    state: BasketState = BasketState.OPEN
    lines: tuple[BasketLine, ...] = ()

    @property
    def skus(self) -> tuple[Sku, ...]:
        """Products in it, in scan order, each once."""
        return tuple(dict.fromkeys(line.sku for line in self.lines))

    @property
    def total_cents(self) -> int:
        """What the lines add up to."""
        return sum(line.quantity * line.price_cents for line in self.lines)

    def adding(self, lines: tuple[BasketLine, ...]) -> TillBasket:
        """With ``lines`` scanned behind those already there."""
        return replace(self, lines=self.lines + lines)

    def removing(self, lines: tuple[BasketLine, ...]) -> TillBasket:
        """With ``lines`` voided, as many pieces as stated; what is not there is ignored."""
        kept = list(self.lines)
        for gone in lines:
            kept = _without(kept, gone)
        return replace(self, lines=tuple(kept))

    def closing(self, state: BasketState) -> TillBasket:
        """Paid or left behind."""
        return replace(self, state=state)


def _without(lines: list[BasketLine], gone: BasketLine) -> list[BasketLine]:
    """``lines`` less ``gone.quantity`` pieces of its product, taken from the last scan first."""
    left, kept = gone.quantity, list[BasketLine]()
    for line in reversed(lines):
        taken = min(left, line.quantity) if line.sku == gone.sku else 0
        left -= taken
        if line.quantity > taken:
            kept.append(replace(line, quantity=line.quantity - taken))
    return kept[::-1]
