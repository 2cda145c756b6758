"""A line that misbehaves: it passes everything, nothing, drops, cuts or loses answers, as it is told."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self

from edge.lab.processes import LOOPBACK

_CHUNK = 65_536
_SLOW_BYTES = 200
_SLOW_S = 0.2


class Mood(StrEnum):
    """What the line does to everything on it, also to connections that are open."""

    OPEN = "open"
    BLACK_HOLE = "black hole"
    SLOW = "1 kB/s"
    RESET = "reset"
    LOSES_ANSWERS = "answers lost"


class Proxy:
    """Listens on ``port`` inside ``async with`` and passes on to ``upstream``, in its present ``mood``."""

    def __init__(self) -> None:
        self.mood = Mood.OPEN
        self._flows = asyncio.Event()
        self._flows.set()
        self.upstream = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._lines = set[asyncio.Task[None]]()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def turn(self, mood: Mood) -> None:
        """Take another mood."""
        self.mood = mood
        if mood is Mood.BLACK_HOLE:
            self._flows.clear()
        else:
            self._flows.set()

    async def _accepted(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._lines.add(task)
            task.add_done_callback(self._lines.discard)
        with suppress(OSError):
            await self._line(reader, writer)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        behind, beyond = await asyncio.open_connection(LOOPBACK, self.upstream)
        there = asyncio.create_task(self._pass(reader, beyond, answers=False))
        back = asyncio.create_task(self._pass(behind, writer, answers=True))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            for end in (writer, beyond):
                _hang_up(end, hard=self.mood is Mood.RESET)

    async def _pass(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        """Carry bytes until either end has gone or the mood ends it."""
        while data := await source.read(_CHUNK):
            await self._flows.wait()
            if self.mood is Mood.RESET or (answers and self.mood is Mood.LOSES_ANSWERS):
                return
            await self._carry(data, to)

    async def _carry(self, data: bytes, to: asyncio.StreamWriter) -> None:
        while data:
            size = _SLOW_BYTES if self.mood is Mood.SLOW else len(data)
            to.write(data[:size])
            await to.drain()
            data = data[size:]
            if data:
                await asyncio.sleep(_SLOW_S)


def _hang_up(end: asyncio.StreamWriter, *, hard: bool) -> None:
    """Close one end; hard is with a reset, as a machine does that has just come up again."""
    found: socket.socket | None = end.get_extra_info("socket")
    if hard and found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
