"""The connection of open pages: one line to the broker under their device's account, shared by all who watch it.

`page_gateway` asks for the connection at each request; `mqtt_session` opens the line that it holds.

The line is opened when a page shows the password, closed when nobody has watched for a while, and opened
again when the page is back. If the broker no longer takes the password, the page's sessions are over.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any, Final, Protocol

from devices.device_classes import DeviceClass
from devices.messages.down import Command, Context, OfferAnswer, Receipt, Show
from devices.messages.events import Data
from devices.messages.up import Ask, OfferAsk
from edge.api.http.auth import Caller
from edge.api.http.errors import Closing, NotProven
from edge.api.http.sse import ConsoleFeed, Happening
from edge.domain.clock import Clock
from edge.domain.ids import DeviceId

# A reload takes a second or two; a page that is gone for longer is told to the store as gone.
GRACE_S: Final = 30.0


class PageBrokerLink(StrEnum):
    """Whether the page's device reaches the broker."""

    UP = "up"
    DOWN = "down"


Hear = Callable[[Show | Command | Context | PageBrokerLink], None]
"""Takes what a device is told, in order; called in the loop and quick."""


class PageLine(Protocol):
    """A device's line to the broker."""

    async def send(self, event_id: str, data: Data) -> Receipt:
        """Say ``data`` until the service's receipt is there. Raises ``NoReceipt`` after five seconds."""
        ...

    async def ask(self, ask: Ask) -> Show | None:
        """The answer, or None if none came within the asker's deadline."""
        ...

    async def ask_offer(self, ask: OfferAsk) -> OfferAnswer | None:
        """The answer to a till, or None if none came within its deadline."""
        ...

    async def refused(self) -> None:
        """Return when the broker no longer takes the account."""
        ...


class Connect(Protocol):
    """Opens a line as a device."""

    def __call__(
        self, caller: Caller, password: str, hear: Hear
    ) -> AbstractAsyncContextManager[PageLine]:
        """A line for as long as the context lasts.

        Entering raises ``NotProven`` where the broker refuses the password, ``Closing`` where it is away.
        """
        ...


class PageConnection:
    """One device's pages: their line to the broker, what it was last told, and those who watch."""

    def __init__(
        self, caller: Caller, connect: Connect, clock: Clock, *, grace_s: float = GRACE_S
    ) -> None:
        self.caller = caller
        self.feed = ConsoleFeed()
        self._connect = connect
        self._clock = clock
        self._grace_s = grace_s
        self._link = PageBrokerLink.DOWN
        self._context: Context | None = None
        self._shown: Show | None = None
        self._password = ""
        self._line: PageLine | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._used_at = 0.0

    async def line(self, password: str) -> PageLine:
        """The line, opened if there is none. Raises ``NotProven`` or ``Closing``.

        A line that is up vouches for the password it was opened with; any other is judged by the broker,
        and a wrong one leaves the line alone.
        """
        self._used_at = asyncio.get_running_loop().time()
        # Many who come at once open one line, not one each.
        async with self._opening:
            # In constant time: here we answer in the broker's place.
            known = hmac.compare_digest(password.encode(), self._password.encode())
            if self._line is not None and known:
                return self._line
            return await self._open(password)

    def hear(self, word: Show | Command | Context | PageBrokerLink) -> None:
        """Remember what may be replayed, and tell everybody who watches."""
        if isinstance(word, PageBrokerLink):
            self._link = word
        elif isinstance(word, Context):
            self._context = word
        elif isinstance(word, Show) and word.kind != "personal":
            # Never anything personal: whoever opens the page again may be somebody else.
            self._shown = word
        self.feed.tell(*worded(word))

    def last(self) -> Iterable[Happening]:
        """What a page that comes back is told at once; never anything personal."""
        yield worded(self._link)
        if self._context is not None:
            yield worded(self._context)
        # What ended while nobody watched is not shown again.
        if self._shown is not None and self._shown.expires_at > self._clock.now():
            yield worded(self._shown)

    @property
    def link(self) -> PageBrokerLink:
        """Whether the line is up."""
        return self._link

    async def close(self) -> None:
        """End the streams and the line."""
        self.feed.close()
        if self._task is not None:
            self._task.cancel()
            # `wait` and not `await`: it raises nothing, and what ended the task was told to whoever opened it.
            await asyncio.wait({self._task})

    async def _open(self, password: str) -> PageLine:
        opened: asyncio.Future[PageLine] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            self._hold(password, opened), name=f"page {self.caller.device}"
        )
        either: set[asyncio.Future[Any]] = {task, opened}
        try:
            # Whichever is first: the line is up, or whatever kept it down has ended the task.
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # Who gives up while the line opens leaves no task behind.
            task.cancel()
            raise
        if not opened.done():
            opened.cancel()
            # Raises what kept the line from opening.
            task.result()
            raise Closing
        # The old line goes only now: a wrong password must leave it alone.
        before, self._task = self._task, task
        if before is not None:
            before.cancel()
        return opened.result()

    async def _hold(self, password: str, opened: asyncio.Future[PageLine]) -> None:
        """Keep one line for as long as somebody watches and the broker lets it be."""
        async with self._connect(self.caller, password, self.hear) as line:
            self._line, self._password = line, password
            opened.set_result(line)
            try:
                await self._until_left(line)
            finally:
                # Unless a newer line has taken its place already.
                if self._line is line:
                    self._line, self._password = None, ""
                    self.hear(PageBrokerLink.DOWN)

    async def _until_left(self, line: PageLine) -> None:
        """Return when nobody has watched for the grace time, or the account is gone."""
        refused = asyncio.ensure_future(line.refused())
        try:
            while self._watched():
                # Looked at ten times in a grace time, so a line stays a tenth too long at most.
                done, _ = await asyncio.wait({refused}, timeout=self._grace_s / 10)
                if done:
                    # Raises whatever broke the watch, where that was not the broker's no.
                    refused.result()
                    # The pages come back by themselves, and are refused by their old password.
                    self.feed.close()
                    return
        finally:
            refused.cancel()

    def _watched(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self.feed.listeners:
            self._used_at = now
        return now < self._used_at + self._grace_s


class Roster(Protocol):
    """Which devices there are."""

    async def find(self, device: str) -> Caller | None:
        """The device, or None."""
        ...


class PageConnections:
    """The connection of every device that has a page open; the fleet bounds their number."""

    def __init__(self, roster: Roster, connect: Connect, clock: Clock) -> None:
        self._roster = roster
        self._connect = connect
        self._clock = clock
        self._connections: dict[str, PageConnection] = {}

    async def open(self, device: str, password: str) -> tuple[PageConnection, PageLine]:
        """The device's connection with its line up. Raises ``NotProven`` or ``Closing``.

        A name that is not there is asked of the broker all the same, so that it cannot be told from one
        that is.
        """
        caller = await self._roster.find(device)
        if caller is None:
            stranger = self._connection(
                # Any class would do: the broker judges name and password alone.
                Caller(device=DeviceId(device), device_class=DeviceClass.DISPLAY)
            )
            try:
                await stranger.line(password)
            finally:
                await stranger.close()
            # Even where the broker let it in: who is not in the fleet stays out.
            raise NotProven
        connection = self._connections.setdefault(device, self._connection(caller))
        if connection.caller != caller:
            # Provisioned anew with another class or zone: whoever watches comes back to the new connection.
            await connection.close()
            connection = self._connections[device] = self._connection(caller)
        return connection, await connection.line(password)

    async def close(self) -> None:
        """End all of them."""
        for connection in self._connections.values():
            await connection.close()

    def _connection(self, caller: Caller) -> PageConnection:
        return PageConnection(caller, self._connect, self._clock)


def worded(word: Show | Command | Context | PageBrokerLink) -> Happening:
    """The word as a stream's event: its name and its data."""
    if isinstance(word, PageBrokerLink):
        return "link", {"link": word.value}
    data = word.model_dump(mode="json", exclude_none=True)
    if isinstance(word, Show):
        return "show", {**data, "title": data["slots"].get("title", "")}
    return ("cmd" if isinstance(word, Command) else "context"), data
