"""Real lines for simulated devices: each station is a device client of its own account at the store's broker.

The demo hands it to the replay, which opens a line for each station through it.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from devices.client import DeviceClient
from devices.line import BrokerLogin
from devices.messages import About, Ask, Command, Data, Receipt, Show
from devices.simulator.floor import Spot

# A till answers its customer after this long, with or without us: the deadline asked for plus the way back.
_ALLOWANCE_S = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLines:
    """Opens the line of any device of the plan. ``passwords`` are by account name."""

    store: str
    host: str
    port: int
    passwords: Mapping[str, str]

    @asynccontextmanager
    async def __call__(
        self, spot: Spot, on_show: Callable[[Show], None], on_command: Callable[[Command], None]
    ) -> AsyncGenerator["DeviceLine"]:
        """One device, connected and introduced."""
        access = BrokerLogin(
            host=self.host,
            port=self.port,
            username=spot.name,
            password=self.passwords[spot.name],
        )
        about = About(model="simulated", software="storeside", zone=spot.zone)
        async with DeviceClient(
            access,
            self.store,
            spot.device_class,
            about=about,
            on_show=on_show,
            on_command=on_command,
        ) as client:
            await client.bus.wait_connected()
            yield DeviceLine(client)


class DeviceLine:
    """A device client as the station uses it."""

    def __init__(self, client: DeviceClient) -> None:
        self._client = client

    async def send(self, data: Data, *, event_id: str) -> Receipt:
        """Say it until the receipt."""
        return await self._client.send(data, id=event_id)

    async def ask(self, ask: Ask) -> Show | None:
        """Ask, and go on without an answer once the time is over."""
        show = await self._client.ask(ask, ask.deadline_ms / 1000 + _ALLOWANCE_S)
        # Without items, for the time was over: the till has gone on.
        return None if show is None or show.late else show
