"""A device asks what to show: answered within its deadline, or told that it is late; a till never waits.

The intake passes on what is asked over MQTT, the route of decisions what is asked over HTTP; the executor decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from devices.errors import Refusal
from devices.messages import Ask, Receipt, Show, UpEvent
from edge.decision.steps.signal import accept
from edge.decision.steps.touchpoint import address, nothing
from edge.domain.clock import Clock
from edge.domain.errors import SignalRefused
from edge.domain.ids import DecisionId, DeviceId
from edge.domain.placement import PLACEMENTS, Placement
from edge.domain.transitions.transition import ContentRequest
from edge.domain.visit import Visit
from edge.pipeline.delivery import ScreenDelivery
from edge.pipeline.executor import Executor
from edge.pipeline.screen_sender import ScreenSender
from edge.state.catalogue import CurrentCatalogue
from edge.state.counters import Counters
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.state.presence import Presence

# A question older than this has been given up by whoever asked.
_STALE_ASK_S = 2.0


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

    async def answer(self, caller: Asker, ask: Ask) -> Show:
        """Decide for a device that asks over HTTP; the route keeps the deadline."""
        placement = self._placement(ask, caller.device_class)
        shown, written = self._decided(caller.device, placement, ask)
        # What is not on disk is not shown, over HTTP no more than over MQTT.
        await written
        return self._message(shown, caller.device, ask)

    def ask(self, event: UpEvent, ask: Ask, message: InboundMessage) -> None:
        """Answer within the asker's deadline: late means an empty answer at once, never a wait."""
        device, surface = DeviceId(event.topic.device), event.topic.device_class.value
        # Since the bus delivered it: what it has waited in our own queue is the asker's time as well.
        waited_s = asyncio.get_running_loop().time() - message.received
        try:
            accept(event, self.clock.now(), self.device_clocks.heard(event, message.received))
            placement = self._placement(ask, surface)
            _still_wanted(waited_s)
        except SignalRefused as refused:
            self.counters.refuse(refused.reason)
            reason = Refusal(refused.reason)
            receipt = Receipt(id=event.id, accepted=False, reason=reason)
            self.device_registry.receipt(device, surface, receipt)
            return

        def say(show: Show, count: str) -> None:
            self.counters.counts[count] += 1
            self.device_registry.answer(device, surface, show, message.correlation)

        # Nothing is decided that comes too late: it would use up caps, and nobody would see it.
        if waited_s * 1000 >= ask.deadline_ms:
            say(self._too_late(placement), "late")
        else:
            due = message.received + ask.deadline_ms / 1000
            self._in_time(device, placement, ask, due=due, say=say)

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
                say(self._nothing(shown, late=True), "late")

        def done(result: asyncio.Future[bool]) -> None:
            timer.cancel()
            failed = result.cancelled() or result.exception() is not None
            if not answered.first():
                return
            if failed:
                # What is not on disk is not shown; a till is told so at once all the same.
                say(self._nothing(shown), "unwritten")
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
            if visit is None or visit.token != token or not self.sender.may_show(shown):
                self.counters.counts["withheld"] += 1
                return self._nothing(shown)
        # Behind the last question: what was withheld must not count as shown.
        self.sender.note_shown(shown, device)
        return address(shown.made.decision, now, self.sender.slots(shown, now))

    def _too_late(self, placement: Placement) -> Show:
        """The answer to a question whose time was over before anything was decided."""
        id_, config = self.new_decision_id(), self.catalogue.digest
        return nothing(id_, placement, self.clock.now(), config, late=True)

    def _nothing(self, shown: ScreenDelivery, *, late: bool = False) -> Show:
        decision, now = shown.made.decision, self.clock.now()
        return nothing(decision.id, shown.placement, now, decision.catalogue, late=late)

    def _placement(self, ask: Ask, surface: str) -> Placement:
        """The placement asked for. Raises SignalRefused for one that this class does not have."""
        placement = PLACEMENTS.get(ask.placement)
        if placement is None or placement.surface != surface:
            raise SignalRefused(Refusal.MALFORMED.value)
        return placement


def _still_wanted(waited_s: float) -> None:
    """Raise SignalRefused where whoever asked has long gone on."""
    if waited_s > _STALE_ASK_S:
        raise SignalRefused(Refusal.STALE.value)


class _Once:
    """True the first time it is asked."""

    def __init__(self) -> None:
        self._asked = False

    def first(self) -> bool:
        """Whether nobody asked before."""
        before, self._asked = self._asked, True
        return not before
