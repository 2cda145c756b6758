"""What an offer takes off, as data: its kind, how much, at most how much, and of what.

Authoring and the stream state it, the catalogue holds it with its offer, slots and tills are told it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class OfferDiscountKind(StrEnum):
    """How an amount is meant; a closed list. Points and gifts take nothing off a price."""

    AMOUNT = "amount"
    PERCENT = "percent"
    PRICE = "price"
    POINTS = "points"
    GIFT = "gift"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDiscount:
    """What one redemption gives.

    Units: ``amount`` is money in the smallest unit of the store's currency for ``amount`` and ``price`` (the price
    that then holds), whole per cent for ``percent``, points for ``points``, pieces for ``gift``; ``max`` is the most
    money that it takes off. ``per``: off one item, or off the basket. ``code``: what a shopper says or shows for it.
    """

    kind: OfferDiscountKind
    amount: int
    max: int | None = None
    per: Literal["item", "basket"] = "item"
    code: str | None = None

    def off(self, price_cents: int) -> int:
        """The money that it takes off ``price_cents``: the item's price, or the basket's sum. Never more than that."""
        match self.kind:
            case OfferDiscountKind.AMOUNT:
                wanted = self.amount
            case OfferDiscountKind.PERCENT:
                # Half a unit goes to the shopper.
                wanted = (price_cents * self.amount + 50) // 100
            case OfferDiscountKind.PRICE:
                wanted = price_cents - self.amount
            case OfferDiscountKind.POINTS | OfferDiscountKind.GIFT:
                wanted = 0
        most = price_cents if self.max is None else min(price_cents, self.max)
        return max(0, min(wanted, most))
