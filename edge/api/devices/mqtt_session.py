"""A page's line over the real broker: a ``DeviceClient`` under the page's own account.

`page_connections` opens one for each page's device; what the page says then reaches intake over the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices.bus import Bus
from devices.client import DeviceClient
from devices.errors import BusUnavailable
from devices.line import BrokerLogin, LinkLimits
from devices.messages.down import OfferAnswer, Receipt, Show
from devices.messages.events import Data
from devices.messages.up import About, Ask, OfferAsk
from edge.api.devices.events import RECEIPT_S
from edge.api.devices.page_connections import Hear, PageBrokerLink
from edge.api.http.auth import Caller
from edge.api.http.errors import Closing, NoReceipt, NotProven
from edge.domain.clock import Clock

# MQTT's own words for an account that is not let in.
_REFUSED: Final = frozenset({"not authorized", "bad user name or password", "banned"})
# How often the line is looked at, and how long the broker has to let a page in.
_LOOK_S: Final = 0.1
_CONNECT_S: Final = 5.0
# A page waits for one receipt before it says the next thing; this many at once are no page.
_AT_ONCE: Final = 64
_ABOUT: Final = About(model="page", software="storeside")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is; with ``ca`` the line is encrypted and that file vouches for the broker."""

    host: str
    port: int
    ca: Path | None = None


class BrokerLine:
    """One page's device on the broker."""

    def __init__(self, client: DeviceClient, hear: Hear) -> None:
        self._client = client
        self._hear = hear
        self._sending: dict[str, asyncio.Task[Receipt]] = {}

    async def send(self, event_id: str, data: Data) -> Receipt:
        """Say ``data`` until its receipt; the same id twice at a time is said once.

        Raises ``NoReceipt`` after five seconds, ``Closing`` where too much waits already.
        """
        work = self._sending.get(event_id)
        if work is None:
            if len(self._sending) >= _AT_ONCE:
                raise Closing("too many events wait for their receipts")
            work = asyncio.create_task(self._client.send(data, id=event_id))
            self._sending[event_id] = work
            work.add_done_callback(lambda _work: self._sending.pop(event_id, None))
        try:
            async with asyncio.timeout(RECEIPT_S):
                # Not stopped with this request: the page's repeat finds the same work and gets its receipt.
                return await asyncio.shield(work)
        except TimeoutError:
            raise NoReceipt from None

    async def ask(self, ask: Ask) -> Show | None:
        """The answer, or None if none came within the asker's deadline."""
        return await self._client.ask(ask, ask.deadline_ms / 1000)

    async def ask_offer(self, ask: OfferAsk) -> OfferAnswer | None:
        """The answer to a till, or None if none came within its deadline."""
        return await self._client.ask_offer(ask)

    async def refused(self) -> None:
        """Return when the broker no longer takes the account; until then, tell when the link comes and goes."""
        link = PageBrokerLink.UP
        while True:
            await asyncio.sleep(_LOOK_S)
            now = PageBrokerLink.UP if self._client.bus.connected else PageBrokerLink.DOWN
            if now is not link:
                link = now
                self._hear(link)
            # Asked only while the line is down: one that is up was let in.
            if link is PageBrokerLink.DOWN and await _is_refused(self._client.bus):
                return

    def close(self) -> None:
        """Stop repeating what has no receipt; the page does that itself."""
        for work in tuple(self._sending.values()):
            work.cancel()


class BrokerLines:
    """Opens lines to one store's broker; fits the port ``Connect``."""

    def __init__(self, address: BrokerAddress, store: str, clock: Clock) -> None:
        self._address = address
        self._store = store
        self._clock = clock

    @asynccontextmanager
    async def __call__(
        self, caller: Caller, password: str, hear: Hear
    ) -> AsyncGenerator[BrokerLine]:
        """A line for as long as the context lasts. Raises ``NotProven`` or ``Closing`` on entering."""
        async with self._client(caller, password, hear) as client:
            await let_in(client.bus)
            hear(PageBrokerLink.UP)
            line = BrokerLine(client, hear)
            try:
                yield line
            finally:
                line.close()

    def _client(self, caller: Caller, password: str, hear: Hear) -> DeviceClient:
        address = self._address
        return DeviceClient(
            BrokerLogin(
                host=address.host,
                port=address.port,
                username=caller.device,
                password=password,
                ca=address.ca,
            ),
            self._store,
            caller.device_class,
            about=_ABOUT,
            on_show=hear,
            on_command=hear,
            on_context=hear,
            # Shorter than a device's usual half minute: somebody may be looking at the page.
            limits=LinkLimits(backoff_cap_s=5.0),
            clock=self._clock.now,
        )


async def let_in(bus: Bus) -> None:
    """Wait until the broker has let us in, or has said no."""
    began = asyncio.get_running_loop().time()
    while not bus.connected:
        if await _is_refused(bus):
            raise NotProven
        # The broker has said nothing: being away is no refusal of the password.
        if asyncio.get_running_loop().time() > began + _CONNECT_S:
            raise Closing("the broker is away")


async def _is_refused(bus: Bus) -> bool:
    """Whether the broker's latest word, within a moment, is that this account may not come in."""
    try:
        await bus.wait_connected(_LOOK_S)
    except BusUnavailable as error:
        return error.last.casefold() in _REFUSED
    return False
