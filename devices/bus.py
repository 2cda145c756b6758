"""The line to the broker: MQTT 5 inside the asyncio loop, without a thread for the messages.

The service, a page's line and a simulated device each hold one; how it is kept up is `devices.connection`'s work.

The only file that knows the MQTT library. The library's own socket is watched by the loop. TCP_NODELAY is set
on it, since otherwise a QoS 1 answer waits 40 ms for the other side's delayed acknowledgement (measured).
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Final, cast

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from devices.connection import Connection, LinkRefused
from devices.line import NOTHING, BrokerLogin, Inbound, LinkLimits, Will
from devices.outgoing import OutgoingCounts, OutgoingMessage

__all__ = [
    "BrokerLogin",
    "Bus",
    "Inbound",
    "LinkLimits",
    "OutgoingCounts",
    "OutgoingMessage",
    "Will",
]

# Below the broker's limit of 120 s, and short enough that a cut cable shows within half a minute.
KEEPALIVE_S: Final = 20
ANSWER_WITHIN_S: Final = 3.0
"""The broker has this long to take a connection and each of the two packets that open it."""
_WINDOW: Final = 65_535
"""How many unacknowledged messages MQTT allows where the broker names no number of its own."""


class Bus(Connection):
    """The connection to a real broker; see ``Connection`` for everything it can do."""

    def new_link(self, will: Will | None) -> "_Link":
        """One life of the connection, by the library."""
        return _Link(self, will)


class _Link:
    """One life of the connection: the library's client, its socket watched by the loop."""

    def __init__(self, bus: Connection, will: Will | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._bus = bus
        self._greeted: asyncio.Future[str | None] = self._loop.create_future()
        self._granted: dict[int, asyncio.Future[str | None]] = {}
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.window = _WINDOW
        self.blocked = False
        self._client = self._made(will)

    def _made(self, will: Will | None) -> Client:
        access = self._bus.access
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._bus.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            # The connection has a back-off of its own and makes a fresh link; two that reconnect would fight.
            reconnect_on_failure=False,
        )
        client.username_pw_set(access.username, access.password)
        client.connect_timeout = ANSWER_WITHIN_S
        client.max_inflight_messages_set(_WINDOW)  # the window is kept by the bus
        if access.ca is not None:
            # Only the store's own authority counts; with the system's any public certificate would do.
            context = ssl.create_default_context(cafile=str(access.ca))
            context.sslsocket_class = _ClosedOnRefusal
            client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - untyped there
        if will is not None:
            # Retained, so that whoever subscribes later still learns that it is lost.
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_socket_open = _no_delay
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_publish = self._published
        client.on_message = self._message
        return client

    async def open(self) -> None:
        """Connect, say who we are, and subscribe; raises OSError, TimeoutError or LinkRefused."""
        access = self._bus.access
        # Looking up, connecting and the TLS handshake block, so they run aside; messages never do.
        connecting = asyncio.ensure_future(
            asyncio.to_thread(self._client.connect, access.host, access.port, KEEPALIVE_S)
        )
        try:
            # Shielded, for a thread cannot be cancelled: it would go on and leave its socket open.
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # The thread is done within ANSWER_WITHIN_S; its socket must not be left behind.
            await asyncio.wait({connecting})
            self.close()
            raise
        self._watch()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            refused = await self._greeted
        if refused:
            raise LinkRefused(refused)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await self.subscribe(self._bus.filters)

    def _socket(self) -> socket.socket | None:
        """The socket, if it is there; the library's own type covers websockets, which we never use."""
        return cast("socket.socket | None", self._client.socket())

    def _watch(self) -> None:
        found = self._socket()
        if found is None:
            raise LinkRefused("the connection closed at once")
        # Not earlier: while connecting, the library calls from a thread, where the loop must not be touched.
        self._client.on_socket_register_write = self._wants_to_write
        self._client.on_socket_close = self._unwatch
        self._loop.add_reader(found.fileno(), self._readable, found)
        # What connecting left unwritten must not wait for the first message.
        self._wants_to_write(self._client, None, found)

    def _unwatch(self, _client: Client, _data: object, sock: object) -> None:
        number = cast("socket.socket", sock).fileno()
        self._loop.remove_reader(number)
        self._loop.remove_writer(number)

    def _readable(self, sock: socket.socket) -> None:
        self._client.loop_read()
        # A TLS socket may hold decrypted bytes that the loop cannot see.
        while isinstance(sock, ssl.SSLSocket) and sock.fileno() >= 0 and sock.pending():
            self._client.loop_read()

    def _wants_to_write(self, _client: Client, _data: object, _sock: object) -> None:
        """Write once at the end of this turn of the loop: cheaper than watching the socket each time."""
        if not self.blocked:
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._client.loop_write()
        found = self._socket()
        if found is None:
            return
        if self._client.want_write() and not self.blocked:
            self.blocked = True
            # Watched only while the system takes no more: a socket that can be written is always ready.
            self._loop.add_writer(found.fileno(), self._write)
        elif self.blocked and not self._client.want_write():
            self.blocked = False
            self._loop.remove_writer(found.fileno())
            # What the queue held back while the socket was full may go now.
            self._bus.pump()

    async def stay(self) -> str:
        """Keep the line alive until it is lost; why it was lost."""
        while not self.lost.done():
            # Four looks a period, so that the ping goes out in time.
            await asyncio.wait({self.lost}, timeout=KEEPALIVE_S / 4)
            self._client.loop_misc()
        return self.lost.result()

    async def subscribe(self, filters: Iterable[str]) -> None:
        """Subscribe with QoS 1 and wait until the broker has granted it."""
        wanted = [(one, SubscribeOptions(qos=1)) for one in filters]
        if not wanted:
            return
        _, number = self._client.subscribe(wanted)
        if number is None:
            raise LinkRefused("the connection closed while subscribing")
        granted = self._granted[number] = self._loop.create_future()
        # A line that breaks before the grant would leave the waiter for ever.
        await asyncio.wait({granted, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        del self._granted[number]
        refused = granted.result() if granted.done() else self.lost.result()
        if refused:
            raise LinkRefused(refused)

    def publish(self, message: OutgoingMessage) -> int | None:
        """Hand one message to the library; its packet number, or None if the line is gone."""
        info = self._client.publish(
            message.topic,
            message.payload,
            qos=message.qos,
            retain=message.retain,
            properties=_properties(message, self._loop.time()),
        )
        # An error here means that the line has gone; the message goes back into the queue.
        return info.mid if info.rc is MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def close(self) -> None:
        """Say goodbye if the line is there, so that the last will is not sent, and close it."""
        self._client.disconnect()
        # At once, since no turn of the loop comes between this and the close.
        self._client.loop_write()
        found = self._socket()
        if found is not None:
            # While it is open: a closed socket has no number by which to unwatch it.
            self._unwatch(self._client, None, found)
            found.close()

    def _connected(
        self,
        _c: Client,
        _d: object,
        _f: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        # A broker may name none; then MQTT's own limit holds.
        self.window = getattr(properties, "ReceiveMaximum", _WINDOW)
        if not self._greeted.done():
            self._greeted.set_result(str(reason) if reason.is_failure else None)

    def _disconnected(
        self,
        _c: Client,
        _d: object,
        _f: DisconnectFlags,
        reason: ReasonCode,
        _p: Properties | None,
    ) -> None:
        # A refusal may come as a disconnect, without any greeting.
        if not self._greeted.done():
            self._greeted.set_result(str(reason))
        if not self.lost.done():
            self.lost.set_result(str(reason))

    def _subscribed(
        self,
        _c: Client,
        _d: object,
        number: int,
        reasons: list[ReasonCode],
        _p: Properties | None,
    ) -> None:
        waiting = self._granted.get(number)
        if waiting is not None and not waiting.done():
            refused = next((str(reason) for reason in reasons if reason.is_failure), None)
            waiting.set_result(refused)

    def _published(
        self, _c: Client, _d: object, number: int, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self._bus.acknowledged(number, taken=not reason.is_failure)

    def _message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        found = message.properties
        self._bus.received(
            Inbound(
                message.topic,
                bytes(message.payload),
                message.qos,
                message.retain,
                getattr(found, "CorrelationData", None),
                dict(getattr(found, "UserProperty", ())) or NOTHING,
                getattr(found, "ContentType", None),
            )
        )


class _ClosedOnRefusal(ssl.SSLSocket):
    """A socket that a failed handshake does not leave open, as the library would."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as inherited
        """Shake hands or close."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _no_delay(_client: Client, _data: object, sock: object) -> None:
    cast("socket.socket", sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _properties(message: OutgoingMessage, now_s: float) -> Properties | None:
    """MQTT's properties of one message; none at all is the cheap and common case."""
    plain = message.expires_at_s is None and message.correlation is None
    if plain and not message.user and message.content_type is None:
        return None
    found = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # the library's gap
    if message.expires_at_s is not None:
        # Less than half a second would round to nothing, and the message would be over at once.
        found.MessageExpiryInterval = max(1, round(message.expires_at_s - now_s))
    if message.correlation is not None:
        found.CorrelationData = message.correlation
    if message.user:
        found.UserProperty = list(message.user.items())
    if message.content_type is not None:
        found.ContentType = message.content_type
    return found
