"""The demo's broker: a child process that is started again, on the same port, if it dies.

``opening`` starts it first, for everything else connects to it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.broker import BrokerChild
from devices.errors import BrokerFailed
from edge.lab.processes import OnRestart

# Long enough for the system to let go of the port.
_AGAIN_AFTER_S = 0.2


class Broker:
    """mosquitto with the fleet's accounts. ``restarts`` counts how often it died and was started again."""

    def __init__(self, folder: Path, on_restart: OnRestart) -> None:
        self.restarts = 0
        self._folder = folder
        self._on_restart = on_restart
        self._child = BrokerChild(folder)
        self._watch: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Where it listens, on the loopback."""
        return self._child.port

    async def __aenter__(self) -> Self:
        await self._child.__aenter__()
        self._watch = asyncio.create_task(self._keep(), name="watch broker")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Ended before the child is stopped, or it would start another one.
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        await self._child.__aexit__(kind, error, trace)

    async def _keep(self) -> None:
        while True:
            try:
                await self._child.ended()
            except BrokerFailed as failed:
                self.restarts += 1
                self._on_restart("broker", str(failed))
                await asyncio.sleep(_AGAIN_AFTER_S)
                # On the same port, for that is where every device looks for it.
                self._child = BrokerChild(self._folder, self.port)
                await self._child.__aenter__()
