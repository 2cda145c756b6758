"""Signal ``resupply-due``: by the rhythm of their own purchases a person is due for a product today."""

from __future__ import annotations

from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.domain.trigger import Occasion, TriggerEvent
from models.serving.ranker import RESUPPLY


def _used_up(today: PersonToday) -> Occasion | None:
    return today.occasion(TriggerEvent.RESUPPLY_DUE, RESUPPLY)


SIGNAL = TriggerSignal(event=TriggerEvent.RESUPPLY_DUE, due=_used_up)
