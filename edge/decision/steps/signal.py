"""Step 1: a device's message becomes a signal whose time is the store's; one about who is where must be fresh.

The intake calls it first of all; a handler then makes a transition of it.

What was sold, shown, said or withdrawn is true however wrong the clock of its device is, and however late it comes:
it is never refused for its time. Only what says where somebody is *now* is worthless later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.messages import Ask, Data, Sighting, SignIn, UpEvent
from edge.domain.clock_offset import ClockOffset
from edge.domain.errors import SignalRefused
from edge.domain.ids import DeviceId

# Where somebody stood is worthless a minute later; who signed in, after five.
_SIGHTING_S = 60
_SIGN_IN_S = 300
_ASK_S = 30
# What must be fresh is believed from a clock that runs this far ahead of the store's.
_AHEAD_S = 120
# Less is no fault of a clock: networks differ by it.
_NOTHING_S = 5.0
# Ten times the longest outage promised: nothing waits longer in a queue, so the clock was wrong.
_LONGEST_QUEUE_S = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One message, taken: who sent it, when, and what it says.

    ``at`` is real time by the store's clock, ``told_at`` the same instant by the sender's; where the two are
    not the same clock's, ``time_repaired`` is set.
    """

    id: str
    source: str
    device: DeviceId
    surface: str
    at: datetime
    told_at: datetime
    time_repaired: bool
    data: Data


def accept(event: UpEvent, now: datetime, clock: ClockOffset | None = None) -> Signal:
    """Take a valid event at ``now`` (real time).

    Args:
        event: What was said.
        now: Real time.
        clock: How far the device's clock is off: for what must be fresh, as it was known before this event.

    Raises:
        SignalRefused: ``stale`` or ``from-the-future``, for a sighting, a sign-in or a question only.
    """
    # Real time on both sides: devices know nothing of a demo's recorded day.
    told_s = (now - event.time).total_seconds()
    limit_s = _fresh_s(event.data)
    age_s = _age_s(told_s, clock) if limit_s is None else _fresh_age_s(told_s, clock, limit_s)
    sender = event.topic
    repaired = abs(age_s - told_s) > _NOTHING_S
    return Signal(
        id=event.id,
        source=event.source,
        device=DeviceId(sender.device),
        surface=sender.device_class.value,
        at=now - timedelta(seconds=age_s) if repaired else event.time,
        told_at=event.time,
        time_repaired=repaired,
        data=event.data,
    )


def must_be_fresh(data: Data) -> bool:
    """Whether it is worthless when it comes late."""
    return _fresh_s(data) is not None


def _age_s(told_s: float, clock: ClockOffset | None) -> float:
    """How long ago a fact happened, which a device says was ``told_s`` ago."""
    # Who says that it is now is right, whatever its clock was until now: by chance no queue is so long.
    if abs(told_s) <= _NOTHING_S:
        return told_s
    # A clock that is behind looks like a queue until several messages have shown which of the two it is.
    age_s = told_s + (clock.ahead_s if clock is not None and clock.known else 0.0)
    # Neither from the future nor from another age: then all that is known is when it came.
    return age_s if 0 <= age_s <= _LONGEST_QUEUE_S else 0.0


def _fresh_age_s(told_s: float, clock: ClockOffset | None, limit_s: int) -> float:
    """The same where it must be fresh: only an offset that is known for sure counts for its sender.

    Otherwise what was kept by a clock that is ahead would look fresh again, by its own word.
    """
    age_s = told_s + (clock.ahead_s if clock is not None and clock.known else 0.0)
    if age_s > limit_s:
        raise SignalRefused("stale")
    if age_s < -_AHEAD_S:
        raise SignalRefused("from-the-future")
    return max(age_s, 0.0)


def _fresh_s(data: Data) -> int | None:
    """For how long it matters; None for what is true for ever."""
    match data:
        case Sighting():
            return _SIGHTING_S
        case SignIn():
            return _SIGN_IN_S
        case Ask():
            return _ASK_S
        case _:
            return None
