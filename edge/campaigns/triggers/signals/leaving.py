"""Signal ``leaving``: a stay has ended; says how it ``ended``: paid, signed-out or idle."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal, facts_named, occasion_of
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import EndReason, Visit

# At the other ends nobody leaves: two visits became one, or a consent was taken back.
_LEFT = frozenset({EndReason.PAID, EndReason.SIGNED_OUT, EndReason.IDLE})


def _left(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    if visit.ended is None or visit.ended not in _LEFT:
        return
    for fact in facts_named("Visit Ended", transition, visit):
        yield occasion_of(TriggerEvent.LEAVING, fact, str(visit.id), ended=visit.ended.value)


SIGNAL = TriggerSignal(event=TriggerEvent.LEAVING, in_transition=_left, about_basket=True)
