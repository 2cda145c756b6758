"""Signal ``anniversary``: a person bought a product at this time last year, and at no other."""

from __future__ import annotations

from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.domain.trigger import Occasion, TriggerEvent
from models.serving.ranker import ANNIVERSARY


def _as_a_year_ago(today: PersonToday) -> Occasion | None:
    return today.occasion(TriggerEvent.ANNIVERSARY, ANNIVERSARY)


SIGNAL = TriggerSignal(event=TriggerEvent.ANNIVERSARY, due=_as_a_year_ago)
