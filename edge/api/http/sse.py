"""Server-sent events: a bounded outlet for each open page, and the loop that writes it to the socket.

A reader who is slower than the store is cut off and comes back by itself; nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from aiohttp import web

Happening = tuple[str, Mapping[str, object]]
"""An event's name and its data, as JSON."""

MEDIA: Final = "text/event-stream"
HEARTBEAT_S: Final = 10.0
# A page draws a few events a second; this many behind, it will not catch up.
_BEHIND = 256
# One write may wait this long for the other side's window before the page counts as gone.
_WRITE_S = 10.0


class Outlet:
    """What waits to be written to one page. Full or closed, it ends for good."""

    def __init__(self, behind: int = _BEHIND) -> None:
        # Bounded in `put` and not by the queue: there must always be room for the end.
        self._waiting: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._behind = behind
        self.closed = False

    def put(self, name: str, data: Mapping[str, object]) -> None:
        """Hand over one event; an outlet that is too far behind is cut instead."""
        if self.closed:
            return
        if self._waiting.qsize() >= self._behind:
            self.close()
        else:
            self._waiting.put_nowait((name, data))

    def close(self) -> None:
        """No more events; what waits is dropped and the reader ends."""
        self.closed = True
        # What waits is of no use to a page that is cut: when it is back it is told the present.
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self, wait_s: float) -> Happening | None:
        """The next event, or None after ``wait_s`` or at the end; see ``closed``."""
        try:
            async with asyncio.timeout(wait_s):
                return await self._waiting.get()
        except TimeoutError:
            return None


class ConsoleFeed:
    """What happens in the store, told to every open console. Telling never waits."""

    def __init__(self) -> None:
        self._outlets: set[Outlet] = set()

    @property
    def listeners(self) -> int:
        """How many listen now; with none, nothing need be put into words."""
        return len(self._outlets)

    def tell(self, name: str, data: Mapping[str, object]) -> None:
        """Tell every listener; those cut for slowness are forgotten."""
        # A copy, because whoever is cut is taken out meanwhile.
        for outlet in tuple(self._outlets):
            outlet.put(name, data)
            if outlet.closed:
                self._outlets.discard(outlet)

    def join(self) -> Outlet:
        """A new listener's outlet."""
        outlet = Outlet()
        self._outlets.add(outlet)
        return outlet

    def leave(self, outlet: Outlet) -> None:
        """The listener is gone."""
        self._outlets.discard(outlet)

    def close(self) -> None:
        """End every stream: the service stops."""
        for outlet in self._outlets:
            outlet.close()
        self._outlets.clear()


def written(name: str, data: Mapping[str, object]) -> bytes:
    """One event as it goes over the wire; JSON has no bare line breaks, so one data line is enough."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"event: {name}\ndata: {text}\n\n".encode()


async def serve(
    request: web.Request,
    outlet: Outlet,
    first: Iterable[Happening],
    *,
    tick: Callable[[], Happening | None] = lambda: None,
    tick_s: float = HEARTBEAT_S,
) -> web.StreamResponse:
    """Write ``first`` and then whatever ``outlet`` gets, until either side ends.

    ``tick`` is asked every ``tick_s`` for an event of its own; without one, a comment keeps the line warm.
    """
    # Proxies such as nginx would hold events back until a buffer is full.
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = MEDIA
    response.charset = "utf-8"
    await response.prepare(request)
    try:
        for happening in first:
            await _write(response, written(*happening))
        await _pump(response, outlet, tick, tick_s)
    except (ConnectionError, TimeoutError):
        # The page is gone or hangs; it opens a new stream when it is back.
        outlet.close()
    return response


async def _pump(
    response: web.StreamResponse,
    outlet: Outlet,
    tick: Callable[[], Happening | None],
    tick_s: float,
) -> None:
    loop = asyncio.get_running_loop()
    # Due at once: a console's stream begins with the overview.
    due = loop.time()
    while not outlet.closed:
        if loop.time() >= due:
            due = loop.time() + tick_s
            own = tick()
            # A line that begins with a colon is a comment, which wakes no script.
            await _write(response, b":\n\n" if own is None else written(*own))
        happening = await outlet.next(due - loop.time())
        if happening is not None:
            await _write(response, written(*happening))


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(_WRITE_S):
        await response.write(data)
