"""Signal ``dwell``: a visit has stayed in one zone for another whole minute; says ``dwell_minutes``."""

from __future__ import annotations

from datetime import datetime

from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.domain.trigger import Occasion, TriggerEvent
from edge.domain.visit import Visit


def _dwelt(visit: Visit, at: datetime) -> Occasion | None:
    minutes = int(visit.dwell_s(at) // 60)
    if visit.zone is None or visit.zone_since is None or minutes < 1:
        return None
    # The key names the stay in the zone, not the minute: whoever was told of the third is not told of the fourth.
    return Occasion(
        signal=TriggerEvent.DWELL,
        key=f"{visit.id}/{visit.zone}/{visit.zone_since.isoformat()}",
        at=at,
        facts={"dwell_minutes": minutes},
    )


SIGNAL = TriggerSignal(event=TriggerEvent.DWELL, while_staying=_dwelt)
