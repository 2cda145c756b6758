"""One simulated device on its line: it says what it is told to say, and answers what it is shown.

The replay keeps one for each device; what it hears goes to the tally and, through habits, back as answers.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from devices.messages import Data, till, up
from devices.messages.down import Command, Receipt, Show
from devices.simulator.agenda import Agenda
from devices.simulator.floor import Spot
from devices.simulator.habits import PLAY_S, Interest, proof_of_play, replies
from devices.simulator.script import Making, ScriptedMessage
from devices.simulator.store_time import StoreTime
from devices.simulator.tally import ReceivedContent, ReplayTally, Sent, shown_of
from devices.simulator.trip import Trip

# A receipt that takes longer (machine seconds) is an error; the event is still repeated until it comes.
PATIENCE_S = 20.0


class Messenger(Protocol):
    """A device's line to the service."""

    async def send(self, data: Data, *, event_id: str) -> Receipt:
        """Send an event, again and again until its receipt."""
        ...

    async def ask(self, ask: up.Ask) -> Show | None:
        """Ask for a decision; None if none came in time."""
        ...


Connect = Callable[
    [Spot, Callable[[Show], None], Callable[[Command], None]],
    AbstractAsyncContextManager[Messenger],
]
"""Opens the line of one device; content and orders go to the two callbacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayStage:
    """What all devices of a replay share.

    ``interest``: what a product is to somebody; without anybody in particular, to whoever is in the store.
    """

    agenda: Agenda
    tally: ReplayTally
    time: StoreTime
    interest: Callable[[str, Trip | None], Interest]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Board:
    """What a display plays: since when in store time and really, and the number of its planned proof."""

    show: Show
    began: datetime
    began_really: datetime
    planned: int = 0

    def proof(self, played_s: float) -> Making:
        """The proof of so many seconds of store time, made when it is said."""
        return lambda now: proof_of_play(self.show, self.began_really, now, played_s)


class Station:
    """One device of the floor plan. Displays play what they are shown; people answer other screens."""

    def __init__(self, spot: Spot, stage: ReplayStage, connect: Connect) -> None:
        self.spot = spot
        self._stage = stage
        self._opening = connect(spot, self.on_show, self.on_command)
        self._line: Messenger | None = None
        self._board: _Board | None = None
        self._planned: list[int] = []
        self._replied: set[tuple[str, str | None, str]] = set()
        self._basket = ""
        self._serves: Trip | None = None
        self._late: set[asyncio.Task[Receipt]] = set()

    async def __aenter__(self) -> Self:
        self._line = await self._opening.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Their receipts will not come any more, and a task must not outlive its line.
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._opening.__aexit__(kind, error, trace)

    async def say(self, data: Data | Making, whose: Trip | None = None) -> None:
        """Send an event and wait for its receipt, or ask and wait for the answer; ``whose``: who stands there by it."""
        if self._line is None:
            raise RuntimeError(f"{self.spot.name} is not connected")
        if whose is not None:
            self._serves = whose
        if callable(data):
            data = data(datetime.now(UTC))
        if isinstance(data, till.Basket | up.Ask):
            self._basket = data.basket_id or ""
        if isinstance(data, up.Ask):
            await self._ask(self._line, data)
        else:
            await self._send(self._line, data)

    def on_show(self, show: Show) -> None:
        """Content has come to the screen."""
        self._stage.tally.show(self._shown(show, asked=False))
        if self.spot.device_class.facts.public:
            self._put_up(show)
        else:
            # Other content has taken its place, so nobody can answer the old any more.
            self._call_off()
            self._plan(show)

    def on_command(self, command: Command) -> None:
        """An order has come; ``clear`` wipes the screen and whatever would have been answered to it."""
        if command.command == "clear":
            self._stage.tally.clear()
            self._take_down()
            self._call_off()

    def close_up(self) -> None:
        """The day ends: what is still on the display has been played as far as it came."""
        self._take_down()

    async def drained(self, patience_s: float) -> bool:
        """Wait for receipts that are late; whether all have come."""
        if self._late:
            await asyncio.wait(self._late, timeout=patience_s)
        return all(task.done() for task in self._late)

    async def _send(self, line: Messenger, data: Data) -> None:
        now = self._stage.time.now()
        # An id of our own, so that the audit can look for this very event on disk and at the centre.
        sent = Sent(
            id=str(uuid.uuid4()), device=self.spot.name, kind=type(data).__name__, at=now
        )
        self._stage.tally.sent[sent.id] = sent
        # A task, for the event is said again until its receipt even when we stop waiting.
        task = asyncio.ensure_future(self._until_receipt(line, data, sent))
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
        if done:
            task.result()
            return
        self._stage.tally.errors["receipt late"] += 1
        self._late.add(task)

    async def _until_receipt(self, line: Messenger, data: Data, sent: Sent) -> Receipt:
        sent.receipt = await line.send(data, event_id=sent.id)
        if sent.receipt.accepted and isinstance(data, up.Play):
            self._stage.tally.plays += 1
        return sent.receipt

    async def _ask(self, line: Messenger, ask: up.Ask) -> None:
        began = time.perf_counter()
        self._stage.tally.asks += 1
        show = await line.ask(ask)
        waited_ms = (time.perf_counter() - began) * 1000
        self._stage.tally.answer(self._shown(show, asked=True) if show else None, waited_ms)
        if show is not None:
            self._plan(show)

    def _shown(self, show: Show, *, asked: bool) -> ReceivedContent:
        return shown_of(show, spot=self.spot, at=self._stage.time.now(), asked=asked)

    def _put_up(self, show: Show) -> None:
        self._take_down()
        now = self._stage.time.now()
        board = _Board(show=show, began=now, began_really=datetime.now(UTC))
        ends_at = now + timedelta(seconds=PLAY_S)
        act = ScriptedMessage(at=ends_at, device=self.spot.name, data=board.proof(PLAY_S))
        # On the agenda now, so that it can be called off when the board gives way.
        self._board = replace(board, planned=self._stage.agenda.put(act))
        # The replay may be waiting for a later act.
        self._stage.time.nudge()

    def _take_down(self) -> None:
        """The board gives way, perhaps before its time: that, too, is proven, as not completed."""
        board, self._board = self._board, None
        # One that cannot be called off was played to its end and is proven already.
        if board is not None and self._stage.agenda.call_off(board.planned):
            now = self._stage.time.now()
            proof = board.proof((now - board.began).total_seconds())
            self._stage.agenda.put(ScriptedMessage(at=now, device=self.spot.name, data=proof))

    def _plan(self, show: Show) -> None:
        """What the people at this screen will do about ``show``; a till says of a product once a basket what it did."""
        now, agenda = self._stage.time.now(), self._stage.agenda
        for reply in replies(self.spot.device_class, show, self._interest):
            if self._said_before(reply.data):
                continue
            act = ScriptedMessage(at=now + reply.after, device=self.spot.name, data=reply.data)
            self._planned.append(agenda.put(act))
        self._stage.time.nudge()

    def _interest(self, sku: str) -> Interest:
        return self._stage.interest(sku, self._serves)

    def _said_before(self, said: Data) -> bool:
        if not self.spot.device_class.sells or not isinstance(said, up.Feedback):
            return False
        key = (self._basket, said.item_id, said.action)
        before = key in self._replied
        self._replied.add(key)
        return before

    def _call_off(self) -> None:
        for number in self._planned:
            self._stage.agenda.call_off(number)
        self._planned.clear()
