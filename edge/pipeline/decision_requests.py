"""A device asks what to show: answered within its deadline, or told that it is late; a till never waits.

The intake passes on what is asked over MQTT, the route of decisions what is asked over HTTP; the executor decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from devices.errors import MessageRefused, Refusal
from devices.messages import Ask, Basket, Show, UpEvent
from devices.topics import Topic
from edge.decision.steps.signal import accept
from edge.decision.steps.touchpoint import Unanswered, address, nothing
from edge.domain.basket import BasketState
from edge.domain.clock import Clock
from edge.domain.clock_offset import ClockOffset
from edge.domain.errors import SignalRefused
from edge.domain.ids import DecisionId, DeviceId
from edge.domain.placement import SCREENS, Placement
from edge.domain.transitions.transition import ContentRequest
from edge.domain.visit import Visit
from edge.pipeline.delivery import ScreenDelivery
from edge.pipeline.executor import Executor
from edge.pipeline.screen_sender import ScreenSender
from edge.state.catalogue import CurrentCatalogue
from edge.state.counters import Counters
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.state.line_waits import LineWaits
from edge.state.presence import Presence

# A question older than this has been given up by whoever asked.
_STALE_ASK_S = 2.0
# Kept of the time given for deciding and writing, whatever is waited for: half of it, and at most so much.
_MARGIN_S = 0.1
_LATE = Unanswered(Refusal.LATE)


class InboundMessage(NamedTuple):
    """What the bus delivers, as far as the intake reads it."""

    topic: str
    payload: bytes
    correlation: bytes | None
    user: Mapping[str, str]
    content_type: str | None
    received: float


class Asker(Protocol):
    """A device that asks over HTTP."""

    @property
    def device(self) -> DeviceId:
        """Its name."""
        ...

    @property
    def device_class(self) -> str:
        """Its class."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequests:
    """Answers questions, over MQTT (`ask`) and over HTTP (`answer`)."""

    executor: Executor
    sender: ScreenSender
    presence: Presence
    catalogue: CurrentCatalogue
    device_registry: DeviceRegistry
    clock: Clock
    device_clocks: DeviceClocks
    counters: Counters
    new_decision_id: Callable[[], DecisionId]
    lines: LineWaits = field(default_factory=LineWaits)

    async def answer(self, caller: Asker, ask: Ask) -> Show:
        """Decide for a device that asks over HTTP; the route keeps the deadline."""
        due = asyncio.get_running_loop().time() + ask.deadline_ms / 1000
        try:
            placement = _placement(ask, caller.device_class)
        except MessageRefused as refused:
            self.counters.refuse(refused.reason)
            why = Unanswered(refused.reason, refused.field)
            return self._unanswered(why, SCREENS.get(ask.placement))
        if not self._knows_line(caller.device, ask):
            heard = asyncio.Event()
            self._wait(caller.device, ask, due, heard.set)
            await heard.wait()
        shown, written = self._decided(caller.device, placement, ask)
        # What is not on disk is not shown, over HTTP no more than over MQTT.
        await written
        return self._message(shown, caller.device, ask)

    def refuse(
        self,
        topic: Topic,
        message: InboundMessage,
        refused: MessageRefused,
        placement: Placement | None = None,
    ) -> None:
        """Answer at once what cannot be decided: whoever asks waits for an answer, not for a receipt."""
        self.counters.refuse(refused.reason)
        show = self._unanswered(Unanswered(refused.reason, refused.field), placement)
        device, surface = DeviceId(topic.device), topic.device_class.value
        self.device_registry.answer(device, surface, show, message.correlation)

    def taken(self, device: DeviceId, basket: Basket) -> None:
        """A step of a basket was taken: questions that waited for its lines are answered now."""
        known = self.presence.basket_numbered(device, basket.basket_id)
        if known is not None:
            lines = (line.line_id for _, line in basket.numbered)
            self.lines.heard(device, known.id, filter(None, lines))

    def ask(self, event: UpEvent, ask: Ask, message: InboundMessage) -> None:
        """Answer within the asker's deadline: late means an empty answer at once, never a wait."""
        device, surface = DeviceId(event.topic.device), event.topic.device_class.value
        # Since the bus delivered it: what it has waited in our own queue is the asker's time as well.
        waited_s = asyncio.get_running_loop().time() - message.received
        try:
            placement = _placement(ask, surface)
            self._still_wanted(event, message.received, waited_s)
        except MessageRefused as refused:
            self.refuse(event.topic, message, refused, SCREENS.get(ask.placement))
            return

        def say(show: Show, count: str) -> None:
            self.counters.counts[count] += 1
            self.device_registry.answer(device, surface, show, message.correlation)

        # Nothing is decided that comes too late: it would use up caps, and nobody would see it.
        if waited_s * 1000 >= ask.deadline_ms:
            say(self._unanswered(_LATE, placement), "late")
            return
        due = message.received + ask.deadline_ms / 1000

        def go() -> None:
            self._in_time(device, placement, ask, due=due, say=say)

        if self._knows_line(device, ask):
            go()
        else:
            self._wait(device, ask, due, go)

    def _in_time(
        self,
        device: DeviceId,
        placement: Placement,
        ask: Ask,
        *,
        due: float,
        say: Callable[[Show, str], None],
    ) -> None:
        """Decide, and ``say`` one answer: when it is on disk, or at ``due`` by the loop's clock that it is late."""
        shown, written = self._decided(device, placement, ask)
        # The timer and the disk race for one answer; whoever is second must stay silent.
        answered = _Once()

        def late() -> None:
            if answered.first():
                say(self._nothing(shown, Refusal.LATE), "late")

        def done(result: asyncio.Future[bool]) -> None:
            timer.cancel()
            failed = result.cancelled() or result.exception() is not None
            if not answered.first():
                return
            if failed:
                # What is not on disk is not shown; a till is told so at once all the same.
                say(self._nothing(shown, Refusal.INTERNAL), "unwritten")
            else:
                say(self._message(shown, device, ask), "answers")

        timer = asyncio.get_running_loop().call_at(due, late)
        written.add_done_callback(done)

    def _decided(
        self, device: DeviceId, placement: Placement, ask: Ask
    ) -> tuple[ScreenDelivery, asyncio.Future[bool]]:
        visit = self._visit_at(device, ask)
        request = ContentRequest(
            placement=placement.name,
            visit=None if visit is None else visit.id,
            device=device,
            zone=self.device_registry.zone(device),
            limit=ask.limit,
        )
        return self.executor.answer(device, request, visit)

    def _wait(self, device: DeviceId, ask: Ask, due: float, go: Callable[[], None]) -> None:
        """``go`` once the line that the asker knows of is here, and in any case with time left to answer."""
        margin_s = min(ask.deadline_ms / 2000, _MARGIN_S)
        self.lines.wait(device, lambda: self._knows_line(device, ask), go, due - margin_s)

    def _knows_line(self, device: DeviceId, ask: Ask) -> bool:
        """Whether the last line that the asker names is here, in the basket named or else the one open there."""
        line, number = ask.after_line_id, ask.basket_id
        if line is None:
            return True
        presence = self.presence
        basket = (
            presence.open_basket_at(device)
            if number is None
            else presence.basket_numbered(device, number)
        )
        # Under a number that was used before, the line may be the first of the next sale.
        if basket is None or basket.state is not BasketState.OPEN:
            return False
        # What was voided since has been told all the same; what was there before a restart is in the basket.
        return self.lines.has(basket.id, line) or basket.line(line) is not None

    def _visit_at(self, device: DeviceId, ask: Ask) -> Visit | None:
        """Whose question it is: the named basket's visit, else the session at this device."""
        presence = self.presence
        if ask.basket_id is not None:
            # By this till's own number: another till's basket is nobody's here.
            basket = presence.basket_numbered(device, ask.basket_id)
            return None if basket is None else presence.visit(basket.visit)
        session = presence.at_kiosk(device)
        # At a till in mid-sale nobody has signed in: it is whose basket is open there.
        if session is None and (basket := presence.open_basket_at(device)) is not None:
            session = presence.visit(basket.visit)
        return session

    def _message(self, shown: ScreenDelivery, device: DeviceId, ask: Ask) -> Show:
        """The answer, unless consent went, or the person left this screen, while it was written."""
        now, token = self.clock.now(), shown.made.decision.token
        if token is not None:
            visit = self._visit_at(device, ask)
            there = visit is not None and visit.token == token
            if not there or not self.sender.may_show(shown):
                self.counters.counts["withheld"] += 1
                why = Refusal.NO_CONSENT if there else Refusal.NO_SESSION
                return self._nothing(shown, why)
        # Behind the last question: what was withheld must not count as shown.
        self.sender.note_shown(shown, device)
        return address(shown.made.decision, now, self.sender.slots(shown, now))

    def _still_wanted(self, event: UpEvent, received: float, waited_s: float) -> None:
        """Raise MessageRefused where whoever asked has long gone on."""
        now, clock = self.clock.now(), self.device_clocks.heard(event, received)
        # By its own word or by what is known of its clock: one that was just put right is believed at once, for
        # nothing about anybody rests on the age of a question.
        reasons = [_not_fresh(event, now, one) for one in (None, clock)]
        if reasons[0] is not None and reasons[1] is not None:
            raise MessageRefused(reasons[0], field="time")
        if waited_s > _STALE_ASK_S:
            raise MessageRefused(Refusal.STALE)

    def _unanswered(self, why: Unanswered, placement: Placement | None = None) -> Show:
        """The answer to a question for which nothing was decided."""
        id_, config = self.new_decision_id(), self.catalogue.digest
        return nothing(id_, placement, self.clock.now(), config, why)

    def _nothing(self, shown: ScreenDelivery, reason: Refusal) -> Show:
        decision, now = shown.made.decision, self.clock.now()
        why = Unanswered(reason)
        return nothing(decision.id, shown.placement, now, decision.catalogue, why)


def _not_fresh(event: UpEvent, now: datetime, clock: ClockOffset | None) -> Refusal | None:
    """Why the time of a question makes no sense now; None where it does."""
    try:
        accept(event, now, clock)
    except SignalRefused as refused:
        return Refusal(refused.reason)
    return None


def _placement(ask: Ask, surface: str) -> Placement:
    """The placement asked for. Raises MessageRefused for one that there is not, or not on this class."""
    placement = SCREENS.get(ask.placement)
    if placement is None:
        raise MessageRefused(Refusal.UNKNOWN_PLACEMENT, field="placement")
    if placement.surface != surface:
        raise MessageRefused(Refusal.WRONG_CLASS, field="placement")
    return placement


class _Once:
    """True the first time it is asked."""

    def __init__(self) -> None:
        self._asked = False

    def first(self) -> bool:
        """Whether nobody asked before."""
        before, self._asked = self._asked, True
        return not before
