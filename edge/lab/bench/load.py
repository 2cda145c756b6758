"""The load, a process of its own: sends precomputed signals at a steady rate and times what comes back.

``suite`` starts it with ``python -m`` and asks it for one block after another (``child_protocol``).

The rate does not wait for answers, so that a slow answer cannot hide the ones behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from ulid import ULID

from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.line import BrokerLogin, Inbound
from devices.messages import BasketAction, DeviceState, Receipt, encode
from devices.topics import DOWN_LEAVES, Leaf
from edge.lab.bench import signals
from edge.lab.bench.child_protocol import BlockReport, BrokerSetup, LoadBlock, lines, say
from edge.lab.bench.equipment import BACK, ECHO, HOP, KIOSKS, LANES, THERE, ZONES, equipment
from edge.lab.bench.signals import DEADLINE_MS, BenchSignal

# What has not come back by then counts as lost.
_GRACE_S = 2.0
# A block that was too much leaves a backlog behind, which must not fall on the next one.
_QUIET_S = 0.3
# A service that still has not caught up by then is told as overloaded.
_QUIET_WITHIN_S = 20.0
# Looked for in the bytes, for reading every answer would be load of our own.
_PERSONAL = b'"kind":"personal"'
_LATE = b'"late":true'
_BYTES = 8


@dataclass(slots=True)
class BlockTiming:
    """One block being measured: when each signal went out, and how long its answer took."""

    sent_ns: dict[object, int] = field(default_factory=dict[object, int])
    delays_us: list[int] = field(default_factory=list[int])
    kept: int = 0
    late: int = 0
    personal: int = 0
    lag_s: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    all_sent: bool = False

    def sends(self, key: object) -> None:
        """This signal goes out now. The key of one that is still unanswered keeps its older time."""
        self.sent_ns.setdefault(key, time.perf_counter_ns())

    def answered(self, key: object, payload: bytes) -> None:
        """Its answer is here."""
        sent_ns = self.sent_ns.pop(key, None)
        # Late, of an earlier block, or one that nobody waits for.
        if sent_ns is None:
            return
        delay_us = (time.perf_counter_ns() - sent_ns) // 1_000
        self.delays_us.append(delay_us)
        self.personal += _PERSONAL in payload
        self.late += _LATE in payload
        self.kept += delay_us <= DEADLINE_MS * 1_000
        # Not before all are sent: in between everything may be answered for a moment.
        if self.all_sent and not self.sent_ns:
            self.done.set()


class LoadGenerator:
    """All devices' connections inside ``async with``, and the blocks that they play."""

    def __init__(self, setup: BrokerSetup) -> None:
        self._setup = setup
        self._lines = AsyncExitStack()
        self._buses: dict[str, Bus] = {}
        self._timing = BlockTiming()
        self._receipts: dict[str, asyncio.Event] = {}
        self._heard_count = 0

    async def open(self) -> None:
        """Connect everything, make the displays ready, and sign people in at the kiosks."""
        for device in equipment():
            await self._connect(device.name, device.device_class)
        echo = Bus(self._access(ECHO), on_message=self._echoed, subscriptions=[BACK, HOP])
        self._buses[ECHO] = await self._lines.enter_async_context(echo)
        for bus in self._buses.values():
            await bus.wait_connected()
        for number in range(KIOSKS):
            await self._sure(signals.sign_in(number))

    async def close(self) -> None:
        """Disconnect everything."""
        await self._lines.aclose()

    async def play(self, block: LoadBlock) -> BlockReport:
        """Play one block."""
        self._timing = timing = BlockTiming()
        cpu_s = time.process_time()
        count = max(1, round(block.rate * block.seconds))
        if block.kind == "lanes":
            sent = await self._scan(block)
        else:
            await self._pace(await self._prepared(block, count), block.rate)
            sent = count
        timing.all_sent = True
        if timing.sent_ns:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_S):
                    await timing.done.wait()
        cpu_s = time.process_time() - cpu_s
        # What is late must not fall on the next block.
        if timing.sent_ns:
            await self._quiet()
        return BlockReport(
            sent=sent,
            delays_us=timing.delays_us,
            lag_ms=round(timing.lag_s * 1000, 3),
            cpu_s=round(cpu_s, 4),
            kept=timing.kept,
            late=timing.late,
            personal=timing.personal,
        )

    async def _prepared(self, block: LoadBlock, count: int) -> list[Callable[[], None]]:
        """Every signal of a block as a call that sends it."""
        match block.kind:
            case "hop" | "echo":
                topic = HOP if block.kind == "hop" else THERE
                # A question's own bytes, so that the bare line carries as much as the service's.
                payload = signals.question(0).payload
                return [
                    partial(self._ping, topic, payload, number, block.qos)
                    for number in range(count)
                ]
            case "ask":
                return [partial(self._ask, signals.question(n)) for n in range(count)]
            case "show":
                return [
                    partial(self._say, signals.sighting(n), n % ZONES) for n in range(count)
                ]
            case _:
                # Opened before the clock runs.
                baskets = [await self._opened(lane) for lane in range(LANES)]
                return [
                    partial(self._say, signal, signal.id)
                    for signal in (self._scanned(n, baskets) for n in range(count))
                ]

    async def _pace(self, calls: list[Callable[[], None]], rate: float) -> None:
        """Send each at its time, whatever has become of those before."""
        loop, timing = asyncio.get_running_loop(), self._timing
        began = loop.time()
        for number, call in enumerate(calls):
            # From the beginning and not from the one before, so that lateness does not add up.
            due = began + number / rate
            if (wait_s := due - loop.time()) > 0:
                await asyncio.sleep(wait_s)
            # Noted, so that a load that was late itself is not blamed on the service.
            timing.lag_s = max(timing.lag_s, loop.time() - due)
            call()

    async def _scan(self, block: LoadBlock) -> int:
        """Every lane scans an article and asks what goes with it, ``rate`` times a second."""
        baskets = [await self._opened(lane, known=True) for lane in range(LANES)]
        counts = await asyncio.gather(
            *(self._lane(lane, baskets[lane], block) for lane in range(LANES))
        )
        return sum(counts)

    async def _lane(self, lane: int, basket_id: str, block: LoadBlock) -> int:
        skus, count = self._setup.skus, round(block.rate * block.seconds)
        # The lanes do not scan in step.
        await asyncio.sleep(lane / LANES / block.rate)
        for number in range(count):
            sku = skus[(lane * count + number) % len(skus)]
            scan = signals.basket(lane, basket_id, BasketAction.ADD, sku)
            self._buses[scan.device].publish(scan.topic, scan.payload)
            self._ask(signals.add_on(lane, basket_id))
            await asyncio.sleep(1 / block.rate)
        return count

    def _scanned(self, number: int, baskets: list[str]) -> BenchSignal:
        lane = number % LANES
        sku = self._setup.skus[number % len(self._setup.skus)]
        return signals.basket(lane, baskets[lane], BasketAction.ADD, sku)

    async def _opened(self, lane: int, *, known: bool = False) -> str:
        """A fresh basket at a lane; the one before it is left behind."""
        basket_id = f"b-{ULID()}".lower()
        await self._sure(signals.basket(lane, basket_id, BasketAction.OPEN))
        if known:
            await self._sure(signals.basket(lane, basket_id, BasketAction.IDENTIFY))
        return basket_id

    async def _sure(self, signal: BenchSignal) -> None:
        """Say it and wait for the receipt."""
        there = self._receipts[signal.id] = asyncio.Event()
        self._buses[signal.device].publish(signal.topic, signal.payload)
        async with asyncio.timeout(_GRACE_S * 5):
            await there.wait()
        del self._receipts[signal.id]

    async def _quiet(self) -> None:
        """Wait until the service has nothing more to say about this block."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_WITHIN_S):
                heard = -1
                while heard != self._heard_count:
                    heard = self._heard_count
                    await asyncio.sleep(_QUIET_S)

    def _ping(self, topic: str, payload: bytes, number: int, qos: int) -> None:
        correlation = number.to_bytes(_BYTES)
        self._timing.sends(correlation)
        self._buses[ECHO].publish(topic, payload, qos=qos, correlation=correlation)

    def _ask(self, signal: BenchSignal) -> None:
        correlation = signal.id.encode()
        self._timing.sends(correlation)
        self._buses[signal.device].publish(
            signal.topic, signal.payload, correlation=correlation
        )

    def _say(self, signal: BenchSignal, key: object) -> None:
        self._timing.sends(key)
        self._buses[signal.device].publish(signal.topic, signal.payload)

    def _echoed(self, message: Inbound) -> None:
        self._timing.answered(message.correlation, b"")

    def _heard(self, leaf: Leaf, number: int, message: Inbound) -> None:
        """A message for one device; ``number`` is the display's zone."""
        self._heard_count += 1
        if message.topic.endswith(Leaf.ANSWER):
            self._timing.answered(message.correlation, message.payload)
        elif message.topic.endswith(Leaf.RECEIPT):
            receipt = Receipt.model_validate_json(message.payload)
            if receipt.id in self._receipts:
                self._receipts[receipt.id].set()
            self._timing.answered(receipt.id, message.payload)
        # Retained content was meant for an earlier block.
        elif message.topic.endswith(leaf) and not message.retain:
            self._timing.answered(number, message.payload)

    async def _connect(self, name: str, device_class: DeviceClass) -> None:
        number = int(name.rpartition("-")[2]) if "-" in name else 0
        displays = device_class is DeviceClass.DISPLAY
        state = signals.down(name, device_class, Leaf.STATE)

        def ready(session: int) -> None:
            message = DeviceState(state="ready", session=session, since=datetime.now(UTC))
            bus.publish(state, encode(message), retain=True)

        bus = Bus(
            self._access(name),
            on_message=partial(self._heard, Leaf.SHOW if displays else Leaf.ANSWER, number),
            subscriptions=[signals.down(name, device_class, leaf) for leaf in DOWN_LEAVES],
            on_connected=ready,
        )
        self._buses[name] = await self._lines.enter_async_context(bus)

    def _access(self, name: str) -> BrokerLogin:
        passwords: Mapping[str, str] = self._setup.passwords
        return BrokerLogin(
            host=self._setup.host,
            port=self._setup.port,
            username=name,
            password=passwords[name],
        )


async def serve() -> None:
    """Play what the suite asks for until it has gone."""
    load: LoadGenerator | None = None
    async for line in lines():
        if load is None:
            load = LoadGenerator(BrokerSetup.model_validate_json(line))
            await load.open()
            say({"ready": True})
        else:
            seen = await load.play(LoadBlock.model_validate_json(line))
            say(seen.model_dump())
    if load is not None:
        await load.close()


if __name__ == "__main__":
    asyncio.run(serve())
