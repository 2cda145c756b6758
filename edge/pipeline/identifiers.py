"""Whether what somebody gave is an identifier of theirs, and whose: the one judgement of door and import.

Signal handlers ask it at kiosks and tills, ``storeside customers import`` for each person of a file. The screen of
messages has let loyalty and telephone numbers through to here, because only the directory knows who is enrolled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devices.errors import Refusal
from devices.payment_cards import has_card_number
from edge.domain import telephone
from edge.domain.errors import SignalRefused
from edge.domain.ids import Token, earlier_codes, is_usable, link_code, normalised
from edge.domain.loyalty_range import LoyaltyRange

# How people group a number that they read off a card.
_GROUPING = str.maketrans("", "", " -")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """How identifiers are read in one store.

    ``key`` codes them; ``region`` is the country in which phone numbers are dialled; ``ranges`` are loyalty numbers
    that this store gives out, which may look like a payment card's.
    """

    key: bytes = field(repr=False)
    region: str | None = None
    ranges: tuple[LoyaltyRange, ...] = ()

    def code(self, kind: str, value: str) -> str:
        """The keyed code of what is enrolled here, or is about to be.

        Raises:
            SignalRefused: ``malformed`` – no identifier; ``card-number`` – a payment card's number that is none.
        """
        if self._never(kind, value):
            raise SignalRefused(Refusal.CARD_NUMBER.value)
        if not is_usable(kind, value, self.region):
            raise SignalRefused(Refusal.MALFORMED.value)
        return link_code(self.key, kind, value, self.region)

    def owner(
        self, kind: str, value: str, by_code: Callable[[str], Token | None]
    ) -> tuple[str, Token | None]:
        """The keyed code, and the person who is enrolled under it, also in a spelling of earlier releases.

        Raises:
            SignalRefused: as `code`; ``card-number`` also for a payment card's number that nobody is enrolled under.
        """
        code = self.code(kind, value)
        for one in (code, *earlier_codes(self.key, kind, value, self.region)):
            token = by_code(one)
            if token is not None:
                return code, token
        if self._is_card(kind, value):
            raise SignalRefused(Refusal.CARD_NUMBER.value)
        return code, None

    def _never(self, kind: str, value: str) -> bool:
        """Whether a payment card's number is in it that can be nobody's identifier."""
        if kind == "loyalty":
            # A stripe's track, or a number among words: not what stands on a loyalty card.
            return has_card_number(value) and not value.translate(_GROUPING).strip().isdecimal()
        if kind == "phone":
            return has_card_number(value) and not telephone.names_country(value, self.region)
        return has_card_number(value)

    def _is_card(self, kind: str, value: str) -> bool:
        """Whether a loyalty number is in an issuer's range and in none of the store's."""
        number = normalised(kind, value)
        return (
            kind == "loyalty"
            and (has_card_number(value) or has_card_number(number))
            and not any(own.holds(number) for own in self.ranges)
        )
