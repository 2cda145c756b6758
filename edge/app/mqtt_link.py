"""The service's own line to the broker: what it subscribes to, how it says that it is there, and a demo's clock.

`Bootstrap.open` makes it; every message of a device goes on to the intake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from devices.bus import Bus
from devices.fleet import Fleet
from devices.line import BrokerLogin, Inbound, Will
from devices.messages import DeviceState, encode
from devices.topics import Leaf, clock_topic, every, service_state_topic
from edge.app.settings import MqttSettings
from edge.domain.clock import Clock, ReplayClock
from edge.pipeline.decision_requests import InboundMessage

_LEAVES = (Leaf.STATE, Leaf.ABOUT, Leaf.EVENT, Leaf.ASK, Leaf.TELEMETRY)


class ClockTold(BaseModel):
    """The replayed time, as a demo tells it. ``speed``: business seconds a second."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    at: AwareDatetime
    speed: float = Field(ge=0, le=100_000)


def service_bus(
    settings: MqttSettings,
    store: str,
    fleet: Fleet,
    clock: Clock,
    heard: Callable[[InboundMessage], None],
    introduce: Callable[[], None],
) -> Bus:
    """The bus of this service, not yet connected, under a password made for this start.

    ``heard`` gets every message of a device, in the loop; the replayed time of a demo is set at once. ``introduce`` is
    called at each connection: a broker that was started again has lost what it kept.
    """
    secret = fleet.service()
    state = service_state_topic(store)
    # A shop does not even subscribe to it: nobody can tell it another time.
    clock_at = clock_topic(store) if isinstance(clock, ReplayClock) else None

    def sort(message: Inbound) -> None:
        if message.topic == clock_at and isinstance(clock, ReplayClock):
            _set(clock, message.payload)
        else:
            heard(_taken(message))

    def ready(session: int) -> None:
        word = DeviceState(state="ready", session=session, since=clock.now())
        bus.publish(state, encode(word), retain=True)
        introduce()

    bus = Bus(
        BrokerLogin(
            host=settings.host,
            port=settings.port,
            username=secret.username,
            password=secret.password,
            ca=settings.ca,
        ),
        on_message=sort,
        subscriptions=[*(every(store, leaf) for leaf in _LEAVES), *filter(None, (clock_at,))],
        will=lambda session: Will(state, encode(DeviceState(state="lost", session=session))),
        on_connected=ready,
    )
    return bus


def _set(clock: ReplayClock, payload: bytes) -> None:
    """Only the demo's own player may write this topic; what it cannot have meant is left alone."""
    try:
        told = ClockTold.model_validate_json(payload)
    except ValidationError:
        return
    clock.tell(told.at, told.speed)


def _taken(message: Inbound) -> InboundMessage:
    return InboundMessage(
        message.topic,
        message.payload,
        message.correlation,
        message.user,
        message.content_type,
        # The loop's clock, which nobody can set: deadlines and delays are counted from here.
        asyncio.get_running_loop().time(),
    )
