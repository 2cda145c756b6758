"""Passwords of devices that speak HTTP, judged by the broker: the one authority over accounts.

The guard asks it for every request by Basic or with the console's key; a line is opened and closed again for the
answer.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from devices.bus import Bus
from devices.line import BrokerLogin, Inbound
from devices.topics import NAME
from edge.api.devices.mqtt_session import BrokerAddress, let_in
from edge.api.devices.page_connections import Roster
from edge.api.http.auth import Caller
from edge.api.http.errors import NotProven

# A till that asks for each line need not log in each time, and a revoked device is out within this time.
_REMEMBERED_S: Final = 4.0
_MOST: Final = 1024


class BrokerCredentials:
    """Judges by logging in as the device, without a word as it; fits the port ``Credentials``.

    Only keyed digests of names and passwords are remembered, and only of those that were right.
    """

    def __init__(
        self,
        address: BrokerAddress,
        roster: Roster,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._roster = roster
        self._now = now
        # Drawn at each start: no digest in here means anything to another process.
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    async def check(self, device: str, password: str) -> Caller | None:
        """The device, or None for a wrong password, an unknown name and a revoked device alike.

        Raises ``Closing`` where the broker is away.
        """
        digest = hmac.digest(self._key, f"{device}\x00{password}".encode(), hashlib.sha256)
        caller, until = self._known.get(digest, (None, 0.0))
        if self._now() < until:
            return caller
        caller = await self._judged(device, password)
        if caller is not None:
            self._remember(digest, caller)
        return caller

    async def _judged(self, device: str, password: str) -> Caller | None:
        # Signs such as + and # have a meaning to the broker and stand in no device's name.
        if not NAME.fullmatch(device):
            return None
        # Looked up before and answered after the broker: a stranger's name takes as long as a device's.
        caller = await self._roster.find(device)
        address = self._address
        access = BrokerLogin(
            host=address.host,
            port=address.port,
            username=device,
            password=password,
            ca=address.ca,
        )
        try:
            async with Bus(access, on_message=_unheard) as bus:
                await let_in(bus)
        except NotProven:
            # `Closing` passes through: a broker that is away has refused nobody.
            return None
        return caller

    def _remember(self, digest: bytes, caller: Caller) -> None:
        self._known[digest] = (caller, self._now() + _REMEMBERED_S)
        self._known.move_to_end(digest)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)


def _unheard(_message: Inbound) -> None:
    """Nothing is subscribed, so nothing comes."""
