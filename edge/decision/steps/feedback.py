"""What a device says back about a decision becomes a fact in the centre's words.

The signal handlers call it; what was said is learnt from and told to the centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.errors import Refusal
from devices.messages import Feedback, FeedbackAction, Play
from edge.decision.steps.signal import Signal
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.ids import Sku, event_name

# Two instants of one device: its screen and its sender may read a clock apart.
_ROUNDING_S = 3.0
# Two clocks, of which one is right to some seconds as far as the store can see.
_CLOCKS_S = 10.0
# A screen is given something new every few minutes; nobody watches one picture for longer.
_LONGEST_PLAY_S = 3600.0

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


def check_play(signal: Signal, play: Play, decided_s: float) -> None:
    """Whether a display can have played what it says: begun after the decision, for no longer than until now.

    Args:
        signal: The proof; its own two times are of one clock, so they are held against each other.
        play: What it says.
        decided_s: Real seconds since the decision, as the store counts them.

    Raises:
        SignalRefused: ``play-time``, with the field that cannot be.
    """
    began_s = (signal.told_at - play.started_at).total_seconds()
    if not -_ROUNDING_S <= began_s <= decided_s + _CLOCKS_S:
        raise SignalRefused(Refusal.PLAY_TIME.value, field="started_at")
    if play.duration_ms / 1000 > min(began_s + _ROUNDING_S, _LONGEST_PLAY_S):
        raise SignalRefused(Refusal.PLAY_TIME.value, field="duration_ms")


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
