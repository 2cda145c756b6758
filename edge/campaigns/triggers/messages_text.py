"""What a trigger that fires says, and where: the words of a message, or the place that is decided anew.

The engine makes rows by it; the scheduler, when a message is sent to somebody who is here, the notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from edge.campaigns.triggers.matching import FiredTrigger
from edge.domain.catalogue import Product
from edge.domain.consent import Purpose
from edge.domain.currency import StoreCurrency
from edge.domain.ids import Token
from edge.domain.placement import PLACEMENTS, surface_of
from edge.domain.transitions.transition import ContentRequest, session_requests
from edge.domain.trigger import MessageState, SuppressionReason, TriggerMessage, message_id
from edge.domain.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenNotice:
    """Words that stand on a person's own screens until the real instant ``until``, while ``purpose`` holds."""

    headline: str
    text: str
    reason: str
    purpose: Purpose
    until: datetime


def message_of(
    fired: FiredTrigger, token: Token, product: Product | None, currency: StoreCurrency
) -> TriggerMessage:
    """The row of this firing; of a trigger without words, one of which nothing waits."""
    trigger, occasion = fired.trigger, fired.occasion
    words = trigger.message
    message = TriggerMessage(
        id=message_id(trigger.id, token, occasion.key),
        token=token,
        trigger=trigger.id,
        version=trigger.version,
        occasion=occasion.key,
        purpose=trigger.purpose,
        reason=_filled(trigger.reason, product, currency),
        fired_at=occasion.at,
        due_at=fired.term.due_at,
        expires_at=fired.term.ends_at,
        item=occasion.item,
    )
    if words is None:
        return replace(message, state=MessageState.SHOWN)
    return replace(
        message,
        headline=_filled(words.headline, product, currency),
        text=_filled(words.text, product, currency),
        offer=words.offer,
    )


def withheld(message: TriggerMessage) -> TriggerMessage:
    """The same for somebody who is held out: counted, and never said."""
    return replace(
        message, state=MessageState.WITHHELD, suppressed_by=SuppressionReason.HELD_OUT
    )


def wants_at(placement: str | None, visit: Visit) -> tuple[ContentRequest, ...]:
    """Wishes by which ``visit`` sees new content at ``placement``, or, without one, on the screen of its session."""
    if placement is None:
        return session_requests(visit)
    # Associates' tablets are found by the zone; a kiosk is the one at which the person signed in.
    if surface_of(PLACEMENTS[placement].surface).associate:
        return (ContentRequest(placement=placement, visit=visit.id, zone=visit.zone),)
    if visit.kiosk is None:
        return ()
    return (ContentRequest(placement=placement, visit=visit.id, device=visit.kiosk),)


def _filled(text: str, product: Product | None, currency: StoreCurrency) -> str:
    """``text`` with the product's name and price in their places; of no product in particular, "it"."""
    name = "it" if product is None else product.name
    price = "" if product is None else currency.words(product.price_cents)
    # Replaced, not formatted: other braces in a marketer's text mean nothing.
    return text.replace("{product}", name).replace("{price}", price)
