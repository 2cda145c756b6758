"""Step 10: a filled decision becomes the message that a device understands.

The executor, and whoever answers a question, call it when the decision is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import JsonValue

from devices.errors import Refusal
from devices.messages import ItemDiscount, Show, ShowItem
from edge.domain.decision import ContentKind, Decision, Slot
from edge.domain.discount import OfferDiscount
from edge.domain.headcount import FRESH
from edge.domain.ids import DecisionId, OfferId
from edge.domain.placement import PLACEMENTS, Placement

NOWHERE = "none"
"""Stands for a placement, or its template, where the store has none."""

# As long as a till's own content.
_LIVES_S = 30
# The broker drops personal content after this long, whatever a placement says.
_PERSONAL_LIVES_S = 60
# On a public screen it is good as long as the word that nobody else is there.
_COMPANY_S = int(FRESH.total_seconds())


class Unanswered(NamedTuple):
    """Why a question is not answered, and which of its fields was wrong."""

    reason: Refusal
    field: str | None = None


def address(decision: Decision, now: datetime, slots: Mapping[str, JsonValue]) -> Show:
    """The message for one screen.

    Args:
        decision: What was decided; its own times are business time.
        now: Real time, from which the screen counts the content's life.
        slots: What the placement adds to the title: greeting, zone, talking point.
    """
    placement = PLACEMENTS[decision.placement]
    return Show(
        decision_id=decision.id,
        placement=decision.placement,
        kind=decision.kind.value,
        template=placement.template,
        slots={"title": decision.title, **slots},
        items=tuple(_item(slot) for slot in decision.slots),
        expires_at=now + timedelta(seconds=_lives_s(decision.kind, placement)),
        config=decision.catalogue[:16],
        # Proof of play names a creative: a list without one goes by its template.
        creative_id=next(
            (slot.creative for slot in decision.slots if slot.creative),
            f"{placement.template}-1",
        ),
        freshness={name: rung.value for name, rung in sorted(decision.rungs.items())},
    )


def nothing(
    decision: DecisionId,
    placement: Placement | None,
    now: datetime,
    config: str,
    why: Unanswered,
) -> Show:
    """The answer when there is none: no items, and the reason. A till goes on without.

    Without a ``placement`` the store has no such one, or none could be read; what was sent is not repeated.
    """
    return Show(
        decision_id=decision,
        placement=NOWHERE if placement is None else placement.name,
        kind=ContentKind.FALLBACK.value,
        template=NOWHERE if placement is None else placement.template,
        slots={},
        expires_at=now
        + timedelta(seconds=_LIVES_S if placement is None else placement.lives_s),
        config=config[:16] or NOWHERE,
        # Absent rather than false: the contract has it only where time ran out.
        late=why.reason is Refusal.LATE or None,
        reason=why.reason,
        field=why.field,
    )


def _lives_s(kind: ContentKind, placement: Placement) -> int:
    if kind is ContentKind.PERSONAL:
        return min(placement.lives_s, _COMPANY_S if placement.public else _PERSONAL_LIVES_S)
    return placement.lives_s


def told(
    offer: OfferId | None, discount: OfferDiscount | None, currency: str | None
) -> ItemDiscount | None:
    """A discount as a till is told it; None without one, as in decisions from before there was any."""
    if offer is None or discount is None:
        return None
    return ItemDiscount(
        offer_id=offer,
        kind=discount.kind.value,
        amount=discount.amount,
        currency=currency or None,
        max=discount.max,
        per=discount.per,
        code=discount.code,
    )


def _item(slot: Slot) -> ShowItem:
    return ShowItem(
        item_id=slot.sku,
        offer_id=slot.offer,
        headline=slot.headline,
        reason=slot.reason,
        price_cents=slot.price_cents,
        was_cents=slot.was_cents,
        discount=told(slot.offer, slot.discount, slot.currency),
        badge=slot.badge,
        code=slot.code,
        text=slot.text,
        image=slot.image,
        disclaimer=slot.disclaimer,
    )
