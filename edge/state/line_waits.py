"""Questions that wait for a line of the till's: asked before the line was heard, answered once it is.

`edge.pipeline.decision_requests` lets a question wait here; the intake tells of every step of a basket that is taken.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.domain.ids import BasketId, DeviceId

# Baskets whose lines are kept in mind: those of a busy quarter of an hour.
_BASKETS = 500

Known = Callable[[], bool]
"""Whether what is waited for is there."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Wait:
    known: Known
    go: Callable[[], None]
    timer: asyncio.TimerHandle | None = None


class LineWaits:
    """Which lines each basket has told of, also those voided since, and who waits for one. Called in the loop."""

    def __init__(self) -> None:
        self._heard: OrderedDict[BasketId, set[str]] = OrderedDict()
        self._waits: dict[DeviceId, list[_Wait]] = {}

    def heard(self, device: DeviceId, basket: BasketId, lines: Iterable[str]) -> None:
        """A step of ``basket`` with these line ids was taken at ``device``: whoever waits there looks again."""
        self._heard.setdefault(basket, set()).update(lines)
        self._heard.move_to_end(basket)
        while len(self._heard) > _BASKETS:
            self._heard.popitem(last=False)
        waits = self._waits.get(device, [])
        for wait in [wait for wait in waits if wait.known()]:
            self._end(device, wait)

    def has(self, basket: BasketId, line: str) -> bool:
        """Whether ``basket`` has told of ``line``."""
        return line in self._heard.get(basket, ())

    def wait(
        self, device: DeviceId, known: Known, go: Callable[[], None], until: float
    ) -> None:
        """Call ``go`` once: when ``known`` holds after a step of this till, or at ``until`` by the loop's clock."""
        wait = _Wait(known=known, go=go)
        wait.timer = asyncio.get_running_loop().call_at(until, self._end, device, wait)
        self._waits.setdefault(device, []).append(wait)

    def _end(self, device: DeviceId, wait: _Wait) -> None:
        if wait.timer is not None:
            wait.timer.cancel()
        self._waits[device].remove(wait)
        if not self._waits[device]:
            del self._waits[device]
        wait.go()
