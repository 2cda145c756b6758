"""A connection to the broker that is kept up: the queue, the back-off and the sessions, whatever speaks MQTT.

`devices.bus` puts the one MQTT library behind it; what waits to be sent lies in `devices.outgoing`.

The part that speaks MQTT is a ``ConnectionLife``, one for each life of the connection; the real one is in
``devices.bus``.
"""

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Final, Protocol, Self

from devices.errors import BusUnavailable, MessageRefused, Refusal, TopicMalformed
from devices.line import BrokerLogin, Inbound, LinkLimits, Will
from devices.outgoing import Outgoing, OutgoingCounts, OutgoingMessage

# The contract's largest message is a whole basket; on more the broker hangs up.
PAYLOAD_LIMIT: Final = 64 * 1024
FLUSH_S: Final = 1.0
"""Leaving waits this long at most for the broker to acknowledge what is queued."""


class LinkRefused(Exception):
    """The broker did not let us in, or not subscribe."""


class ConnectionLife(Protocol):
    """One life of a connection.

    ``window`` is how many unacknowledged messages the broker takes; ``blocked`` says that the socket takes
    no more bytes for now.
    """

    window: int
    blocked: bool

    async def open(self) -> None:
        """Connect and subscribe; OSError, TimeoutError or LinkRefused if that fails."""
        ...

    async def stay(self) -> str:
        """Keep the line alive until it is lost; why it was lost."""
        ...

    async def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1 and wait until the broker has granted it."""
        ...

    def publish(self, message: OutgoingMessage) -> int | None:
        """Hand over one message; its packet number, or None if the line is gone."""
        ...

    def close(self) -> None:
        """Say goodbye if the line is there, and close it."""
        ...


class Connection(ABC):
    """One connection to the broker, kept up for as long as the ``async with`` lasts.

    ``on_message`` is called in the loop for every message and must be quick. ``on_connected`` is called
    after each connection with its session number, which grows from life to life; ``will`` makes the last
    will of that session.
    """

    def __init__(
        self,
        access: BrokerLogin,
        *,
        on_message: Callable[[Inbound], None],
        subscriptions: Iterable[str] = (),
        will: Callable[[int], Will] | None = None,
        on_connected: Callable[[int], None] | None = None,
        limits: LinkLimits | None = None,
    ) -> None:
        """Remember the parts; nothing is connected before ``async with``."""
        self.access = access
        # A dict for its order: asked for as they came, each once.
        self.filters = dict.fromkeys(subscriptions)
        # Not guessable, so that no other account can take the connection over by its client id.
        self.client_id = f"{access.username}-{secrets.token_hex(8)}"
        self.session = 0
        self._on_message = on_message
        self._will = will
        self._on_connected = on_connected
        self._limits = limits or LinkLimits()
        self._outgoing = Outgoing(self._limits.queue)
        self._link: ConnectionLife | None = None
        self._up = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._last = "none"
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._keeper = self._tasks.create_task(self._stay_connected(), name="bus")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send what is queued if that does not take long, say goodbye, and stop."""
        try:
            # After an error there is no time to be polite.
            if self.connected and kind is None:
                with suppress(TimeoutError):
                    await self.flush(FLUSH_S)
        finally:
            # In any case: the keeper runs for ever, and the group waits for it.
            self._keeper.cancel()
            if kind is not None and issubclass(kind, asyncio.CancelledError):
                await self._tasks.__aexit__(kind, error, trace)
            else:  # the body's own error passes as it is, not wrapped in a group
                await self._tasks.__aexit__(None, None, None)

    @property
    def connected(self) -> bool:
        """Whether messages can come and go: connected, and every subscription granted."""
        return self._up.is_set()

    @property
    def counts(self) -> OutgoingCounts:
        """What became of the messages, since the start."""
        return self._outgoing.counts

    @property
    def backlog(self) -> int:
        """How many messages wait or have not been acknowledged."""
        return self._outgoing.waiting + self._outgoing.in_flight

    async def wait_connected(self, timeout_s: float = 10.0) -> None:
        """Wait until messages can come and go; BusUnavailable after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as error:
            raise BusUnavailable(waited_s=timeout_s, last=self._last) from error

    async def flush(self, timeout_s: float = 10.0) -> None:
        """Wait until the broker has acknowledged everything that was published; TimeoutError if not."""
        async with asyncio.timeout(timeout_s):
            await self._idle.wait()

    async def subscribe(self, topic_filter: str) -> None:
        """Subscribe now, if connected, and after every connection."""
        # Noted first: should the line break meanwhile, the next connection asks for it.
        self.filters[topic_filter] = None
        if self._link is not None and self.connected:
            await self._link.subscribe([topic_filter])

    def publish(  # noqa: PLR0913 - MQTT's own options, each by its name
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: float | None = None,
        correlation: bytes | None = None,
        user: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> None:
        """Send now or as soon as possible, without waiting.

        QoS 0 is dropped while there is no connection; QoS 1 waits in the bounded queue, and is dropped
        there once ``expiry_s`` is over. Every drop is counted. What the broker would hang up on, each time
        anew, is refused here: wildcards in the topic, and more than 64 KiB.
        """
        if "+" in topic or "#" in topic:
            raise TopicMalformed("a topic to publish on has no wildcards")
        if len(payload) > PAYLOAD_LIMIT:
            raise MessageRefused(
                Refusal.TOO_LARGE, f"{len(payload)} bytes; the limit is {PAYLOAD_LIMIT}"
            )
        message = OutgoingMessage(
            topic=topic,
            payload=payload,
            qos=qos,
            retain=retain,
            # By the loop's clock, which no correction of the time moves.
            expires_at_s=None
            if expiry_s is None
            else asyncio.get_running_loop().time() + expiry_s,
            correlation=correlation,
            user=user,
            content_type=content_type,
        )
        if qos == 0 and not self.connected:
            self.counts.dropped_offline += 1
            return
        self._idle.clear()
        self._outgoing.put(message)
        self.pump()

    def pump(self) -> None:
        """Send what may be sent: the window of the broker is not full and the socket takes it."""
        link = self._link
        # With more unacknowledged than it takes, the broker would hang up.
        while (
            link is not None
            and self.connected
            and not link.blocked
            and self._outgoing.in_flight < link.window
        ):
            message = self._outgoing.take(asyncio.get_running_loop().time())
            if message is None:
                break
            number = link.publish(message)
            if number is None:
                # It keeps its place, or two messages would change their order.
                self._outgoing.put_back(message)
                break
            self._outgoing.sent(number, message)
        if self._outgoing.idle:
            self._idle.set()

    def acknowledged(self, number: int, *, taken: bool) -> None:
        """The broker has taken or refused the message with this packet number."""
        self._outgoing.acknowledged(number, taken=taken)
        self.pump()

    def received(self, message: Inbound) -> None:
        """A message has come; a mistake in its handler cannot harm the connection."""
        self.counts.received += 1
        # In a turn of its own, outside the library's callback, which an exception would break.
        asyncio.get_running_loop().call_soon(self._on_message, message)

    @abstractmethod
    def new_link(self, will: Will | None) -> ConnectionLife:
        """A fresh link with this last will, not yet open."""

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            # Milliseconds, since no number is kept over a restart; yet never less than before, whatever the clock.
            self.session = max(self.session + 1, time.time_ns() // 1_000_000)
            link = self.new_link(self._will(self.session) if self._will else None)
            # A link is used once: what the library remembers of a broken line must not reach the next.
            try:
                await link.open()
                # Only when its subscriptions stand, too: being let in is no proof that the broker is well.
                attempt = 0
                self._began(link)
                self._last = await link.stay()
            except (OSError, TimeoutError, LinkRefused) as error:
                self._last = str(error) or type(error).__name__
            finally:
                self._ended(link)
            # Also after a good line, or all devices would be back in the same moment.
            await asyncio.sleep(self._limits.backoff_s(attempt))
            attempt += 1

    def _began(self, link: ConnectionLife) -> None:
        self._link = link
        # Before the callback, which publishes: what it says goes out at once.
        self._up.set()
        self.counts.connections += 1
        if self._on_connected is not None:
            self._on_connected(self.session)
        self.pump()

    def _ended(self, link: ConnectionLife) -> None:
        # Down first: nothing may be handed to a line that is being closed.
        self._up.clear()
        self._link = None
        link.close()
        # Whether the broker had them is not known, so they go again: QoS 1 promises at least once.
        self._outgoing.lost()
