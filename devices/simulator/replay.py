"""A recorded period of a store, played again by simulated devices in its real order.

The demo runs it against its own service, and counts from outside what came of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devices.simulator.agenda import Agenda
from devices.simulator.badges import Badges
from devices.simulator.floor import SimulatedFloor
from devices.simulator.habits import Interest
from devices.simulator.script import Mark, ScriptedMessage, script
from devices.simulator.station import Connect, ReplayStage, Station
from devices.simulator.store_time import StoreTime
from devices.simulator.tally import ReplayTally
from devices.simulator.trip import Trip

# After being told to stop, the messages on their way have this long (machine seconds) to get home.
_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a bystander sees: somebody ``enters``, ``pays`` or ``leaves`` at store time ``at``."""

    mark: Mark
    at: datetime
    trip: Trip


OnEvent = Callable[[Happening], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What a replay plays with: the store's plan, its lines to the service, and what shoppers carry."""

    floor: SimulatedFloor
    connect: Connect
    badges: Badges


@dataclass(slots=True, kw_only=True)
class Replay:
    """One replay: ``run`` it, ``stop`` it, read its ``tally``.

    Acts within ``moment`` store time of each other happen together, one after another within a trip; the
    next moment comes only when every receipt of this one is there. The default, 0, keeps the recorded order
    exactly; a longer moment lets many stays speak at once, for load.
    """

    trips: Sequence[Trip]
    devices: Devices
    time: StoreTime
    on_event: OnEvent
    moment: timedelta = timedelta(0)
    tally: ReplayTally = field(default_factory=ReplayTally)
    _agenda: Agenda = field(default_factory=Agenda)
    _present: dict[str, Trip] = field(default_factory=dict[str, Trip])
    _stations: dict[str, Station] = field(default_factory=dict[str, Station])
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> ReplayTally:
        """Play all trips, or as many as come before ``stop``; then wait for the last receipts."""
        self._agenda.put_all(_arrivals(self.trips))
        stage = ReplayStage(
            agenda=self._agenda, tally=self.tally, time=self.time, interest=self._interest
        )
        async with AsyncExitStack() as lines:
            for spot in self.devices.floor.spots:
                station = Station(spot, stage, self.devices.connect)
                self._stations[spot.name] = await lines.enter_async_context(station)
            await self._play()
            await self._drain()
        return self.tally

    def stop(self) -> None:
        """Let nobody in any more and end after the present moment."""
        self._stopping.set()
        # Whoever waits for the next act must hear of it.
        self.time.nudge()

    async def _play(self) -> None:
        while not self._stopping.is_set():
            next_at = self._agenda.next_at()
            if next_at is None:
                return
            if await self.time.approach(next_at, leaping=not self._present):
                await self._together(self._agenda.take_until(self.time.now() + self.moment))

    async def _drain(self) -> None:
        """Displays prove what they played so far; late receipts get a last chance."""
        for station in self._stations.values():
            station.close_up()
        # The devices' own acts only: whoever is still in stays, for nobody acts after a stop.
        last = [act for act in self._agenda.take_until(self.time.now()) if act.trip is None]
        await self._together(last)
        await asyncio.gather(*(one.drained(_GRACE_S) for one in self._stations.values()))

    async def _together(self, acts: Iterable[ScriptedMessage]) -> None:
        """Perform ``acts``: those of one trip, or of one device alone, in order; the rest at once."""
        strands: dict[str, list[ScriptedMessage]] = {}
        for act in acts:
            strands.setdefault(act.trip.key if act.trip else act.device, []).append(act)
        self.tally.begin_moment()
        await asyncio.gather(*(self._in_turn(strand) for strand in strands.values()))

    async def _in_turn(self, acts: Iterable[ScriptedMessage]) -> None:
        for act in acts:
            if act.data is not None:
                await self._stations[act.device].say(act.data, act.trip)
            if act.trip is not None and act.mark is not Mark.SAYS:
                self._mark(act, act.trip)

    def _mark(self, act: ScriptedMessage, trip: Trip) -> None:
        if act.mark is Mark.ENTERS:
            self.tally.visits += 1
            self._present[trip.key] = trip
            self._agenda.put_all(script(trip, self.devices.floor, self.devices.badges))
        elif act.mark is Mark.LEAVES:
            self._present.pop(trip.key, None)
        self.on_event(Happening(mark=act.mark, at=act.at, trip=trip))

    def _interest(self, sku: str, whose: Trip | None) -> Interest:
        """What ``sku`` is to ``whose`` people, or else to whoever is here now: an empty store turns nothing down."""
        is_here = whose is not None and whose.key in self._present
        people = [whose] if whose is not None and is_here else list(self._present.values())
        if any(sku in trip.skus for trip in people):
            return Interest.TODAY
        bought = not people or any(sku in trip.buys for trip in people)
        return Interest.OTHER_DAYS if bought else Interest.NEVER


async def replay(
    trips: Sequence[Trip], devices: Devices, clock: StoreTime, on_event: OnEvent
) -> ReplayTally:
    """Play ``trips`` to their end, in order, and give the account of it."""
    return await Replay(trips=trips, devices=devices, time=clock, on_event=on_event).run()


def _arrivals(trips: Iterable[Trip]) -> Iterable[ScriptedMessage]:
    """One act a trip; the rest of its script is written when it begins."""
    return (ScriptedMessage(at=trip.arrives_at, trip=trip, mark=Mark.ENTERS) for trip in trips)
