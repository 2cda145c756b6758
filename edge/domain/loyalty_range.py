"""Loyalty numbers that a store gives out itself, by how they begin and how long they are.

`edge.pipeline.identifiers` asks them about numbers that look like a payment card's and are nobody's yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# With fewer digits whole schemes of payment cards would be let through.
_FORM = re.compile(
    r"(?P<first>\d{4,12})(?:-(?P<last>\d{4,12}))?(?:\*(?P<length>\d{1,2}))?", re.ASCII
)
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyRange:
    """Numbers from one prefix to another of equal length; ``length``: of the whole number, or any."""

    first: str
    last: str
    length: int | None = None

    def holds(self, number: str) -> bool:
        """Whether ``number``, digits only, is one of them."""
        prefix = number[: len(self.first)]
        fits = self.length in (None, len(number))
        return fits and number.isdigit() and self.first <= prefix <= self.last


def loyalty_range(text: str) -> LoyaltyRange:
    """A range as it is written: ``634004``, ``2708*16`` with its length, ``270800-270899*16`` from one to another.

    Raises:
        ValueError: it is not written like this.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(
            "expected a prefix of 4 to 12 digits, such as 634004, 2708*16 or 2708-2709*16"
        )
    first, last = found["first"], found["last"] or found["first"]
    if len(first) != len(last) or first > last:
        raise ValueError(
            "expected two prefixes of equal length, the smaller first, such as 2708-2709*16"
        )
    length = None if found["length"] is None else int(found["length"])
    if length is not None and not len(first) <= length <= _LONGEST:
        raise ValueError(
            f"expected a length from that of the prefix to {_LONGEST}, such as 2708*16"
        )
    return LoyaltyRange(first=first, last=last, length=length)
