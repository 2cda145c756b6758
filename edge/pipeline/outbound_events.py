"""What the centre is told of decisions and facts, and under whose name: only where the person agreed to sharing.

The executor asks while it puts a change set together; the events wait in the outbox for the uplink.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from edge.domain.consent import Purpose
from edge.domain.currency import StoreCurrency
from edge.domain.decision import Decision, RejectedCandidate, Rule
from edge.domain.event import StoreEvent

# These are the person's own word on their data; they reach the centre under the token whatever was shared.
_ABOUT_CONSENT = frozenset({"Consent Granted", "Consent Withdrawn", "Customer Enrolled"})
_SOURCE = "storeside"


def addressed(fact: StoreEvent, purposes: frozenset[Purpose]) -> StoreEvent:
    """``fact`` under its token if the person agreed to sharing or it is about consent, else without."""
    if Purpose.SHARE in purposes or fact.name in _ABOUT_CONSENT:
        return fact
    return replace(fact, token=None)


def priced(fact: StoreEvent, currency: StoreCurrency) -> StoreEvent:
    """``fact`` with the currency of its amounts, by the name that the centre's own events have for it."""
    told = fact.properties
    # Of a decision only numbers of products are told; lines of a basket have prices.
    products = cast("list[object]", told.get("products", []))
    lines = any(isinstance(line, Mapping) for line in products)
    if "currency" in told or not (lines or any(name.endswith("_cents") for name in told)):
        return fact
    return replace(fact, properties={**told, "currency": currency.code})


def decided(decision: Decision) -> StoreEvent:
    """The decision as the centre hears it; the whole record stays in the store."""
    # Losers with an offer only: of products hundreds lose in every decision.
    lost = [loser for loser in decision.losers if loser.offer is not None]
    return StoreEvent(
        id=f"{decision.id}.made",
        name="Decision Made",
        at=decision.at,
        source=_SOURCE,
        visit=decision.visit,
        token=decision.token,
        properties={
            "decision_id": decision.id,
            "placement": decision.placement,
            "kind": decision.kind.value,
            "arm": decision.arm,
            "model": decision.model,
            "products": [slot.sku for slot in decision.slots],
            "promotions": [slot.offer for slot in decision.slots if slot.offer is not None],
            "suppressed": _by_rule(lost),
        },
    )


def _by_rule(lost: list[RejectedCandidate]) -> dict[str, list[str]]:
    """Offers that a rule took away, each once: ghost exposures of people held out among them."""
    found = dict[Rule, set[str]]()
    for loser in lost:
        if loser.offer is not None:
            found.setdefault(loser.rule, set()).add(loser.offer)
    return {rule.value: sorted(offers) for rule, offers in sorted(found.items())}
