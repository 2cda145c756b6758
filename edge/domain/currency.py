"""Money of ISO 4217: amounts are integers in a currency's smallest unit, and each currency has its own.

The one definition: settings are checked by it, messages, pages and texts shift the decimal point by its exponent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import iso4217


@dataclass(frozen=True, slots=True)
class StoreCurrency:
    """The currency of every price in one store. ``exponent``: digits behind the point, 0 for yen, 3 for dinars.

    Source: ISO 4217 (the library ``iso4217``); never a guess by a language's habits.
    """

    code: str
    exponent: int

    def decimal(self, amount: int) -> Decimal:
        """``amount`` smallest units as a number of whole ones: 1234 dinar fils are 1.234."""
        return Decimal(amount).scaleb(-self.exponent)

    def words(self, amount: int) -> str:
        """The same in plain digits, such as ``1.234``; the code or sign stands elsewhere."""
        return f"{self.decimal(amount):.{self.exponent}f}"


def currency(code: str) -> StoreCurrency:
    """The currency named ``code``, such as ``EUR``.

    Raises:
        ValueError: ISO 4217 has none of this name that people pay with.
    """
    try:
        exponent = iso4217.Currency(code).exponent
    except ValueError:
        exponent = None
    # Gold and test codes have a name, but no smallest unit.
    if exponent is None:
        raise ValueError("no currency of ISO 4217: give its three capital letters, such as EUR")
    return StoreCurrency(code=code, exponent=exponent)
