"""Long-running parts by name: started together, started again with growing waits, stopped together.

`edge.app.service` hands it every part; readiness asks whether all of them run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from edge.domain.errors import StorageFailed

Part = Callable[[], Awaitable[None]]

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
# A part that ran this long is well again: its next failure waits little.
_WELL_AFTER_S = 60.0

_log = structlog.get_logger(__name__)


class Supervisor:
    """Runs parts until it is cancelled. ``failures`` counts restarts by part."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self.failures = dict.fromkeys(parts, 0)
        self.running: set[str] = set()

    @property
    def healthy(self) -> bool:
        """Whether every part runs at this moment."""
        return len(self.running) == len(self._parts)

    async def run(self) -> None:
        """Run every part for ever.

        Raises:
            StorageFailed: from any part; nothing may go on without the disk.
        """
        async with asyncio.TaskGroup() as group:
            for name, part in self._parts.items():
                group.create_task(self._keep(name, part), name=name)

    async def _keep(self, name: str, part: Part) -> None:
        loop = asyncio.get_running_loop()
        wait_s = _FIRST_WAIT_S
        while True:
            began = loop.time()
            self.running.add(name)
            try:
                await part()
            except StorageFailed:
                raise
            except Exception as error:  # noqa: BLE001 - the one place: a part that fails is started again
                self.failures[name] += 1
                # The kind of error only: its text could repeat what a device sent.
                _log.warning(
                    "part failed", part=name, error=type(error).__name__, exc_info=False
                )
            finally:
                # Before it rests: a part that waits to be started again is not ready.
                self.running.discard(name)
            wait_s = _FIRST_WAIT_S if loop.time() - began > _WELL_AFTER_S else wait_s
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
