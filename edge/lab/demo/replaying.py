"""Plays the shoppers: simulated devices over the real broker, and the business time told as it passes.

``run`` calls ``play`` between opening and closing. Devices come from ``devices.simulator``, trips from the
seed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devices.bus import Bus
from devices.line import BrokerLogin, Inbound
from devices.simulator.badges import Badges
from devices.simulator.lines import DeviceLines
from devices.simulator.replay import Devices, Happening, Replay
from devices.simulator.script import Mark
from devices.simulator.store_time import StoreTime, Tell, clock_message
from devices.simulator.tally import ReplayTally
from devices.simulator.trip import Trip
from devices.topics import clock_topic
from edge.lab.console_output import DemoOutput
from edge.lab.demo.equipment import REPLAY
from edge.lab.demo.opening import OpenStore
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.shop import TIME_ZONE
from edge.lab.processes import LOOPBACK

# Arrivals to be seen without a speed given, on the average of all trips; the first days have the largest ones.
_VISITS_A_SECOND = 0.9
# With every store in one, what falls within this much of machine time happens together.
_TOGETHER_S = 0.02
# After the end of the time given, the moment that is being played has this long.
_GRACE_S = 30.0


@dataclass(slots=True, kw_only=True)
class ReplayedDay:
    """What came of a replay: the devices' account, and the trips that came in and paid, in order."""

    counters: ReplayTally
    entered: list[Trip] = field(default_factory=list[Trip])
    paid: list[Trip] = field(default_factory=list[Trip])


Stopping = Callable[[Callable[[], None]], None]
"""Takes what ends the replay early, for whoever hears the signal."""


async def play(
    opened: OpenStore, options: DemoOptions, output: DemoOutput, on_stop: Stopping
) -> ReplayedDay:
    """Play the seed's trips, as many as fit in the time given."""
    played = ReplayedDay(counters=ReplayTally())
    async with _store_clock(opened) as tell:
        speed = options.speed or usual_speed(opened.seed.trips)
        replay = Replay(
            trips=opened.seed.trips,
            devices=_devices(opened),
            time=StoreTime(opened.seed.starts_at, speed, tell),
            on_event=lambda happening: _note(happening, played, output),
            moment=timedelta(
                seconds=speed * _TOGETHER_S if opened.seed.shop.number is None else 0
            ),
            tally=played.counters,
        )
        on_stop(replay.stop)
        output.begin(len(opened.seed.trips))
        try:
            await _for_a_while(replay, options.run_for_s)
        finally:
            output.end()
    return played


def usual_speed(trips: Iterable[Trip]) -> float:
    """Store seconds a second at which some 54 visits a minute come in; empty hours take no time."""
    busy_s, visits, until = 0.0, 0, None
    for trip in trips:
        # Stays that overlap count once: time passes for all of them together.
        begins = trip.arrives_at if until is None else max(trip.arrives_at, until)
        busy_s += max(0.0, (trip.leaves_at - begins).total_seconds())
        until = trip.leaves_at if until is None else max(until, trip.leaves_at)
        visits += 1
    return max(1.0, round(busy_s / max(visits, 1) * _VISITS_A_SECOND))


def lines_of(opened: OpenStore) -> DeviceLines:
    """The simulated devices' ways to the broker."""
    return DeviceLines(
        store=opened.seed.shop.id,
        host=LOOPBACK,
        port=opened.broker.port,
        passwords=opened.equipment.passwords,
    )


async def _for_a_while(replay: Replay, run_for_s: float | None) -> None:
    """Run the replay to its end, or stop it after ``run_for_s`` and let it finish its moment."""
    running = asyncio.ensure_future(replay.run())
    try:
        done, _ = await asyncio.wait({running}, timeout=run_for_s)
        if not done:
            replay.stop()
            # Not cancelled: receipts on their way are part of the count.
            await asyncio.wait({running}, timeout=_GRACE_S)
        if not running.done():
            replay.tally.errors["replay stuck"] += 1
            return
        running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _devices(opened: OpenStore) -> Devices:
    store, market = opened.seed.shop.id, opened.seed.market
    badges = Badges(store=store, notice_id=market.notice_id)
    return Devices(floor=opened.equipment.floor, connect=lines_of(opened), badges=badges)


def _note(happening: Happening, played: ReplayedDay, output: DemoOutput) -> None:
    if happening.mark is Mark.ENTERS:
        played.entered.append(happening.trip)
        output.arrived(happening.at.astimezone(TIME_ZONE))
    elif happening.mark is Mark.PAYS:
        played.paid.append(happening.trip)


@asynccontextmanager
async def _store_clock(opened: OpenStore) -> AsyncGenerator[Tell]:
    """The player's own line, by which it tells the business time."""
    access = BrokerLogin(
        host=LOOPBACK,
        port=opened.broker.port,
        username=REPLAY,
        password=opened.equipment.passwords[REPLAY],
    )
    topic = clock_topic(opened.seed.shop.id)

    async def tell(at: datetime, speed: float) -> None:
        bus.publish(topic, clock_message(at, speed), retain=True)
        with suppress(TimeoutError):  # the broker is away: the devices wait for it, too
            await bus.flush()

    async with Bus(access, on_message=_unheard) as bus:
        await bus.wait_connected()
        yield tell


def _unheard(_message: Inbound) -> None:
    """Nothing is subscribed, so nothing comes."""
