"""The life of a small shop over MQTT: tills, kiosks, a poster, a tablet and a beacon, all repeating until receipts."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Self

from ulid import ULID

from devices.accounts import NewDevice
from devices.client import DeviceClient
from devices.device_classes import DeviceClass
from devices.line import LinkLimits
from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Beacon,
    Consent,
    Data,
    Feedback,
    FeedbackAction,
    Line,
    Play,
    Purpose,
    Show,
    Sighting,
    SignIn,
    SignOut,
)
from edge.lab.bench.bench_store import STORE, BenchStore
from edge.lab.bench.catalogue import NOTICE, loyalty
from tests.faults.diary import Diary
from tests.faults.luck import luck

ZONE = "grocery"
CUSTOMERS = 40
PRODUCTS = 300

# Short waits, so that a fault shows itself within the campaign; a real device waits two seconds.
_REPEAT_S = 0.2
# Its waits double; begun anew this often, so that there is load again right after a start.
_AFRESH_S = 0.5
_PATIENT = LinkLimits(backoff_first_s=0.05, backoff_cap_s=0.5)
_ASK_WITHIN_S = 1.0
_THINKS_S = 0.01

_CLASSES = (
    *((f"till-{number}", DeviceClass.POS, "checkout") for number in range(1, 9)),
    *((f"kiosk-{number}", DeviceClass.KIOSK, "entrance") for number in range(1, 5)),
    ("poster-1", DeviceClass.DISPLAY, ZONE),
    ("tablet-1", DeviceClass.TABLET, None),
    ("beacon-1", DeviceClass.BEACON_GW, ZONE),
)
DEVICES = tuple(
    NewDevice(name=name, device_class=kind, zone=zone) for name, kind, zone in _CLASSES
)


class Traffic:
    """All devices at work inside ``async with``; leaving it waits until every event has its receipt."""

    def __init__(self, premises: BenchStore, diary: Diary, seed: int) -> None:
        self._premises = premises
        self._diary = diary
        self._chance = luck(seed)
        self._going = True
        # Each with the instant at which it came.
        self._shows: dict[str, deque[tuple[Show, datetime]]] = {}
        self._tasks = asyncio.TaskGroup()
        self._lines = AsyncExitStack()
        self._enrolled = 0

    async def __aenter__(self) -> Self:
        await self._lines.__aenter__()
        await self._tasks.__aenter__()
        for device in DEVICES:
            shows = self._shows[device.name] = deque[tuple[Show, datetime]](maxlen=4)
            client = DeviceClient(
                self._premises.access(device.name),
                STORE,
                device.device_class,
                on_show=partial(_note_show, shows),
                limits=_PATIENT,
                repeat_first_s=_REPEAT_S,
            )
            await self._lines.enter_async_context(client)
            self._tasks.create_task(self._work(client), name=device.name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._going = False
        await self._tasks.__aexit__(kind, error, trace)
        await self._lines.aclose()

    async def _work(self, client: DeviceClient) -> None:
        steps = {
            DeviceClass.POS: self._sale,
            DeviceClass.KIOSK: self._session,
            DeviceClass.DISPLAY: self._plays,
            DeviceClass.TABLET: self._helps,
            DeviceClass.BEACON_GW: self._passes,
        }
        once: Callable[[DeviceClient], Awaitable[None]] = steps[client.topic.device_class]
        await client.bus.wait_connected(30)
        while self._going:
            await once(client)
            await self._think()

    async def _sale(self, till: DeviceClient) -> None:
        """One basket, line by line; three in four show their card, a few leave without paying."""
        basket = f"b-{ULID()}".lower()

        async def step(
            action: BasketAction, lines: tuple[Line, ...] = (), card: str | None = None
        ) -> None:
            await self._say(
                till, Basket(basket_id=basket, action=action, lines=lines, loyalty=card)
            )
            await self._think()

        await step(BasketAction.OPEN)
        for _ in range(self._chance.randint(1, 4)):
            await step(BasketAction.ADD, self._lines_of(2))
        if self._chance.random() < 0.75:
            await step(BasketAction.IDENTIFY, card=self._card())
            await self._ask(
                till, Ask(placement="till-addon", basket_id=basket, deadline_ms=900)
            )
        await step(BasketAction.TOTAL)
        paid = self._chance.random() < 0.9
        await step(BasketAction.COMPLETE if paid else BasketAction.ABANDON)

    async def _session(self, kiosk: DeviceClient) -> None:
        """Somebody signs in, now and then for the first time, changes their mind about something, and leaves."""
        if self._chance.random() < 0.3:
            self._enrolled += 1
            purposes: tuple[Purpose, ...] = (
                Purpose.RECOGNISE,
                Purpose.PERSONALISE_PRIVATE,
                Purpose.MEASURE,
            )
            card = f"42{self._enrolled:04d}{kiosk.device[-1]}{self._chance.randrange(1000):03d}"
        else:
            purposes, card = (), self._card()
        sign_in = SignIn(method="loyalty", value=card, purposes=purposes, notice_id=NOTICE)
        if not await self._say(kiosk, sign_in):
            return
        await self._ask(kiosk, Ask(placement="kiosk-home", limit=6, deadline_ms=900))
        if self._chance.random() < 0.5:
            grants = Consent(action="grant", purposes=(Purpose.TRAIN,), notice_id=NOTICE)
            takes_back = Consent(action="withdraw", purposes=(Purpose.TRAIN,))
            await self._say(kiosk, self._chance.choice((grants, takes_back)))
        await self._say(kiosk, SignOut(reason="person"))

    async def _plays(self, poster: DeviceClient) -> None:
        for show, came in self._shown(poster):
            played = Play(
                decision_id=show.decision_id,
                creative_id=show.creative_id or "plain",
                started_at=came,
                duration_ms=int((datetime.now(UTC) - came).total_seconds() * 1000),
                completed=True,
            )
            await self._say(poster, played)

    async def _helps(self, tablet: DeviceClient) -> None:
        for show, _ in self._shown(tablet):
            seen = Feedback(decision_id=show.decision_id, action=FeedbackAction.VIEW)
            await self._say(tablet, seen)

    async def _passes(self, beacon: DeviceClient) -> None:
        heard = Beacon(kind="ibeacon", id=f"{self._chance.randrange(2**64):016x}")
        await self._say(beacon, Sighting(beacon=heard, rssi_dbm=-60, zone=ZONE))

    def _shown(self, client: DeviceClient) -> Iterable[tuple[Show, datetime]]:
        waiting = self._shows[client.device]
        while waiting:
            yield waiting.popleft()

    async def _say(self, client: DeviceClient, data: Data) -> bool:
        """Say it until there is a receipt; whether it is on disk."""
        key = (client.topic.source, str(ULID()))
        self._diary.said += 1
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_AFRESH_S):
                    receipt = await client.send(data, id=key[1])
                    break
        self._diary.receipt(key, data, receipt)
        return key in self._diary.promised

    async def _ask(self, client: DeviceClient, question: Ask) -> None:
        began = time.monotonic()
        answer = await client.ask(question, _ASK_WITHIN_S)
        self._diary.asked(None if answer is None else (time.monotonic() - began) * 1000)

    async def _think(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 2 * _THINKS_S))

    def _card(self) -> str:
        return loyalty(self._chance.randrange(CUSTOMERS))

    def _lines_of(self, most: int) -> tuple[Line, ...]:
        skus = self._chance.sample(self._premises.sold.skus, self._chance.randint(1, most))
        return tuple(Line(sku=sku, quantity=Decimal(1), price_cents=199) for sku in skus)


def _note_show(shows: deque[tuple[Show, datetime]], show: Show) -> None:
    shows.append((show, datetime.now(UTC)))
