"""One device's side of the contract, for simulated devices, pages and load generators.

The page gateway opens one for each page that plays a device, and the simulators one for each of theirs.

It keeps the retained state and description, repeats an event until its receipt, and asks with a deadline.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from ulid import ULID

from devices.bus import Bus
from devices.device_classes import DeviceClass
from devices.line import BrokerLogin, Inbound, LinkLimits, Will
from devices.messages import (
    About,
    Ask,
    Command,
    Context,
    Data,
    DeviceState,
    OfferAnswer,
    OfferAsk,
    Receipt,
    Show,
    Telemetry,
    encode,
    encode_event,
    leaf_of,
)
from devices.messages.envelope import STRUCTURED
from devices.messages.fields import Wire, written
from devices.topics import DOWN_LEAVES, Leaf, Topic, build, context_topic, parse

REPEAT_FIRST_S: Final = 2.0
REPEAT_CAP_S: Final = 30.0

_T = TypeVar("_T")
Answer = Show | OfferAnswer
"""What a question is answered with."""
_ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(Answer)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nothing(_message: Wire) -> None:
    """What a device does that was given nothing to do."""


class DeviceClient:
    """A device, connected for as long as the ``async with`` lasts; its name is the account's.

    The callbacks are called in the loop and must be quick. ``unreadable`` counts messages from the service
    that were not to the contract; they are left alone.
    """

    def __init__(  # noqa: PLR0913 - what one device is and does, each by its name
        self,
        access: BrokerLogin,
        store: str,
        device_class: DeviceClass,
        *,
        about: About | None = None,
        on_show: Callable[[Show], None] = _nothing,
        on_command: Callable[[Command], None] = _nothing,
        on_context: Callable[[Context], None] = _nothing,
        limits: LinkLimits | None = None,
        repeat_first_s: float = REPEAT_FIRST_S,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """``repeat_first_s`` is how long it waits for a receipt before it says an event again."""
        self.store = store
        self.device = access.username
        self.topic = Topic(
            store=store, device_class=device_class, device=self.device, leaf=Leaf.EVENT
        )
        self.unreadable = 0
        self._about = about or About()
        self._on_show = on_show
        self._on_command = on_command
        self._on_context = on_context
        self._clock = clock
        self._repeat_first_s = repeat_first_s
        self._receipts: dict[str, asyncio.Future[Receipt]] = {}
        self._answers: dict[bytes, asyncio.Future[Answer]] = {}
        self._context_topic = context_topic(store)
        # The broker keeps no session for us, so all topics are asked for again at each connection.
        own = [build(store, device_class, self.device, leaf) for leaf in DOWN_LEAVES]
        self.bus = Bus(
            access,
            on_message=self._received,
            subscriptions=[*own, self._context_topic],
            # With the session, so that a late will does not mark a device as lost that has come back.
            will=lambda session: Will(
                str(self.topic.at(Leaf.STATE)),
                encode(DeviceState(state="lost", session=session)),
            ),
            on_connected=self._introduce,
            limits=limits,
        )

    async def __aenter__(self) -> Self:
        await self.bus.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say that it leaves on purpose, and disconnect."""
        # Only while the line is there; otherwise the broker says the last will.
        if self.bus.connected:
            self.report("disconnected")
        await self.bus.__aexit__(kind, error, trace)

    def report(self, state: Literal["init", "ready", "sleeping", "disconnected"]) -> None:
        """Publish the retained state."""
        message = DeviceState(state=state, session=self.bus.session, since=self._clock())
        self.bus.publish(str(self.topic.at(Leaf.STATE)), encode(message), retain=True)

    def measure(self, telemetry: Telemetry) -> None:
        """Publish figures; they may be lost."""
        self.bus.publish(str(self.topic.at(Leaf.TELEMETRY)), encode(telemetry), qos=0)

    async def send(self, data: Data, *, id: str | None = None) -> Receipt:  # noqa: A002 - CloudEvents' own word
        """Say ``data`` until the service has answered with a receipt, however long that takes."""
        event_id = id or str(ULID())
        # The same bytes at every try: the time is the event's, and the store takes each (source, id) once.
        payload = self._enveloped(data, event_id)
        receipt: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        # Before it is said, or a quick receipt would find nobody waiting.
        self._receipts[event_id] = receipt
        wait_s = self._repeat_first_s
        try:
            while True:
                self._say(data, payload)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        # Shielded: the time ends this wait only, and a late receipt of an earlier try still counts.
                        return await asyncio.shield(receipt)
                # Growing, so that a slow store is not buried in repeats, too.
                wait_s = min(2 * wait_s, REPEAT_CAP_S)
        finally:
            del self._receipts[event_id]

    async def ask(self, question: Ask, deadline_s: float) -> Show | None:
        """Ask for a decision; None when none came in time, and the device goes on without."""
        answer = await self._asked(question, deadline_s)
        return answer if isinstance(answer, Show) else None

    async def ask_offer(self, question: OfferAsk) -> OfferAnswer | None:
        """Ask for an offer on an open basket; None when no answer came in the question's own time."""
        answer = await self._asked(question, question.deadline_ms / 1000)
        return answer if isinstance(answer, OfferAnswer) else None

    async def _asked(self, question: Ask | OfferAsk, deadline_s: float) -> Answer | None:
        correlation = secrets.token_bytes(8)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[correlation] = answer
        # A fresh id each time: a question is never said again, its deadline is over by then.
        payload = self._enveloped(question, str(ULID()))
        try:
            # The broker drops it at the deadline: by then nobody waits for the answer.
            self._say(question, payload, expiry_s=deadline_s, correlation=correlation)
            with suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    return await answer
            return None
        finally:
            del self._answers[correlation]

    def _enveloped(self, data: Data, event_id: str) -> bytes:
        return encode_event(data, source=self.topic.source, id=event_id, time=self._clock())

    def _say(
        self,
        data: Data,
        payload: bytes,
        *,
        expiry_s: float | None = None,
        correlation: bytes | None = None,
    ) -> None:
        self.bus.publish(
            str(self.topic.at(leaf_of(data))),
            payload,
            content_type=STRUCTURED,
            expiry_s=expiry_s,
            correlation=correlation,
            # Told at every try, beside the event's own time: so the store sees how far this clock is off.
            user={"sentat": written(self._clock())},
        )

    def _introduce(self, _session: int) -> None:
        # After each connection, for the broker keeps nothing over a restart of its own.
        self.bus.publish(str(self.topic.at(Leaf.ABOUT)), encode(self._about), retain=True)
        self.report("ready")

    def _received(self, message: Inbound) -> None:
        try:
            self._read(message)
        # The service may be newer than the device: what it cannot read must not end it.
        except ValidationError:
            self.unreadable += 1

    def _read(self, message: Inbound) -> None:
        if message.topic == self._context_topic:
            self._on_context(Context.model_validate_json(message.payload))
            return
        leaf = parse(message.topic).leaf
        if leaf is Leaf.RECEIPT:
            receipt = Receipt.model_validate_json(message.payload)
            _settle(self._receipts.get(receipt.id or ""), receipt)
        elif leaf is Leaf.ANSWER:
            answer = _ANSWER.validate_json(message.payload)
            _settle(self._answers.get(message.correlation or b""), answer)
        elif leaf is Leaf.SHOW:
            self._on_show(Show.model_validate_json(message.payload))
        else:
            self._on_command(Command.model_validate_json(message.payload))


def _settle(waiting: "asyncio.Future[_T] | None", value: _T) -> None:
    # Each repeat has a receipt of its own, so an event may get two.
    if waiting is not None and not waiting.done():
        waiting.set_result(value)
