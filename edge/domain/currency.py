"""Money of ISO 4217: amounts are integers in a currency's smallest unit, and each currency has its own.

The one definition: settings are checked by it, messages, pages and texts shift the decimal point by its exponent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import iso4217


@dataclass(frozen=True, slots=True)
class StoreCurrency:
    """The currency of every price in one store. ``exponent``: digits behind the point, 0 for yen, 3 for dinars.

    Source: ISO 4217 (the library ``iso4217``); never a guess by a language's habits.
    """

    code: str
    exponent: int

    @property
    def number(self) -> str:
        """Its three digits in ISO 4217, by which labels name it."""
        return f"{iso4217.Currency(self.code).number or 0:03}"

    def decimal(self, amount: int) -> Decimal:
        """``amount`` smallest units as a number of whole ones: 1234 dinar fils are 1.234."""
        return Decimal(amount).scaleb(-self.exponent)

    def words(self, amount: int) -> str:
        """The same in plain digits, such as ``1.234``; the code or sign stands elsewhere."""
        return f"{self.decimal(amount):.{self.exponent}f}"

    def mean(self, amount: float) -> str:
        """A mean of amounts with its sign, two digits finer than what can be paid."""
        return f"{amount / 10**self.exponent:+,.{self.exponent + 2}f}"

    def told(self, amount: int) -> str:
        """The same with its code, for texts that are read in a terminal: ``1.234 KWD``."""
        return f"{self.words(amount)} {self.code}"


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


US_DOLLAR: Final = currency("USD")
"""What a store's prices are in where its settings say nothing."""
