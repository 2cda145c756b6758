"""One normal form for product codes: whatever was scanned, typed or sent, which product of the catalogue it is.

Signal handlers, the centre's changes and imports ask it wherever a code comes in; what it does not find in the
catalogue, `edge.domain.product_code` reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.domain.ids import ItemKey, Sku
from edge.domain.product_code import CodeRules, ReadCode, reading_of
from models.items import item_key

Sold = Callable[[ItemKey], Sku | None]
"""How the catalogue spells a product; None where it is not sold here."""


class ProductCodes:
    """Reads codes against what is sold now. Two codes are one product where their ``item_key`` is one."""

    def __init__(self, sold: Sold, rules: CodeRules) -> None:
        """``sold`` is asked at every reading: the catalogue changes while the store is open."""
        self._sold = sold
        self._rules = rules

    def read(self, code: str) -> ReadCode:
        """What ``code`` stands for; never fails, of an unknown code its own normal spelling."""
        # First, and nearly always enough: a code in the catalogue wins over any reading of it.
        sku = self._sold(ItemKey(item_key(code)))
        if sku is not None:
            return ReadCode(sku=sku)
        reading = reading_of(code, self._rules)
        for candidate in reading.candidates:
            sku = self._sold(ItemKey(item_key(candidate.sku)))
            if sku is not None:
                return replace(candidate, sku=sku)
        return reading.otherwise

    def key(self, code: str) -> ItemKey:
        """The key of the product alone. Most codes have it without a look into the catalogue."""
        reading = reading_of(code, self._rules)
        own = ItemKey(item_key(code))
        if len(reading.candidates) <= 1 and item_key(reading.otherwise.sku) == own:
            return own
        return ItemKey(item_key(self.read(code).sku))

    def sku(self, code: str) -> Sku:
        """The normal spelling alone, where a weight or price on the label is of no matter."""
        return self.read(code).sku
