"""Messages on their way to the broker: a bounded queue that knows what was not yet acknowledged.

`devices.connection` fills and empties it; what a lost line did not acknowledge is sent again on the next.

The broker is no store: when the queue is full the oldest waiting message goes and is counted, because
for a screen the newest content matters, and whatever must not be lost waits for a receipt elsewhere.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to publish; ``expires_at_s`` is on the loop's clock."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expires_at_s: float | None = None
    correlation: bytes | None = None
    user: Mapping[str, str] | None = None
    content_type: str | None = None


@dataclass(slots=True, kw_only=True)
class OutgoingCounts:
    """What became of the messages, since the start."""

    received: int = 0
    published: int = 0
    acknowledged: int = 0
    repeated: int = 0
    dropped_full: int = 0
    dropped_expired: int = 0
    dropped_offline: int = 0
    refused: int = 0
    connections: int = 0

    @property
    def dropped(self) -> int:
        """All messages that never left, or that the broker did not take."""
        return self.dropped_full + self.dropped_expired + self.dropped_offline + self.refused


class Outgoing:
    """Waiting messages in order, and those sent with QoS 1 that the broker has not acknowledged."""

    def __init__(self, limit: int) -> None:
        """Hold at most ``limit`` waiting messages."""
        self._limit = limit
        self._waiting = deque[OutgoingMessage]()
        self._unacknowledged = dict[int, OutgoingMessage]()
        self.counts = OutgoingCounts()

    @property
    def waiting(self) -> int:
        """How many have not been sent."""
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        """How many were sent and not acknowledged."""
        return len(self._unacknowledged)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._waiting and not self._unacknowledged

    def put(self, message: OutgoingMessage) -> None:
        """Let ``message`` wait; if there is no room, the oldest goes."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.counts.dropped_full += 1
        self._waiting.append(message)

    def take(self, now_s: float) -> OutgoingMessage | None:
        """The next message that is still worth sending."""
        while self._waiting:
            message = self._waiting.popleft()
            # Judged when it is sent, not when it was queued: a line may have been gone for hours.
            if message.expires_at_s is None or message.expires_at_s > now_s:
                return message
            self.counts.dropped_expired += 1
        return None

    def put_back(self, message: OutgoingMessage) -> None:
        """Let a message that was taken and could not be sent wait again, first."""
        # Above the limit if need be: it had its place already.
        self._waiting.appendleft(message)

    def sent(self, number: int, message: OutgoingMessage) -> None:
        """``message`` went out under the packet number ``number``."""
        self.counts.published += 1
        # Nobody acknowledges QoS 0, so it is done with.
        if message.qos:
            self._unacknowledged[number] = message

    def acknowledged(self, number: int, *, taken: bool) -> None:
        """The broker answered; ``taken`` is false when it refused, for example by its ACL."""
        # The library reports messages of QoS 0 as well, which were never noted.
        if self._unacknowledged.pop(number, None) is None:
            return
        if taken:
            self.counts.acknowledged += 1
        else:
            self.counts.refused += 1

    def lost(self) -> None:
        """The connection is gone: what was not acknowledged waits again, first and in order."""
        # Counted as repeats, for the broker may have had them.
        self.counts.repeated += len(self._unacknowledged)
        # A dict keeps the order of sending; reversed, as each goes to the front.
        self._waiting.extendleft(reversed(self._unacknowledged.values()))
        self._unacknowledged.clear()
