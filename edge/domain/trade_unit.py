"""The units in which goods are sold, and what one is in another: exact decimals, never a float.

Stock is counted down by it, readings of labels give it, and a line at the till names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum


class TradeUnit(StrEnum):
    """What a quantity counts: pieces, a weight, or litres."""

    EACH = "each"
    KG = "kg"
    G = "g"
    LB = "lb"
    OZ = "oz"
    L = "l"


# The international avoirdupois pound is 0.453 592 37 kg by definition, an ounce a sixteenth of it.
_GRAMS: Mapping[TradeUnit, Decimal] = {
    TradeUnit.KG: Decimal(1000),
    TradeUnit.G: Decimal(1),
    TradeUnit.LB: Decimal("453.59237"),
    TradeUnit.OZ: Decimal("28.349523125"),
}

WEIGHTS: frozenset[TradeUnit] = frozenset(_GRAMS)
"""The units of weight, which turn into each other."""


def converted(quantity: Decimal, unit: TradeUnit, wanted: TradeUnit) -> Decimal | None:
    """``quantity`` of ``unit`` in ``wanted``; None where one says nothing of the other, such as pieces of a weight.

    Exact wherever the result has an end; pounds of a kilogram have none and keep 28 digits.
    """
    if unit is wanted:
        return quantity
    if unit not in WEIGHTS or wanted not in WEIGHTS:
        return None
    return quantity * _GRAMS[unit] / _GRAMS[wanted]


def taken(quantity: Decimal, unit: TradeUnit, counted_in: TradeUnit) -> Decimal:
    """How much a line of ``quantity`` takes off a stock that is counted in another unit; negative of a return.

    A weighed line of what is counted in pieces is one piece. Pieces of what is weighed take nothing off: nobody
    can tell what they weigh, and the next count will.
    """
    found = converted(quantity, unit, counted_in)
    if found is not None:
        return found
    if counted_in is TradeUnit.EACH:
        return Decimal(1).copy_sign(quantity)
    return Decimal(0)
