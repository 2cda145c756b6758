"""Five hundred people on five kinds of devices, some of them on several at once, for six hours of business time."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Self

from ulid import ULID

from devices.accounts import NewDevice
from devices.beacons import rotating_id, window_of
from devices.client import DeviceClient
from devices.device_classes import DeviceClass
from devices.line import LinkLimits
from devices.messages import (
    Ask,
    Basket,
    BasketAction,
    Beacon,
    Command,
    Data,
    Feedback,
    FeedbackAction,
    Line,
    Receipt,
    Show,
    Sighting,
    SignIn,
    SignOut,
    Telemetry,
)
from edge.lab.bench.bench_store import STORE, BenchStore
from edge.lab.bench.catalogue import NOTICE, loyalty
from tests.trust.watched import Screens

PEOPLE = 500
ZONES = ("produce", "bakery", "dairy", "entrance")
# Where one person at a time looks at a display, and goes on.
NICHES = ("wines", "cheese")
# So many people are in the store at a time, and each for so many seconds of the clock on the wall.
_AT_ONCE, _STAYS_S = 14, 4.0
_PATIENT = LinkLimits(backoff_first_s=0.05, backoff_cap_s=0.5)
_AFRESH_S, _REPEAT_S, _ASK_WITHIN_S, _THINKS_S = 0.6, 0.25, 1.0, 0.02

_CLASSES = (
    *((f"display-{n}", DeviceClass.DISPLAY, zone) for n, zone in enumerate(ZONES + NICHES)),
    *((f"camera-{n}", DeviceClass.CAMERA, zone) for n, zone in enumerate(ZONES + NICHES)),
    *((f"kiosk-{n}", DeviceClass.KIOSK, zone) for n, zone in enumerate(ZONES)),
    *((f"phone-{n}", DeviceClass.PHONE, None) for n in range(5)),
    *((f"till-{n}", DeviceClass.POS, "checkout") for n in range(4)),
    *((f"tablet-{n}", DeviceClass.TABLET, None) for n in range(2)),
    *((f"gateway-{n}", DeviceClass.BEACON_GW, zone) for n, zone in enumerate((None, *NICHES))),
    ("replay", DeviceClass.REPLAY, None),
)
DEVICES = tuple(
    NewDevice(name=name, device_class=kind, zone=zone) for name, kind, zone in _CLASSES
)
SURFACES = {"display", "kiosk", "phone", "pos", "tablet"}


def beacon_key(number: int) -> bytes:
    """The key of one person's app."""
    return number.to_bytes(32)


@dataclass(slots=True, kw_only=True)
class Given:
    """One word of a till that an offer was given. ``accepted`` by the receipt; repeats have the same ``event``.

    ``undone``: its basket was left behind.
    """

    event: str
    basket: str
    decision: str
    item: str | None
    receipt: Receipt
    undone: bool = False


@dataclass(slots=True)
class Notes:
    """What the devices wrote down."""

    screens: Screens = field(default_factory=Screens)
    given: list[Given] = field(default_factory=list[Given])
    people: set[int] = field(default_factory=set[int])
    receipts: int = 0
    answers: int = 0


class Cast:
    """All devices at work inside ``async with``; leaving it waits for the receipts that are due."""

    def __init__(self, premises: BenchStore, chance: random.Random) -> None:
        self._premises = premises
        self._chance = chance
        self._going = True
        self._tasks = asyncio.TaskGroup()
        self._lines = AsyncExitStack()
        self._order = self._shuffled()
        self._here: deque[int] = deque()
        self._recent: deque[tuple[str, str]] = deque(maxlen=30)
        self.notes = Notes()
        self.began = time.monotonic()

    async def __aenter__(self) -> Self:
        await self._lines.__aenter__()
        await self._tasks.__aenter__()
        self._tasks.create_task(self._comes())
        for device in DEVICES:
            if device.device_class is not DeviceClass.REPLAY:
                await self._enters(device)
        return self

    async def __aexit__(self, *failed: object) -> None:
        self._going = False
        await self._tasks.__aexit__(*failed)  # type: ignore[arg-type]  # what a context is told
        await self._lines.aclose()

    @property
    def at(self) -> float:
        """Seconds since the campaign began."""
        return time.monotonic() - self.began

    async def _enters(self, device: NewDevice) -> None:
        client = DeviceClient(
            self._premises.access(device.name),
            STORE,
            device.device_class,
            on_show=partial(self._drawn, device.name, asked=False),
            on_command=partial(self._told, device.name),
            limits=_PATIENT,
            repeat_first_s=_REPEAT_S,
        )
        await self._lines.enter_async_context(client)
        steps: dict[DeviceClass, Callable[[DeviceClient], Awaitable[None]]] = {
            DeviceClass.KIOSK: self._session,
            DeviceClass.PHONE: self._session,
            DeviceClass.POS: self._sale,
            DeviceClass.BEACON_GW: self._radio,
            DeviceClass.CAMERA: self._counts,
        }
        step = steps.get(device.device_class)
        if step is not None:
            self._tasks.create_task(self._work(client, step), name=device.name)

    async def _work(
        self, client: DeviceClient, step: Callable[[DeviceClient], Awaitable[None]]
    ) -> None:
        await client.bus.wait_connected(30)
        while self._going:
            await step(client)
            await self._think()

    def _drawn(self, device: str, show: Show, *, asked: bool) -> None:
        lives_s = max(0.0, (show.expires_at - datetime.now(UTC)).total_seconds())
        self.notes.screens.shows(device, show, self.at, lives_s, asked=asked)
        for item in show.items:
            if item.offer_id:
                self._recent.append((show.decision_id, item.item_id))

    def _told(self, device: str, command: Command) -> None:
        self.notes.screens.obeys(device, command, self.at)

    # Who is here.

    def _shuffled(self) -> Iterable[int]:
        while True:
            everybody = list(range(PEOPLE))
            self._chance.shuffle(everybody)
            yield from everybody

    async def _comes(self) -> None:
        """One comes and one goes, so that everybody was there in the end."""
        for number in self._order:
            self._here.append(number)
            if len(self._here) > _AT_ONCE:
                self._here.popleft()
            await asyncio.sleep(_STAYS_S / _AT_ONCE)
            if not self._going:
                return

    def _somebody(self) -> int:
        number = self._chance.choice(list(self._here)) if self._here else 0
        self.notes.people.add(number)
        return number

    # What they do.

    async def _session(self, screen: DeviceClient) -> None:
        """Signs in at a kiosk or on a phone, asks, answers now and then, and sometimes just walks away."""
        card = loyalty(self._somebody())
        sign_in = SignIn(method="loyalty", value=card, purposes=(), notice_id=NOTICE)
        if not (await self._say(screen, sign_in)).accepted:
            return
        place = f"{screen.topic.device_class.value}-home"
        for _ in range(self._chance.randint(1, 2)):
            await self._ask(screen, Ask(placement=place, limit=6, deadline_ms=900))
            await self._think()
        await self._reacts(screen)
        if self._chance.random() < 0.6:
            await self._say(screen, SignOut(reason="person"))

    async def _reacts(self, screen: DeviceClient) -> None:
        if self._recent and self._chance.random() < 0.3:
            decision, item = self._chance.choice(list(self._recent))
            action = self._chance.choice(
                (FeedbackAction.ACCEPT, FeedbackAction.DISMISS, FeedbackAction.TOUCH)
            )
            await self._say(screen, Feedback(decision_id=decision, item_id=item, action=action))

    async def _sale(self, till: DeviceClient) -> None:
        """A basket with a card; what was offered lately, here or elsewhere, is handed in, some of it twice at once."""
        basket = f"b-{ULID()}".lower()
        who = loyalty(self._somebody())

        async def step(action: BasketAction, lines: tuple[Line, ...] = ()) -> None:
            await self._say(
                till, Basket(basket_id=basket, action=action, lines=lines, loyalty=who)
            )

        await step(BasketAction.OPEN)
        await step(BasketAction.ADD, self._lines_of(2))
        answer = await self._ask(
            till, Ask(placement="till-addon", basket_id=basket, deadline_ms=900)
        )
        await self._hands_in(till, basket, answer)
        if self._chance.random() < 0.8:
            await step(BasketAction.COMPLETE)
            return
        # Noted first: between the disk and the receipt another till may have it already.
        for one in self.notes.given:
            one.undone |= one.basket == basket
        await step(BasketAction.ABANDON)

    async def _hands_in(self, till: DeviceClient, basket: str, answer: Show | None) -> None:
        own = [] if answer is None else [
            (answer.decision_id, item.item_id) for item in answer.items if item.offer_id
        ]  # fmt: skip
        wanted = own + self._chance.sample(list(self._recent), min(3, len(self._recent)))
        twice = [one for one in wanted for _ in range(self._chance.randint(1, 2))]
        await asyncio.gather(*(self._redeem(till, basket, *one) for one in twice))

    async def _redeem(self, till: DeviceClient, basket: str, decision: str, item: str) -> None:
        event = str(ULID())
        said = Feedback(decision_id=decision, item_id=item, action=FeedbackAction.REDEEM)
        receipt = await self._say(till, said, event)
        self.notes.given.append(
            Given(event=event, basket=basket, decision=decision, item=item, receipt=receipt)
        )

    async def _radio(self, gateway: DeviceClient) -> None:
        """Somebody's app is heard twice in a zone: there they are. Whoever stands in a niche goes on after a while."""
        number = self._somebody()
        niche = {f"gateway-{n}": zone for n, zone in enumerate(NICHES, start=1)}.get(
            gateway.device
        )
        await self._heard(gateway, number, niche or self._chance.choice(ZONES))
        if niche is not None:
            await asyncio.sleep(0.8)
            await self._heard(gateway, number, self._chance.choice(ZONES))

    async def _heard(self, gateway: DeviceClient, number: int, zone: str) -> None:
        app = rotating_id(beacon_key(number), window_of(datetime.now(UTC)))
        for _ in range(2):
            beacon = Beacon(kind="app", id=app)
            await self._say(gateway, Sighting(beacon=beacon, rssi_dbm=-60, zone=zone))

    async def _counts(self, camera: DeviceClient) -> None:
        people = self._chance.choice((0, 1, 1, 1, 2))
        camera.measure(Telemetry(values={"people": float(people)}))
        await asyncio.sleep(self._chance.uniform(0.1, 0.6))

    async def _say(self, client: DeviceClient, data: Data, id_: str | None = None) -> Receipt:
        """Say it until there is a receipt, through kills and starts."""
        event = id_ or str(ULID())
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_AFRESH_S):
                    receipt = await client.send(data, id=event)
                    self.notes.receipts += receipt.accepted
                    return receipt

    async def _ask(self, client: DeviceClient, question: Ask) -> Show | None:
        answer = await client.ask(question, _ASK_WITHIN_S)
        if answer is not None:
            self.notes.answers += 1
            self._drawn(client.device, answer, asked=True)
        return answer

    async def _think(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 2 * _THINKS_S))

    def _lines_of(self, most: int) -> tuple[Line, ...]:
        skus = self._chance.sample(self._premises.sold.skus, self._chance.randint(1, most))
        return tuple(Line(sku=sku, quantity=Decimal(1), price_cents=199) for sku in skus)
