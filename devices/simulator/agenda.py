"""What will happen in the store, in order of store time; what is planned can still be called off.

The replay fills it from its scripts, stations add their answers, and what is due is said by its device.
"""

import heapq
from collections.abc import Iterable
from datetime import datetime

from devices.simulator.script import ScriptedMessage


class Agenda:
    """Acts by time; those of one instant come in the order in which they were planned."""

    def __init__(self) -> None:
        # The number settles equal times, in the order of planning.
        self._heap: list[tuple[datetime, int]] = []
        self._acts: dict[int, ScriptedMessage] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._acts)

    def put(self, act: ScriptedMessage) -> int:
        """Plan ``act``; the number that calls it off."""
        self._number += 1
        self._acts[self._number] = act
        # The heap holds times and numbers only: an act is called off by leaving the dict.
        heapq.heappush(self._heap, (act.at, self._number))
        return self._number

    def put_all(self, acts: Iterable[ScriptedMessage]) -> None:
        """Plan several."""
        for act in acts:
            self.put(act)

    def call_off(self, number: int) -> bool:
        """Forget a planned act; False if it was taken already."""
        return self._acts.pop(number, None) is not None

    def next_at(self) -> datetime | None:
        """When the next act is due, if there is one."""
        while self._heap and self._heap[0][1] not in self._acts:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_until(self, at: datetime) -> list[ScriptedMessage]:
        """Every act due at ``at`` or earlier, in order; they are planned no more."""
        taken = list[ScriptedMessage]()
        while (next_at := self.next_at()) is not None and next_at <= at:
            taken.append(self._acts.pop(heapq.heappop(self._heap)[1]))
        return taken
