"""What two decisions on one situation show differently, product by product, and by which rules.

`diff` and `frontier` compare with it; the command line tells the outcome product by product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue

from edge.domain.decision import Choice, Decision
from edge.domain.ids import DecisionId, OfferId

Seat = tuple[str, str | None, str | None]
"""What takes one place: product, offer and creative."""

CHOSEN, NO_CANDIDATE = "chosen", "no-candidate"
"""What stands in the place of a rule: it won, or it was not in the running at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotChange:
    """One product of which something changed. Places count from 1, None = not shown.

    ``because`` holds, before and after, the rule by which the product lost, or ``chosen``; where only its offer
    changed, the rule by which the offer lost. ``worth``, before and after, of what was shown.
    """

    sku: str
    place: tuple[int | None, int | None]
    offer: tuple[OfferId | None, OfferId | None]
    creative: tuple[str | None, str | None]
    because: tuple[str, str]
    worth: tuple[int | None, int | None]

    @property
    def how(self) -> str:
        """In one word: ``in``, ``out``, ``offer``, ``creative`` or ``moved``."""
        before, after = self.place
        if before is None or after is None:
            return "in" if before is None else "out"
        if self.offer[0] != self.offer[1]:
            return "offer"
        return "creative" if self.creative[0] != self.creative[1] else "moved"

    def as_json(self) -> dict[str, JsonValue]:
        """One row; each pair is before and after."""
        return {
            "sku": self.sku,
            "how": self.how,
            "place": list(self.place),
            "offer": list[JsonValue](self.offer),
            "creative": list(self.creative),
            "because": list(self.because),
            "worth": list(self.worth),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDecision:
    """A decision that would have shown something else."""

    id: DecisionId
    at: datetime
    placement: str
    shifts: tuple[SlotChange, ...]

    def as_json(self) -> dict[str, JsonValue]:
        """For programs."""
        return {
            "decision": self.id,
            "at": self.at.isoformat(),
            "placement": self.placement,
            "shifts": [shift.as_json() for shift in self.shifts],
        }


def flip_of(before: Decision, after: Decision) -> ChangedDecision | None:
    """What changed for whoever looks at the screen, if anything did."""
    if seats(before) == seats(after):
        return None
    shifts = tuple(_shifts(before, after))
    return ChangedDecision(
        id=before.id, at=before.at, placement=before.placement, shifts=shifts
    )


def seats(decision: Decision) -> tuple[Seat, ...]:
    """What a screen shows, in order: the same seats are the same decision for whoever looks at it."""
    return tuple(map(_seated, decision.choices))


def _shifts(before: Decision, after: Decision) -> Iterator[SlotChange]:
    """What changed product by product, in the old order, then what is new."""
    was, now = _placed(before), _placed(after)
    reasons = _Reasons(before), _Reasons(after)
    for sku in (*was, *(sku for sku in now if sku not in was)):
        pair = was.get(sku), now.get(sku)
        if _seat(pair[0]) != _seat(pair[1]):
            yield _shift(sku, pair, reasons)


_Placed = tuple[int, Choice]
_Pair = tuple[_Placed | None, _Placed | None]
V = TypeVar("V")


def _seated(choice: Choice) -> Seat:
    return (choice.sku, choice.offer, choice.creative)


def _placed(decision: Decision) -> dict[str, _Placed]:
    return {str(c.sku): (place, c) for place, c in enumerate(decision.choices, start=1)}


def _seat(placed: _Placed | None) -> tuple[int, Seat] | None:
    return None if placed is None else (placed[0], _seated(placed[1]))


def _place(placed: _Placed | None) -> int | None:
    return None if placed is None else placed[0]


def _shift(sku: str, pair: _Pair, reasons: tuple[_Reasons, _Reasons]) -> SlotChange:
    offers = _both(pair, lambda choice: choice.offer)
    # Of a product that stays under another offer, the offers' rules say why.
    asked = offers if None not in pair and offers[0] != offers[1] else (None, None)
    return SlotChange(
        sku=sku,
        place=(_place(pair[0]), _place(pair[1])),
        offer=offers,
        creative=_both(pair, lambda choice: choice.creative),
        # Each side is asked of the other's offer: why that one did not stand here.
        because=(reasons[0].of(sku, asked[1]), reasons[1].of(sku, asked[0])),
        worth=_both(pair, lambda choice: choice.worth),
    )


def _both(pair: _Pair, read: Callable[[Choice], V]) -> tuple[V | None, V | None]:
    before, after = pair
    return (
        None if before is None else read(before[1]),
        None if after is None else read(after[1]),
    )


class _Reasons:
    """By which rule each product, and each offer on a product, lost in one decision."""

    def __init__(self, decision: Decision) -> None:
        self._chosen = {str(c.sku) for c in decision.choices}
        self._rules = {(str(x.sku), x.offer): x.rule.value for x in decision.losers}

    def of(self, sku: str, offer: OfferId | None) -> str:
        """The rule; of an offer that lost nothing here, what became of its product."""
        if (sku, offer) in self._rules:
            return self._rules[sku, offer]
        return CHOSEN if sku in self._chosen and offer is None else NO_CANDIDATE
