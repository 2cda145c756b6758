"""Signal ``arrival``: somebody who agreed to it has been recognised in this visit."""

from __future__ import annotations

from collections.abc import Iterator

from edge.campaigns.triggers.signals.signal import TriggerSignal, facts_named, occasion_of
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit


def _recognised(transition: Transition, visit: Visit) -> Iterator[Occasion]:
    for fact in facts_named("Customer Identified", transition, visit):
        # The visit is the key: recognised twice in it, somebody has arrived once.
        yield occasion_of(TriggerEvent.ARRIVAL, fact, str(visit.id))


SIGNAL = TriggerSignal(event=TriggerEvent.ARRIVAL, in_transition=_recognised)
