"""Step 1: a device's message becomes a signal, or is refused because it comes too late or too early.

The intake calls it first of all; a handler then makes a transition of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from devices.messages import Ask, Data, Sighting, SignIn, UpEvent
from edge.domain.errors import SignalRefused
from edge.domain.ids import DeviceId

# Where somebody stood is worthless a minute later; who signed in, after five.
_SIGHTING_S = 60
_SIGN_IN_S = 300
_ASK_S = 30
# What was sold, shown, said or withdrawn is true however late it comes; three days are the longest outage promised.
_FACT_S = 72 * 3600
# A device's clock may run this far ahead of the store's.
_AHEAD_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One message, taken: who sent it, when, and what it says. ``at`` is the sender's real time."""

    id: str
    source: str
    device: DeviceId
    surface: str
    at: datetime
    data: Data


def accept(event: UpEvent, now: datetime) -> Signal:
    """Take a valid event whose time makes sense at ``now`` (real time).

    Raises:
        SignalRefused: ``stale`` or ``from-the-future``.
    """
    # Real time on both sides: devices know nothing of a demo's recorded day.
    age_s = (now - event.time).total_seconds()
    if age_s > _limit_s(event.data):
        raise SignalRefused("stale")
    if age_s < -_AHEAD_S:
        raise SignalRefused("from-the-future")
    sender = event.topic
    return Signal(
        id=event.id,
        source=event.source,
        device=DeviceId(sender.device),
        surface=sender.device_class.value,
        at=event.time,
        data=event.data,
    )


def _limit_s(data: Data) -> int:
    match data:
        case Sighting():
            return _SIGHTING_S
        case SignIn():
            return _SIGN_IN_S
        case Ask():
            return _ASK_S
        case _:
            return _FACT_S
