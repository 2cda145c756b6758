"""A device as an outsider would write it: paho, JSON and the published contract, nothing of Storeside's code.

What it knows of an account is what ``storeside device add NAME --class C --json`` prints.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tests.patience import patient

WITHIN_S = 5.0
"""How long anything may take on a slow machine before it counts as never."""
CLOUDEVENT = "application/cloudevents+json"
DOWN = ("receipt", "answer", "show", "cmd", "context", "service/about")
_POLL_S = 0.02
_TRIES = 4
_KEPT_S = 60

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message as it was delivered. ``expiry_s`` is what the broker says is left of its life."""

    topic: str
    payload: bytes
    retained: bool
    at: float
    correlation: bytes | None = None
    expiry_s: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def leaf(self) -> str:
        """The last part of the topic."""
        return self.topic.rsplit("/", 1)[-1]

    @property
    def data(self) -> Json:
        """The payload as a JSON object."""
        return cast("Json", json.loads(self.payload))


class PlainClient:
    """One account's client. ``heard`` is all that was ever delivered to it; ``lines`` how often it connected."""

    def __init__(
        self, account: Mapping[str, Any], *, session: int = 1, client_id: str | None = None
    ) -> None:
        """``client_id`` is one that nobody can guess unless given; then the session outlives the line too."""
        self.account = account
        self.name = str(account["username"])
        self.topics: dict[str, str] = dict(account["topics"])
        self.source = self.topics["event"].rsplit("/", 1)[0]
        self.session = session
        self.heard: list[Heard] = []
        self.refused = ""
        self.lines = 0
        self._news = threading.Condition()
        self._keep = client_id is not None
        self._client_id = client_id or f"{self.name}-{uuid4().hex[:12]}"
        self._client = self._made()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def connect(self) -> None:
        """Connect, listen to what is its own and announce itself.

        Raises:
            ConnectionRefusedError: the broker does not let it in.
        """
        self._client = self._made()
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it bare
        kept.SessionExpiryInterval = _KEPT_S if self._keep else 0
        self._client.connect(
            str(self.account["host"]),
            int(self.account["port"]),
            keepalive=30,
            clean_start=not self._keep,
            properties=kept,
        )
        self._client.loop_start()
        self.until(lambda: self._client.is_connected() or bool(self.refused))
        if self.refused:
            self._client.loop_stop()
            raise ConnectionRefusedError(self.refused)
        for leaf in DOWN:
            self.subscribe(self.topics[leaf])
        self.announce()

    def leave(self) -> None:
        """Say goodbye; the last will stays unspoken."""
        self.publish(self.topics["state"], self.state("disconnected"), retain=True)
        self._client.disconnect()
        self._client.loop_stop()

    def drop(self) -> None:
        """Lose the line without a goodbye, so that the broker speaks the last will."""
        sock = self._client.socket()
        self._client.loop_stop()
        if sock is not None:
            sock.close()

    def announce(self) -> None:
        """Tell state and description, retained."""
        about = {"model": "Plain 1", "software": "1.0", "capabilities": [], "locale": "en-US"}
        self.publish(self.topics["about"], about, retain=True)
        self.publish(self.topics["state"], self.state("ready"), retain=True)

    def state(self, word: str) -> Json:
        """The body of ``state``."""
        return {"state": word, "session": self.session, "since": now()}

    # Out.

    def subscribe(self, pattern: str) -> None:
        """Ask for a topic; whether it is given shows in what is delivered."""
        self._client.subscribe(pattern, options=SubscribeOptions(qos=1))

    def publish(  # noqa: PLR0913 - MQTT's own options, each by its name
        self,
        topic: str,
        payload: bytes | Mapping[str, Any],
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes | None = None,
        attributes: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> None:
        """Publish, and wait until the broker has it."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it bare
        if correlation is not None:
            properties.CorrelationData = correlation
        properties.ContentType = "application/json" if attributes else CLOUDEVENT
        if attributes:
            properties.UserProperty = list(attributes.items())
        sent = self._client.publish(topic, body, qos, retain, properties)
        if wait:
            sent.wait_for_publish(patient(WITHIN_S))

    def event(self, name: str, data: Mapping[str, Any], **changed: object) -> Json:
        """A CloudEvent of this device; ``changed`` attributes stand in the place of the right ones."""
        return {
            "specversion": "1.0",
            "id": f"e-{uuid4().hex[:12]}",
            "source": self.source,
            "type": f"storeside.{name}.v1",
            "time": now(),
            "datacontenttype": "application/json",
            "data": dict(data),
            **changed,
        }

    def send(self, name: str, data: Mapping[str, Any], **changed: object) -> Json:
        """Say an event until its receipt is there; returns the receipt."""
        return self.insist(self.event(name, data, **changed))

    def insist(self, event: Json) -> Json:
        """Publish an event, again and again, until a receipt comes that it has not had before."""
        wanted = lambda h: h.leaf == "receipt" and h.data.get("id") == event["id"]  # noqa: E731
        since = self.mark()
        for _ in range(_TRIES - 1):
            self.publish(self.topics["event"], event)
            with suppress(TimeoutError):
                return self.wait(wanted, since=since, within_s=WITHIN_S / _TRIES).data
        self.publish(self.topics["event"], event)
        return self.wait(wanted, since=since).data

    def ask(
        self,
        data: Mapping[str, Any],
        *,
        correlation: bytes | None = None,
        name: str = "decide",
        **changed: object,
    ) -> Heard:
        """Put a question; returns the answer with the same correlation data."""
        correlation = correlation or uuid4().bytes
        event = self.event(name, data, **changed)
        self.publish(self.topics["ask"], event, correlation=correlation)
        return self.wait(lambda h: h.leaf == "answer" and h.correlation == correlation)

    # In.

    def receipt(self, event_id: str) -> Json:
        """The receipt of an event."""
        return self.wait(lambda h: h.leaf == "receipt" and h.data.get("id") == event_id).data

    def receipts(self) -> list[Json]:
        """Every receipt so far."""
        return [h.data for h in self.heard if h.leaf == "receipt"]

    def shows(self, since: int = 0) -> list[Heard]:
        """What it was told to show after the first ``since`` messages."""
        return [h for h in self.heard[since:] if h.leaf == "show"]

    def mark(self) -> int:
        """How many messages were delivered up to now."""
        return len(self.heard)

    def wait(
        self, wanted: Callable[[Heard], bool], *, since: int = 0, within_s: float = WITHIN_S
    ) -> Heard:
        """The first message after ``since`` that is wanted.

        Raises:
            TimeoutError: it did not come.
        """
        found: list[Heard] = []

        def look() -> bool:
            found[:] = [h for h in self.heard[since:] if wanted(h)][:1]
            return bool(found)

        self.until(look, within_s=within_s)
        return found[0]

    def until(self, holds: Callable[[], bool], *, within_s: float = WITHIN_S) -> None:
        """Wait until something holds.

        Raises:
            TimeoutError: it did not hold in time.
        """
        end = time.monotonic() + patient(within_s)
        with self._news:
            while not holds():
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"{self.name}: not within {within_s} s; heard {self.told()}"
                    )
                self._news.wait(_POLL_S)

    def told(self) -> list[str]:
        """The last messages in short, for a failure's text."""
        return [f"{h.leaf} {h.payload[:160]!r}" for h in self.heard[-6:]]

    def _made(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=MQTTv5)
        client.username_pw_set(self.name, str(self.account["password"]))
        lost = json.dumps({"state": "lost", "session": self.session})
        client.will_set(self.topics["state"], lost, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.reconnect_delay_set(1, 2)
        return client

    def _on_connect(
        self,
        _client: Client,
        _told: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._news:
            self.refused = str(reason) if reason.is_failure else ""
            self.lines += not reason.is_failure
            self._news.notify_all()

    def _on_message(self, _client: Client, _told: object, message: MQTTMessage) -> None:
        properties = message.properties
        heard = Heard(
            topic=message.topic,
            payload=bytes(message.payload),
            retained=message.retain,
            at=time.monotonic(),
            correlation=getattr(properties, "CorrelationData", None),
            expiry_s=getattr(properties, "MessageExpiryInterval", None),
            attributes=dict(getattr(properties, "UserProperty", ())),
        )
        with self._news:
            self.heard.append(heard)
            self._news.notify_all()


def now() -> str:
    """The present instant as RFC 3339, UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
