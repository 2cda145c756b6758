"""What happens in the store, in words for the console: invented names, never a token.

The executor tells of facts, baskets and decisions; the console's stream hands them on. Nothing is prepared while
nobody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from edge.domain.basket import BasketLine, number_of
from edge.domain.customer import who
from edge.domain.decision import Decision
from edge.domain.event import StoreEvent
from edge.domain.ids import ItemKey, label
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.state.catalogue import CurrentCatalogue
from models.items import item_key

# Facts about a stay, and the phase the console knows them by.
_PHASES: Mapping[str, str] = {
    "Visit Started": "arrived",
    "Customer Identified": "identified",
    "Zone Entered": "zone",
    "Visit Ended": "ended",
}


_CONSENTS: Mapping[str, str] = {"Consent Granted": "grant", "Consent Withdrawn": "withdraw"}


class FeedSink(Protocol):
    """Where happenings go."""

    @property
    def listeners(self) -> int:
        """How many look."""
        ...

    def tell(self, name: str, data: Mapping[str, object]) -> None:
        """Hand one on; never waits."""
        ...


class ActivityFeed:
    """Puts happenings into words."""

    def __init__(self, feed: FeedSink, catalogue: CurrentCatalogue) -> None:
        self._feed = feed
        self._catalogue = catalogue

    @property
    def read(self) -> bool:
        """Whether anybody looks."""
        return self._feed.listeners > 0

    def fact(self, fact: StoreEvent, visit: Visit | None, now: datetime) -> None:
        """A stay's next phase, a play, an answer or a consent; other facts are left out."""
        phase, properties = _PHASES.get(fact.name), fact.properties
        if phase is not None and visit is not None:
            self._stay(phase, visit, now)
        elif fact.name.startswith("Play "):
            self._reply("play", fact, now)
        elif fact.name in _CONSENTS:
            self._reply("consent", fact, now, action=_CONSENTS[fact.name])
        elif "decision_id" in properties and "action" in properties:
            self._reply("feedback", fact, now)

    def _stay(self, phase: str, visit: Visit, now: datetime) -> None:
        self._feed.tell(
            "visit",
            {
                "at": _stamp(now),
                "visit": label(visit.id),
                "phase": phase,
                "who": who(visit.token),
                "method": visit.method.value,
                "zone": visit.zone,
                "reason": None if visit.ended is None else visit.ended.value,
            },
        )

    def decision(self, decision: Decision, surface: str, core_us: int, now: datetime) -> None:
        """What was decided, and how many lost to which rule."""
        # By rule only: those who lose are hundreds in every decision.
        lost = Counter(loser.rule.value for loser in decision.losers)
        self._feed.tell(
            "decision",
            {
                "at": _stamp(now),
                "decision_id": decision.id,
                "visit": None if decision.visit is None else label(decision.visit),
                "who": who(decision.token),
                "placement": decision.placement,
                "surface": surface,
                "kind": decision.kind.value,
                "items": [
                    {
                        "sku": slot.sku,
                        "headline": slot.headline,
                        "reason": slot.reason,
                        "offer_id": slot.offer,
                        "price_cents": slot.price_cents,
                    }
                    for slot in decision.slots
                ],
                "losers": dict(sorted(lost.items())),
                "core_ms": core_us / 1000,
            },
        )

    def basket(self, transition: Transition, hits: tuple[str, ...], now: datetime) -> None:
        """A transition's basket as it grows; ``hits`` are products in it that were recommended at arrival."""
        basket = transition.basket
        if basket is None or self._catalogue.in_force is None:
            return
        visit = next((v for v in transition.visits if v.id == basket.visit), None)
        # Of long ago: it is no part of what goes on here now.
        if transition.late:
            return
        lines = basket.lines if transition.paid else transition.bought
        self._feed.tell(
            "basket",
            {
                "at": _stamp(now),
                "visit": label(basket.visit),
                "who": who(None if visit is None else visit.token),
                "action": basket.state.value if basket.state.value != "open" else "add",
                "lines": [
                    {
                        "sku": line.sku,
                        "name": self._name(line),
                        "quantity": number_of(line.quantity),
                        "price_cents": line.price_cents,
                    }
                    for line in lines
                ],
                "total_cents": basket.total_cents,
                "hits": list(hits),
            },
        )

    def _name(self, line: BasketLine) -> str:
        product = self._catalogue.products.get(ItemKey(item_key(line.sku)))
        return f"Item {line.sku}" if product is None else product.name

    def _reply(self, name: str, fact: StoreEvent, now: datetime, **more: str) -> None:
        visit = None if fact.visit is None else label(fact.visit)
        told = {"at": _stamp(now), "visit": visit, "name": fact.name}
        self._feed.tell(name, {**told, **fact.properties, **more})


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
