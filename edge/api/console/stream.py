"""The route of the console's stream: the store as it happens, with the overview every second.

An open console keeps it open; what the executor tells the feed goes out here.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from edge.api.http.auth import Guard
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.http.sse import ConsoleFeed, Happening, serve
from edge.api.services.overview import StoreOverview

_OVERVIEW_S: Final = 1.0


class StreamRoutes:
    """Streams happenings to consoles."""

    def __init__(self, guard: Guard, feed: ConsoleFeed, overview: StoreOverview) -> None:
        self._guard = guard
        self._feed = feed
        self._overview = overview

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this group."""
        return (
            Operation(
                method="GET",
                path="/v1/stream",
                name="watch",
                handler=self._stream,
                proof=Proof.CONSOLE,
                answers={200: ResponseSpec(says="The stream.", media="text/event-stream")},
            ),
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: visit, decision, basket, play, feedback, consent, overview."""
        await self._guard.console(request)
        outlet = self._feed.join()
        try:
            return await serve(request, outlet, (), tick=self._tick, tick_s=_OVERVIEW_S)
        finally:
            self._feed.leave(outlet)

    def _tick(self) -> Happening:
        return "overview", self._overview.now().model_dump(mode="json")
