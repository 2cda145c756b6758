"""Signal ``usual-day-missed``: yesterday was a person's usual day, and they did not come; says ``days_late``."""

from __future__ import annotations

from edge.campaigns.triggers.habits import PersonToday, missed_usual_day
from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.domain.trigger import Occasion, TriggerEvent


def _missed(today: PersonToday) -> Occasion | None:
    day = today.moment.day
    if not missed_usual_day(today.profile, day):
        return None
    return Occasion(
        signal=TriggerEvent.USUAL_DAY_MISSED,
        # The day that was missed: asked twice, it is the same occasion.
        key=str(day - 1),
        at=today.at,
        facts={"days_late": 1},
    )


SIGNAL = TriggerSignal(
    event=TriggerEvent.USUAL_DAY_MISSED, stayed_away=_missed, moot_once_they_come=True
)
