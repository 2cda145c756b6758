"""The one way in: device messages are read, handled, executed and receipted, in the order in which they came.

The MQTT line calls `receive`, HTTP routes `accept`; `SignalHandlers` says what a signal changes, the executor
makes it real.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from devices.errors import MessageRefused, Refusal, TopicMalformed
from devices.messages import (
    Ask,
    Basket,
    Consent,
    Feedback,
    LineRefusal,
    OfferAsk,
    Play,
    Receipt,
    SignIn,
    Telemetry,
    UpEvent,
    encode,
    parse_report,
    parse_up,
)
from devices.messages.events import OfferEvent
from devices.topics import Leaf, Topic, parse
from edge.decision.steps.signal import Signal, accept
from edge.domain.clock import Clock
from edge.domain.errors import SignalRefused
from edge.domain.headcount import Headcount
from edge.domain.ids import DecisionId, DeviceId, Sku
from edge.domain.placement import BOARDS
from edge.domain.transitions.transition import ContentRequest
from edge.pipeline.decision_requests import DecisionRequests, InboundMessage
from edge.pipeline.executor import Executor
from edge.pipeline.offer_requests import OfferRequests
from edge.pipeline.signal_handlers import HandledSignal, SignalHandlers
from edge.pipeline.takedown import ContentTakedown
from edge.pipeline.till_signals import LinesRefused
from edge.state.counters import Counters
from edge.state.deduplication import Deduplication
from edge.state.device_clocks import DeviceClocks
from edge.state.device_registry import DeviceRegistry
from edge.storage.change_set import ChangeSet
from edge.storage.decisions.feedback import FeedbackRow
from edge.storage.decisions.proof_of_play import PlayRecord as StoredPlay
from edge.storage.errors import StorageFull
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.people.used_claims import UsedClaim
from edge.storage.visits.processed_events import PLAIN

# A queue this long is minutes behind: devices are told so and come again.
_BACKLOG = 20_000
# What a counter calls the people before it.
_PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeParts:
    """What the intake works with; put together in ``app``."""

    executor: Executor
    takedown: ContentTakedown
    signal_handlers: SignalHandlers
    device_registry: DeviceRegistry
    clock: Clock
    counters: Counters
    deduplication: Deduplication
    device_clocks: DeviceClocks
    decision_requests: DecisionRequests
    offer_requests: OfferRequests


class Intake:
    """Takes messages from the bus (`receive`) and events from HTTP (`accept`); both go the same way."""

    def __init__(self, parts: IntakeParts) -> None:
        self._parts = parts
        self._waiting: deque[InboundMessage] = deque()
        self._some = asyncio.Event()

    @property
    def backlog(self) -> int:
        """Messages that wait."""
        return len(self._waiting)

    def receive(self, message: InboundMessage) -> None:
        """Queue a message of the bus; quick, called in the loop.

        Beyond the limit it is dropped and counted: without a receipt the device says it again, and a question is
        answered at once, since nobody says that again.
        """
        if len(self._waiting) >= _BACKLOG:
            self._overloaded(message)
            return
        self._waiting.append(message)
        self._some.set()

    async def run(self) -> None:
        """Handle messages in order, for ever; the loop gets a breath after each."""
        while True:
            # Not cleared at the start: an intake that was started again goes on with what waits.
            if not self._waiting:
                self._some.clear()
                await self._some.wait()
            self._handle(self._waiting.popleft())
            await asyncio.sleep(0)

    async def accept(self, event: UpEvent) -> Receipt:
        """Take one event, by whatever way it came; the receipt is true when it is returned.

        Raises:
            StorageFull: the disk does not take it now; the sender must keep it and come again.
            StorageFailed: the service ends for this.
        """
        sender = event.topic
        self._parts.device_registry.touched(
            DeviceId(sender.device), sender.device_class.value, self._parts.clock.now()
        )
        return await self._take(event, asyncio.get_running_loop().time())

    def refused(self, reason: Refusal) -> None:
        """Count a message that was refused before it was an event."""
        self._refuse(reason)

    def _overloaded(self, message: InboundMessage) -> None:
        try:
            topic = parse(message.topic)
        except TopicMalformed:
            topic = None
        if topic is not None and topic.leaf is Leaf.ASK:
            overloaded = MessageRefused(Refusal.OVERLOADED)
            self._parts.decision_requests.refuse(topic, message, overloaded)
        else:
            self._refuse(Refusal.OVERLOADED)

    def _handle(self, message: InboundMessage) -> None:
        try:
            topic = parse(message.topic)
        except TopicMalformed:
            self._refuse(Refusal.WRONG_SOURCE)
            return
        device, surface = DeviceId(topic.device), topic.device_class.value
        # A word about the device itself is no event: it gets no receipt, and a repeat of it does no harm.
        if topic.leaf in {Leaf.STATE, Leaf.ABOUT, Leaf.TELEMETRY}:
            self._report(topic, message)
            return
        self._parts.device_registry.touched(device, surface, self._parts.clock.now())
        try:
            event = parse_up(
                topic, message.payload, message.user, content_type=message.content_type
            )
        except MessageRefused as refused:
            self._unreadable(topic, message, refused)
            return
        # A question is answered and not receipted; a repeat is another question, so nothing is kept of its id.
        if isinstance(event.data, Ask):
            self._parts.decision_requests.ask(event, event.data, message)
            return
        if isinstance(event.data, OfferAsk):
            self._parts.offer_requests.ask(event, event.data, message)
            return
        taken = self._take(event, message.received)
        taken.add_done_callback(lambda done: self._receipt(device, surface, message, done))

    def _unreadable(
        self, topic: Topic, message: InboundMessage, refused: MessageRefused
    ) -> None:
        """Say why at once: a question hears it as its answer, an event as its receipt."""
        if topic.leaf is Leaf.ASK:
            parts = self._parts
            about_offer = refused.name == OfferEvent.NAME
            asked = parts.offer_requests if about_offer else parts.decision_requests
            asked.refuse(topic, message, refused)
            return
        self._refuse(refused.reason)
        receipt = Receipt(
            id=refused.event_id, accepted=False, reason=refused.reason, field=refused.field
        )
        device, surface = DeviceId(topic.device), topic.device_class.value
        self._parts.device_registry.receipt(device, surface, receipt)

    def _take(self, event: UpEvent, received: float) -> asyncio.Future[Receipt]:
        """The receipt of an event; already there for one that is refused."""
        parts = self._parts
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        # With the source: ids are unique for one device only.
        key = (event.source, event.id)
        parts.counters.counts["signals"] += 1
        # A verdict says "on disk", so a repeat waits with the first until that is true of it.
        first = parts.deduplication.under_way(key)
        if first is not None:
            first.written.add_done_callback(
                lambda done: self._repeated(first.verdict, answer, done)
            )
            return answer
        if (said := parts.deduplication.verdict(key)) is not None:
            answer.set_result(self._again(said, event.id))
            return answer
        try:
            parts.deduplication.begin(essential=isinstance(event.data, Consent))
            signal, handled = self._handled(event, received)
        except SignalRefused as refused:
            answer.set_result(self._refused(event.id, refused))
            return answer
        except StorageFull as full:
            answer.set_exception(full)
            return answer
        verdict = _yes(signal, handled)
        change_set = replace(
            _change_set(signal, handled, key, parts.deduplication.claims()),
            verdict=_kept(verdict),
        )
        written = parts.executor.execute(handled.transition, change_set, received=received)
        # Held only from here on: had handling failed half-way, the repeat must not be taken for a duplicate.
        parts.deduplication.writing(key, written, verdict)
        written.add_done_callback(lambda done: self._written(verdict, change_set, answer, done))
        if isinstance(event.data, Basket):
            # Memory has the line already, so a question that waited for it need not wait for the disk.
            parts.decision_requests.taken(signal.device, event.data)
        return answer

    def _handled(self, event: UpEvent, received: float) -> tuple[Signal, HandledSignal]:
        """The event as a signal of now, and what it changes. Raises SignalRefused."""
        parts = self._parts
        now = parts.clock.now()
        # Whatever becomes of the event, it has shown what time its sender thinks it is.
        signal = accept(event, now, parts.device_clocks.heard(event, received))
        at, zone = parts.clock.business(signal.at), parts.device_registry.zone(signal.device)
        handled = parts.signal_handlers.handle(signal, zone=zone, at=at, now=now)
        return signal, _marked(handled, signal)

    def _written(
        self,
        verdict: Receipt,
        change_set: ChangeSet,
        answer: asyncio.Future[Receipt],
        done: asyncio.Future[bool],
    ) -> None:
        if change_set.signal is not None:
            self._parts.deduplication.end(change_set.signal, change_set.claims)
        if _is_failed(answer, done):
            return
        if done.result():
            self._parts.counters.counts["receipts"] += 1
            self._count(verdict)
            answer.set_result(verdict)
        else:
            answer.set_result(self._no(verdict.id, Refusal.CLAIM_INVALID.value))

    def _repeated(
        self, verdict: Receipt, answer: asyncio.Future[Receipt], first: asyncio.Future[bool]
    ) -> None:
        """A repeat of a signal that was still being written: it hears the verdict only once that is on disk."""
        if _is_failed(answer, first):
            return
        if first.result():
            answer.set_result(self._again(verdict, verdict.id))
        else:
            answer.set_result(self._no(verdict.id, Refusal.CLAIM_INVALID.value))

    def _again(self, verdict: Receipt, event_id: str | None) -> Receipt:
        """The first verdict once more: whoever never saw it must not read that the event was not taken."""
        self._parts.counters.counts["duplicates"] += 1
        return verdict.model_copy(update={"id": event_id, "duplicate": True})

    def _receipt(
        self,
        device: DeviceId,
        surface: str,
        message: InboundMessage,
        done: asyncio.Future[Receipt],
    ) -> None:
        """Send the receipt; without one (the disk did not take it) the device says it again."""
        if done.cancelled() or done.exception() is not None:
            return
        self._parts.device_registry.receipt(device, surface, done.result())
        waited_s = asyncio.get_running_loop().time() - message.received
        self._parts.counters.receipt_ms.add(waited_s * 1000)

    def _report(self, topic: Topic, message: InboundMessage) -> None:
        """A device's word about itself; one that has just become ready gets something to show."""
        if topic.leaf is Leaf.TELEMETRY:
            self._measured(topic, message)
            return
        came = self._parts.device_registry.heard(
            topic, message.payload, self._parts.clock.now()
        )
        # Kept by the broker, so it may be old: then it shows no more than that the clock is not further behind.
        if came is not None and came.since is not None:
            self._parts.device_clocks.note(came.device, came.since, message.received)
        board = None if came is None else BOARDS.get(came.surface)
        if came is None or board is None:
            return
        want = ContentRequest(
            placement=board.name, visit=None, device=came.device, zone=came.zone
        )
        self._parts.executor.request_content((want,))

    def _measured(self, topic: Topic, message: InboundMessage) -> None:
        """A counter's word of how many people stand in its zone; other figures are not ours to read."""
        device = DeviceId(topic.device)
        zone = self._parts.device_registry.zone(device)
        try:
            report = parse_report(topic, message.payload)
        except MessageRefused as refused:
            self._refuse(refused.reason)
            return
        if not isinstance(report, Telemetry):
            return
        # Figures are not kept for later: the broker drops what it cannot deliver.
        if report.at is not None:
            self._parts.device_clocks.note(device, report.at, message.received, live=True)
        people = report.values.get(_PEOPLE)
        # Only a counter is believed: a figure of another class must not make a public screen personal.
        counts = topic.device_class.facts.counts_people
        if counts and zone is not None and people is not None:
            # Our own instant: how fresh a count is must not depend on the counter's clock.
            now = self._parts.clock.now()
            self._parts.takedown.count_people(
                zone, Headcount(people=max(0, round(people)), at=now)
            )

    def _count(self, verdict: Receipt) -> None:
        """What was repaired in an event that is on disk, and what of it was not taken."""
        self._parts.counters.counts["repaired"] += verdict.time_repaired is True
        self._count_lines(verdict.lines or ())
        if verdict.reason is not None:
            self._refuse(verdict.reason)

    def _no(self, event_id: str | None, reason: str, field: str | None = None) -> Receipt:
        self._refuse(Refusal(reason))
        return Receipt(id=event_id, accepted=False, reason=Refusal(reason), field=field)

    def _refused(self, event_id: str, refused: SignalRefused) -> Receipt:
        """The receipt of an event that is not taken; of a basket with what is wrong in each line."""
        lines = refused.lines if isinstance(refused, LinesRefused) else None
        self._count_lines(lines or ())
        receipt = self._no(event_id, refused.reason, refused.field)
        return receipt.model_copy(update={"lines": lines})

    def _count_lines(self, lines: Iterable[LineRefusal]) -> None:
        for line in lines:
            self._parts.counters.refuse_line(line.reason.value)

    def _refuse(self, reason: Refusal) -> None:
        self._parts.counters.refuse(reason.value)


def _kept(verdict: Receipt) -> str | None:
    """What a repeat has to hear again, as it is stored; None for a plain yes."""
    said = encode(verdict.model_copy(update={"id": None})).decode()
    return None if said == PLAIN else said


def _yes(signal: Signal, handled: HandledSignal) -> Receipt:
    """The word that it is on disk, and which field or lines of it are not."""
    passed = handled.passed_over
    return Receipt(
        id=signal.id,
        accepted=True,
        lines=handled.refused_lines or None,
        # Absent rather than false, as in every receipt of a clock that is right.
        time_repaired=signal.time_repaired or None,
        reason=None if passed is None else Refusal(passed.reason),
        field=None if passed is None else passed.field,
    )


def _marked(handled: HandledSignal, signal: Signal) -> HandledSignal:
    """Where the time was repaired every fact of the signal keeps the time that the device told."""
    if not signal.time_repaired:
        return handled
    facts = (replace(fact, original_at=signal.told_at) for fact in handled.transition.facts)
    return replace(handled, transition=replace(handled.transition, facts=tuple(facts)))


def _is_failed(answer: asyncio.Future[Receipt], written: asyncio.Future[bool]) -> bool:
    """Whether there is nothing to answer: nobody waits, or the disk did not take it, which is passed on."""
    # Whoever asked over HTTP has gone; the event is kept all the same.
    if answer.cancelled():
        return True
    if written.cancelled():
        return answer.cancel()
    error = written.exception()
    if error is not None:
        answer.set_exception(error)
    return error is not None


def _change_set(
    signal: Signal, handled: HandledSignal, key: tuple[str, str], claims: tuple[UsedClaim, ...]
) -> ChangeSet:
    """What the signal itself leaves on disk, beside its transition."""
    at = handled.transition.facts[0].at
    plays = tuple[StoredPlay, ...]()
    replies = tuple[FeedbackRow, ...]()
    links = tuple[IdentifierLink, ...]()
    match signal.data:
        case Play() as play:
            plays = (
                StoredPlay(
                    decision=DecisionId(play.decision_id),
                    creative=play.creative_id,
                    device=signal.device,
                    started_at=play.started_at,
                    duration_ms=play.duration_ms,
                    completed=play.completed,
                ),
            )
        case Feedback() as feedback:
            replies = (
                FeedbackRow(
                    decision=DecisionId(feedback.decision_id),
                    action=feedback.action.value,
                    device=signal.device,
                    at=at,
                    item=None if feedback.item_id is None else Sku(feedback.item_id),
                    value=None if feedback.value is None else str(feedback.value),
                ),
            )
        case SignIn() as sign_in if handled.enrolled is not None:
            links = (
                IdentifierLink(
                    code=handled.enrolled[0], token=handled.enrolled[1], kind=sign_in.method
                ),
            )
        case _:
            pass
    return ChangeSet(
        at=at, signal=key, claims=claims, plays=plays, feedback=replies, links=links
    )
