"""What a device says back about a decision becomes a fact in the centre's words.

The signal handlers call it; what was said is learnt from and told to the centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.messages import Feedback, FeedbackAction, Play
from edge.decision.steps.signal import Signal
from edge.domain.decision import Decision
from edge.domain.event import StoreEvent
from edge.domain.ids import Sku, event_name

_NAMES: Mapping[FeedbackAction, str] = {
    FeedbackAction.VIEW: "Promotion Viewed",
    FeedbackAction.TOUCH: "Promotion Clicked",
    FeedbackAction.ACCEPT: "Recommendation Accepted",
    FeedbackAction.DECLINE: "Recommendation Declined",
    FeedbackAction.REDEEM: "Coupon Applied",
    FeedbackAction.DISMISS: "Recommendation Dismissed",
    FeedbackAction.NOT_FOR_ME: "Recommendation Rejected",
    FeedbackAction.SAID: "Associate Tip Used",
    FeedbackAction.RATE: "Experience Rated",
}


def played(signal: Signal, play: Play, decision: Decision, at: datetime) -> StoreEvent:
    """Proof that what was decided was on the screen. ``at`` is business time."""
    return _fact(
        signal,
        "Play Completed" if play.completed else "Play Interrupted",
        decision,
        at,
        creative_id=play.creative_id,
        duration_ms=play.duration_ms,
        products=[slot.sku for slot in decision.slots],
    )


def replied(signal: Signal, feedback: Feedback, decision: Decision, at: datetime) -> StoreEvent:
    """What a person did with it. ``at`` is business time."""
    # No product has an empty number: a reply to the whole screen names no offer.
    offer = next(
        (s.offer for s in decision.slots if s.sku == Sku(feedback.item_id or "")), None
    )
    return _fact(
        signal,
        _NAMES[feedback.action],
        decision,
        at,
        action=feedback.action.value,
        product_id=feedback.item_id,
        promotion_id=offer,
        value=feedback.value,
    )


def _fact(
    signal: Signal, name: str, decision: Decision, at: datetime, **properties: object
) -> StoreEvent:
    """One fact about a decision, carrying the decision's id so that a sale can be joined to it."""
    return StoreEvent(
        # Named by the signal, so that a repeated message is the same fact.
        id=event_name(signal.source, signal.id),
        name=name,
        at=at,
        source=signal.source,
        visit=decision.visit,
        token=decision.token,
        # In a long outage replies may be shed, so that sales and consents never are.
        must_keep=False,
        properties={
            "decision_id": decision.id,
            "placement": decision.placement,
            "surface": signal.surface,
            **{k: v for k, v in properties.items() if v is not None},
        },
    )
