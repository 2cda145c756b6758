"""What the store remembers, as the console is told it: decisions, visits, offers, bundles and triggers.

`edge.api.services.decision_records` and `edge.api.services.triggers` fill these shapes.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from devices.messages.fields import Cents, Time
from edge.api.views.response import ResponseView


class DecisionRecord(ResponseView):
    """One stored decision: its output, its inputs, its timing, and why in words (several lines)."""

    decision: dict[str, JsonValue]
    words: str
    inputs: dict[str, JsonValue]
    timing: dict[str, float]


class VisitView(ResponseView):
    """One stay; ``who`` is an invented name or ``anonymous``."""

    visit: str
    who: str
    method: str
    zone: str | None = None
    opened_at: Time
    seen_at: Time
    ended_at: Time | None = None
    ended: str | None = None


class OfferView(ResponseView):
    """One offer and whether it may be proposed now."""

    id: str
    headline: str
    category: str
    discount_cents: Cents
    starts_at: Time
    ends_at: Time
    campaign: str
    items: int
    live: bool


class ShelfView(ResponseView):
    """One model bundle on the shelf."""

    label: str
    digest: str
    active: bool
    created_at: Time | None = None


class TriggerView(ResponseView):
    """One version of a trigger. ``messages``: how many of its firings are in each state; nobody is named."""

    id: str
    version: int
    signal: str
    when: str
    reason: str
    refresh: str | None
    headline: str | None
    campaign: str | None
    published_at: Time
    in_force: bool
    messages: Mapping[str, int]
