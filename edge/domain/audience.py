"""Whom an offer is for, beyond its segment: a condition over a closed list of facts, and what each fact means.

`decision.conditions` compiles what is written; the offer rules and triggers give the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from edge.domain.placement import NO_SCREEN, SURFACES

ConditionValue = bool | int | str | Sequence[str]

_CLASSES = ", ".join(name for name in SURFACES if name != NO_SCREEN)

FACTS: Mapping[str, tuple[ConditionValue, str]] = {
    "identified": (False, "somebody is recognised and agreed to this use"),
    "segments": ((), "the person's segments, from the centre"),
    # Habits keep one bit a trip, and 64 of them.
    "trips": (0, "trips that their habits know of, 64 at most"),
    "days_since_trip": (-1, "whole days since the latest earlier trip; -1 = none known"),
    "bought_categories": ((), "categories that they have bought before"),
    "churn_risk_pct": (-1, "chance that they have stopped coming, 0..100; -1 = not known"),
    "expected_trips": (0, "whole trips to be expected of them in the next 30 days"),
    "value_cents": (0, "what these are expected to spend, at today's prices"),
    "hour": (0, "0..23 on the store's wall clock"),
    "weekday": (1, "1 (Monday) to 7"),
    "daypart": ("", "morning, midday, afternoon, evening or night"),
    "zone": ("", "where the person or the screen is; empty = not known"),
    "placement": ("", "the placement to be filled"),
    "surface": ("", f"the class of its device: {_CLASSES}"),
    "basket_items": (0, "different products in the basket"),
    "basket_cents": (0, "what they cost, one piece of each, before offers"),
    "basket_categories": ((), "their categories"),
}
"""Name -> its value where nothing is known, and what it says. Nobody in particular has the first eight so."""


SOMEBODY: Mapping[str, ConditionValue] = {
    "identified": True,
    "segments": ("regular",),
    "trips": 12,
    "days_since_trip": 6,
    "bought_categories": ("milk", "bread"),
    "churn_risk_pct": 3,
    "expected_trips": 4,
    "value_cents": 14_000,
    "hour": 17,
    "weekday": 5,
    "daypart": "evening",
    "zone": "dairy",
    "placement": "kiosk-home",
    "surface": "kiosk",
    "basket_items": 3,
    "basket_cents": 1250,
    "basket_categories": ("milk",),
}
"""A made-up person on a made-up evening, by whom conditions are tried before anybody real is asked about."""


class Condition(Protocol):
    """An expression that was compiled."""

    @property
    def reads(self) -> frozenset[str]:
        """The facts it reads."""
        ...

    def holds(self, facts: Mapping[str, ConditionValue]) -> bool:
        """Whether it is true of ``facts``; one that cannot be told is not: an unknown audience is nobody."""
        ...
