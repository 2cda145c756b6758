"""The line between devices and the service: messages wait in an outage, come twice, come late, and are written down.

``store`` gives it to the service as its bus, ``premises`` plugs its devices in, ``faults`` cuts it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from devices.device_classes import DeviceClass
from devices.messages import Data, encode_event
from devices.messages.envelope import leaf_of
from devices.simulator.chance import happens, share
from devices.topics import Leaf, Topic
from edge.lab.simulate.record import EventLog
from edge.lab.simulate.virtual_time import SimClock
from edge.pipeline.decision_requests import InboundMessage

# One message in a hundred is said again although it was heard, and one takes its time.
_TWICE, _LATE, _LATE_S = 0.01, 0.01, 90.0

Told = Callable[[str, Any], None]
"""What a device does with a message: the last level of its topic, and the JSON."""


@dataclass(slots=True, kw_only=True)
class SimulatedDevice:
    """One device. ``slow_s``: by how much its clock is behind. ``session`` counts its starts."""

    name: str
    kind: DeviceClass
    zone: str | None = None
    slow_s: float = 0.0
    session: int = 1
    told: Told = field(default=lambda _leaf, _body: None)


class SimulatedLine:
    """Carries messages both ways; it stands where the service has its broker."""

    def __init__(self, store: str, seed: int, clock: SimClock, log: EventLog) -> None:
        self._store = store
        self._seed = seed
        self._clock = clock
        self._log = log
        self._devices: dict[str, SimulatedDevice] = {}
        self._numbers = 0
        self._waiting: list[Callable[[], None]] = []
        self.is_down = False
        self.hear: Callable[[InboundMessage], None] = lambda _message: None
        self.twice = self.late = 0

    def plug_in(self, device: SimulatedDevice) -> None:
        """A device comes to the line: it says what it is and that it is ready."""
        self._devices[device.name] = device
        about = {"model": "simulated", "zone": device.zone}
        self._report(device, Leaf.ABOUT, {k: v for k, v in about.items() if v})
        self._report(device, Leaf.STATE, {"state": "ready", "session": device.session})

    def restart(self, device: SimulatedDevice) -> None:
        """The device is gone and back: what was on its screen is not there any more."""
        # Lost first, as the broker would say by its last will.
        self._report(device, Leaf.STATE, {"state": "lost", "session": device.session})
        # A new life, so that a late word of the old one does not count.
        device.session += 1
        device.told("restarted", None)
        self.plug_in(device)

    def sleep(self, device: SimulatedDevice) -> None:
        """The device rests until it is plugged in again."""
        self._report(device, Leaf.STATE, {"state": "sleeping", "session": device.session})
        device.told("restarted", None)

    def count(self, device: SimulatedDevice, **values: int) -> None:
        """A device tells plain figures."""
        self._report(device, Leaf.TELEMETRY, {"values": values})

    def say(self, device: SimulatedDevice, data: Data) -> None:
        """The device says ``data`` by its own clock, as soon as the line is there."""
        self._numbers += 1
        topic = Topic(
            store=self._store, device_class=device.kind, device=device.name, leaf=leaf_of(data)
        )
        # True time less its own fault: the store's clock may be wrong at the same moment.
        at = self._clock.true - timedelta(seconds=device.slow_s)
        name = f"{device.name}-{self._numbers}"
        body = encode_event(data, source=topic.source, id=name, time=at)
        correlation = name.encode() if topic.leaf is Leaf.ASK else None
        self._deliver(str(topic), body, correlation)
        if topic.leaf is Leaf.ASK:
            return
        if happens(_TWICE, self._seed, name, "twice"):
            self.twice += 1
            # The very same bytes, for a repeat has the id of the first.
            self._later(share(self._seed, name, "again") * 5, str(topic), body)

    def mend(self) -> None:
        """The line is back: everything that waited is said in its order."""
        self.is_down = False
        # Taken out first: saying them may cause more.
        waiting, self._waiting = self._waiting, []
        for go in waiting:
            go()

    def publish(  # noqa: PLR0913 - the bus's own options
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,  # noqa: ARG002 - the bus's own options
        retain: bool = False,  # noqa: ARG002 - nobody comes late to this line
        expiry_s: int | None = None,
        correlation: bytes | None = None,  # noqa: ARG002 - a device asks one question at a time
        user: Mapping[str, str] | None = None,  # noqa: ARG002 - the bus's own options
    ) -> None:
        """What the service says to a device. In an outage it waits as long as the broker would keep it."""
        # True time, for a broker has a clock of its own.
        ends = None if expiry_s is None else self._clock.true + timedelta(seconds=expiry_s)

        def hand_over() -> None:
            # It ended while the line was down, and the broker would have dropped it.
            if ends is not None and self._clock.true > ends:
                return
            self._log.note(self._clock.true, "down", topic, payload)
            parts = topic.split("/")
            device = self._devices.get(parts[-2])
            if device is not None and payload:
                # In the loop's next round: a device must not answer inside the service's own call.
                asyncio.get_running_loop().call_soon(
                    device.told, parts[-1], json.loads(payload)
                )

        self._pass(hand_over)

    def _report(self, device: SimulatedDevice, leaf: Leaf, body: Mapping[str, object]) -> None:
        topic = Topic(
            store=self._store, device_class=device.kind, device=device.name, leaf=leaf
        )
        self._deliver(str(topic), json.dumps(body).encode(), None)

    def _deliver(self, topic: str, body: bytes, correlation: bytes | None) -> None:
        if topic.endswith(Leaf.EVENT) and happens(_LATE, self._seed, self._numbers, "late"):
            self.late += 1
            self._later(share(self._seed, self._numbers, "so late") * _LATE_S, topic, body)
            return
        self._pass(lambda: self._up(topic, body, correlation))

    def _later(self, wait_s: float, topic: str, body: bytes) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(wait_s, lambda: self._pass(lambda: self._up(topic, body, None)))

    def _pass(self, go: Callable[[], None]) -> None:
        if self.is_down:
            self._waiting.append(go)
        else:
            go()

    def _up(self, topic: str, body: bytes, correlation: bytes | None) -> None:
        self._log.note(self._clock.true, "up", topic, body)
        received = asyncio.get_running_loop().time()
        self.hear(InboundMessage(topic, body, correlation, {}, None, received))
