"""One decision on its way to screens: for whom, on which devices, and what a private screen is told beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from edge.deciding import Made
from edge.domain.customer import greeting_alias
from edge.domain.ids import DeviceId, VisitId, label
from edge.domain.placement import ARRIVAL, Placement
from edge.domain.visit import Visit
from edge.people import Person
from edge.storage.exposures import Exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Content that is wanted: for how many items, in which zone, on which devices (none: an answer)."""

    placement: Placement
    limit: int
    zone: str | None = None
    devices: tuple[DeviceId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One decision on its way to screens."""

    made: Made
    placement: Placement
    devices: tuple[DeviceId, ...]
    person: Person | None
    visit: Visit | None


def private_slots(
    shown: Shown, at: datetime, ticket: Callable[[VisitId], str]
) -> dict[str, JsonValue]:
    """What a private screen is told beside the items: whom it may greet, what an associate should know.

    Args:
        shown: The decision; nothing personal comes of one without a person or on a public screen.
        at: Business time.
        ticket: Signs the one-use ticket by which a kiosk hands the visit over to the shopper's phone.
    """
    visit, token = shown.visit, shown.made.decision.token
    if visit is None or token is None or shown.placement.public:
        return {}
    slots: dict[str, JsonValue] = {"greeting": greeting_alias(token)}
    if shown.placement.surface == "kiosk":
        slots["ticket"] = ticket(visit.id)
    if shown.placement.surface == "tablet":
        slots |= _for_an_associate(shown, visit, at)
    return slots


def _for_an_associate(shown: Shown, visit: Visit, at: datetime) -> dict[str, JsonValue]:
    first = next(iter(shown.made.decision.slots), None)
    return {
        "visit": label(visit.id),
        "zone": visit.zone,
        "method": visit.method.value,
        "talking_point": "" if first is None else f"How about {first.headline}?",
        "avoid": "Do not mention how often or when they shop.",
        "dwell_s": int(visit.dwell_s(at)),
    }


def exposures_of(shown: Shown) -> list[Exposure]:
    """The offers that this puts before a person: what caps count, each once however many items carry it.

    The arrival list has no screen.
    """
    decision = shown.made.decision
    if decision.token is None or shown.placement.name == ARRIVAL:
        return []
    offers = dict.fromkeys(c.offer for c in decision.choices if c.offer is not None)
    return [
        Exposure(
            token=decision.token,
            offer=offer,
            surface=shown.placement.surface,
            at=decision.at,
            decision=decision.id,
        )
        for offer in offers
    ]
