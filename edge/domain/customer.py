"""A known person as the store knows them: a pseudonym, their consents and how they shop.

The customer cache loads it from storage; identity decides whether it may be used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from edge.domain.consent import NOTHING_ALLOWED, Consents
from edge.domain.ids import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One person. No name, address or number: those never reach this record.

    Source: the central stream ``customers`` or an enrolment at this store's kiosk.
    """

    token: Token
    locale: str = "en-US"
    segments: tuple[str, ...] = ()
    consents: Consents = field(default=NOTHING_ALLOWED)

    def with_consents(self, consents: Consents) -> Customer:
        """The same person under another ledger."""
        return replace(self, consents=consents)


# Shown where a person greets a person (tablet, signed-in kiosk) in place of a name that the store does not hold.
_FIRST = (
    "Amber", "Basil", "Clover", "Daisy", "Ember", "Fern", "Ginger", "Hazel", "Iris", "Juniper", "Kestrel", "Laurel",
    "Maple", "Nettle", "Olive", "Poppy", "Quill", "Robin", "Sage", "Thyme", "Umber", "Violet", "Willow", "Yarrow",
)  # fmt: skip
_SECOND = (
    "Brook", "Cove", "Dale", "Field", "Glen", "Hill", "Isle", "Lake", "Marsh", "North", "Orchard", "Park", "Reed",
    "Stone", "Vale", "Wood",
)  # fmt: skip


def greeting_alias(token: Token) -> str:
    """An invented name made from the pseudonym alone, so that no name is ever stored."""
    number = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8])
    # The quotient, not the number again: 24 and 16 share a divisor, so the two words would hang together.
    return f"{_FIRST[number % len(_FIRST)]} {_SECOND[number // len(_FIRST) % len(_SECOND)]}"


def who(token: Token | None) -> str:
    """An invented name, or ``anonymous``."""
    return "anonymous" if token is None else greeting_alias(token)
