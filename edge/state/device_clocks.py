"""How far each device's clock is off, as its own messages show; in memory, learned anew after a restart.

The intake notes the time in every message and asks before it judges one; metrics and the console's list ask too.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime

from devices.messages import Ask, UpEvent
from edge.decision.steps.signal import must_be_fresh
from edge.domain.clock import Clock
from edge.domain.clock_offset import ClockOffset, OffsetEstimate
from edge.domain.ids import DeviceId

# Beyond a large store's screens and a full day's phones; whoever was silent longest is forgotten first.
_KEPT = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DeviceClocks:
    """An estimate for each device, against the loop's clock: a jump of the store's own leaves it untouched."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._estimates: OrderedDict[DeviceId, OffsetEstimate] = OrderedDict()

    def note(
        self, device: DeviceId, told: datetime, steady_s: float, *, live: bool = False
    ) -> None:
        """A message of ``device`` that came at ``steady_s`` by the loop's clock says that it was ``told``.

        ``live``: it was sent at that very instant, not kept for later.
        """
        estimate = self._estimates.setdefault(device, OffsetEstimate())
        self._estimates.move_to_end(device)
        estimate.note(_seconds(told), steady_s, live=live)
        while len(self._estimates) > _KEPT:
            self._estimates.popitem(last=False)

    def heard(self, event: UpEvent, steady_s: float) -> ClockOffset | None:
        """Note the time in ``event``, which came at ``steady_s``, and say by what clock it is to be judged.

        What must be fresh is judged by what was known before it: its own word is no proof of its own age.
        """
        device = DeviceId(event.topic.device)
        before = self.offset(device)
        # Nobody keeps a question for later.
        is_live = isinstance(event.data, Ask)
        self.note(device, event.sent or event.time, steady_s, live=is_live)
        return before if must_be_fresh(event.data) else self.offset(device)

    def offset(self, device: DeviceId) -> ClockOffset | None:
        """How far the device's clock is off now; None where nothing was heard of it."""
        estimate = self._estimates.get(device)
        steady_s = asyncio.get_running_loop().time()
        return (
            None
            if estimate is None
            else estimate.against(_seconds(self._clock.now()), steady_s)
        )

    def all(self) -> Mapping[DeviceId, ClockOffset]:
        """Every device that was heard of."""
        found = {device: self.offset(device) for device in self._estimates}
        return {device: one for device, one in found.items() if one is not None}


def _seconds(at: datetime) -> float:
    return (at - _EPOCH).total_seconds()
