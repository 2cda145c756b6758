"""A sale that another till wrote down in its own form, in the words of our contract.

`devices.tills.poslog` and `devices.tills.orders` make it; the doors of tills and ``storeside sales import`` hand it on,
where it is checked like the word of any till.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal

LIMIT: Final = 512 * 1024
"""Bytes of a log or a batch of orders that a till pushes; a file may have ``FILE_LIMIT``."""
FILE_LIMIT: Final = 256 * 1024 * 1024
MOST_SALES: Final = 200
"""Sales in one push."""
OLDEST: Final = timedelta(days=31)
"""What was sold longer ago is refused: the store would take its time for that of a clock that was never set."""

# What an id of the contract may hold; the tilde is kept for what it may not.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._:/-]")
_PART: Final = re.compile(r"[A-Za-z0-9._/-]")
_LONGEST_ID: Final = 64
_DECIMAL: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,12})?")
# Sums of JSON's doubles end in noise far behind any currency's digits.
_NOISE: Final = Decimal("1e-6")


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSale:
    """One whole sale, or the end of one: ``body`` is the ``data`` of a basket event, not checked yet.

    ``key`` comes from the till's own ids alone: the same sale read again has the same one, so it counts once.
    """

    key: str
    body: dict[str, JsonValue]


SaleRead = TillSale | MessageRefused | None
"""What became of one record: a sale, a refusal, or None for what sells nothing (training, cancelled, suspended)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreTerms:
    """What a till's log leaves to the store: the zone of its times, and the currency of its amounts.

    ``exponent``: how many digits stand behind the currency's point, 2 for USD, 0 for JPY, 3 for KWD. ``since``: what
    was sold before is refused.
    """

    zone: tzinfo
    currency: str
    exponent: int = 2
    since: datetime | None = None

    def instant(self, told: str, field: str, zone: tzinfo | None = None) -> str:
        """When it was sold, with the zone; without one it is ``zone``'s, or the store's.

        Raises MessageRefused for what is no time, and for what is too long ago; ``field`` is where it stood.
        """
        try:
            found = datetime.fromisoformat(told.strip())
            found = found if found.tzinfo else found.replace(tzinfo=zone or self.zone)
            is_old = self.since is not None and found < self.since
        except (ValueError, OverflowError):
            raise MessageRefused(Refusal.MALFORMED, field) from None
        if is_old:
            raise MessageRefused(Refusal.STALE, field)
        return found.isoformat()

    def units(self, currency: str) -> Decimal:
        """How many smallest units one of ``currency`` has, or of the store's own where none is named.

        Raises MessageRefused for another than the store's: nobody here could say what it is worth.
        """
        if currency not in {"", self.currency}:
            raise MessageRefused(Refusal.WRONG_CURRENCY, "currency")
        return Decimal(10) ** self.exponent


def plain_id(*parts: str) -> str:
    """The till's own ids as one id of ours; two that differ stay different.

    Characters that the contract does not have are written as ``~`` and their bytes in hexadecimal.
    """
    named = [part for part in parts if part]
    # A colon joins: digits on both sides of it are no longer one number.
    plain = _PLAIN if len(named) == 1 else _PART
    text = ":".join(
        "".join(sign if plain.fullmatch(sign) else f"~{_bytes(sign).hex()}" for sign in part)
        for part in named
    )
    if len(text) <= _LONGEST_ID:
        return text
    return f"{text[:24]}~{hashlib.blake2b(_bytes(text), digest_size=12).hexdigest()}"


def _bytes(text: str) -> bytes:
    # JSON may hold half a character, which is none in UTF-8.
    return text.encode(errors="surrogatepass")


def sale_key(*ids: str) -> str:
    """The Idempotency-Key that the till's own ``ids`` make."""
    # A digest: any till's ids fit, and no run of digits in it looks like a card's number.
    code = hashlib.blake2b(_bytes("\x00".join(ids)), digest_size=16).hexdigest()
    return f"s-{code}"


def decimal_of(value: object) -> Decimal | None:
    """A number as a till wrote it, in text or as a JSON number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    # The shortest text of a double is what was written in JSON.
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value).strip()
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def text_of_number(value: Decimal) -> str:
    """Its plain digits, without noise and trailing noughts."""
    text = format(_to(value, _NOISE), "f")
    return text.rstrip("0").rstrip(".")


def rounded(value: Decimal) -> int:
    """Whole smallest units; half a unit goes away from nought, as tills do."""
    return int(_to(value, Decimal(1)))


def _to(value: Decimal, step: Decimal) -> Decimal:
    """``value`` in steps. Raises MessageRefused for an amount beyond all money."""
    try:
        return value.quantize(step, ROUND_HALF_UP)
    except InvalidOperation:
        raise MessageRefused(Refusal.MALFORMED, "price_cents") from None


def priced(quantity: Decimal, price: Decimal, gross: int | None = None) -> dict[str, JsonValue]:
    """The fields that price a line: ``price`` of one unit, ``gross`` of the whole line, in smallest units."""
    whole = price == price.to_integral_value()
    # What the till rounded is told where another rounding could give another cent.
    if gross is not None and abs(price * quantity) != abs(gross):
        return {"unit_price": text_of_number(price), "price_cents": gross}
    return {"price_cents": int(price)} if whole else {"unit_price": text_of_number(price)}


def paid(kinds: Iterable[tuple[str, int]]) -> list[JsonValue]:
    """Tenders by kind, each kind once: nothing but kind and sum is ever told."""
    sums = dict[str, int]()
    for kind, amount in kinds:
        sums[kind] = sums.get(kind, 0) + amount
    return [{"kind": kind, "amount": amount} for kind, amount in sums.items()]
