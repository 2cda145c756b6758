"""The devices of this store as the service sees them, and the one way in which anything is sent to them.

The intake notes what devices say of themselves; the composer asks which screens a request is for, the sender sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from devices.device_classes import DeviceClass
from devices.errors import MessageRefused
from devices.messages import (
    About,
    Command,
    DeviceState,
    OfferAnswer,
    Receipt,
    Show,
    Wire,
    delivery,
    encode,
    parse_report,
)
from devices.topics import Leaf, Topic, build
from edge.domain.ids import DeviceId, VisitId, label
from edge.domain.placement import PLACEMENTS, surface_of
from edge.domain.transitions.transition import ContentRequest

# What is personal lives sixty seconds at most: later there is nothing left to clear.
_CLEAR_EXPIRY_S = 60
_ANSWER_EXPIRY_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One device. ``state`` is Homie's word; ``seen_at`` real time of its last message."""

    device: DeviceId
    surface: str
    zone: str | None
    state: str = "unknown"
    session: int | None = None
    since: datetime | None = None
    seen_at: datetime | None = None
    model: str | None = None


class Publish(Protocol):
    """The bus, as far as screens need it."""

    def publish(  # noqa: PLR0913 - MQTT's own options, each by its name
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
        user: Mapping[str, str] | None = None,
    ) -> None:
        """Queue one message; never blocks."""
        ...


class DeviceRegistry:
    """Which devices there are and what is sent to them."""

    def __init__(
        self, *, store: str, bus: Publish, zone_of: Callable[[str], str | None]
    ) -> None:
        """``zone_of`` tells the zone in which a device was provisioned."""
        self._store = store
        self._bus = bus
        self._zone_of = zone_of
        self._screens: dict[DeviceId, Screen] = {}

    @property
    def all(self) -> tuple[Screen, ...]:
        """Every device heard of, by name."""
        return tuple(self._screens[d] for d in sorted(self._screens))

    def zone(self, device: DeviceId) -> str | None:
        """Where a device stands: as provisioned, else as it says itself."""
        known = self._screens.get(device)
        return self._zone_of(device) or (None if known is None else known.zone)

    def heard(self, topic: Topic, payload: bytes, now: datetime) -> Screen | None:
        """Take a device's retained word about itself.

        Returns:
            The screen if it has just become ready and wants content, else None. A word that is not valid
            changes nothing; an old session's last will does not mark a device lost that is back.
        """
        device = DeviceId(topic.device)
        # An empty word is how a retained one is wiped, by `revoked` among others.
        if not payload:
            return None
        before = self._screens.get(device) or Screen(
            device=device, surface=topic.device_class.value, zone=self._zone_of(device)
        )
        try:
            report = parse_report(topic, payload)
        except MessageRefused:
            return None
        after = _after(replace(before, seen_at=now), report)
        self._screens[device] = after
        # Another session while it is ready: it came back without our hearing that it was gone.
        came = after.state == "ready" and (
            before.state != "ready" or before.session != after.session
        )
        return after if came else None

    def touched(self, device: DeviceId, surface: str, now: datetime) -> None:
        """A device that speaks is there, whatever its state said."""
        known = self._screens.get(device) or Screen(
            device=device, surface=surface, zone=self._zone_of(device), state="ready"
        )
        self._screens[device] = replace(known, seen_at=now)

    def revoked(self, known: frozenset[str]) -> None:
        """Forget devices that are no longer provisioned, and what the broker kept of them."""
        for device in [d for d in self._screens if d not in known]:
            gone = self._screens.pop(device)
            for leaf in (Leaf.STATE, Leaf.ABOUT, Leaf.SHOW):
                topic = build(self._store, DeviceClass(gone.surface), device, leaf)
                # Empty and retained: the broker lets go of what it has kept there.
                self._bus.publish(topic, b"", retain=True)

    def targets(self, want: ContentRequest) -> tuple[DeviceId, ...]:
        """The devices that a wish is for: the one named, else those of the class in the zone or in any.

        A named device of another class is not meant, and a phone is one person's: it is meant by name only.
        """
        surface = surface_of(PLACEMENTS[want.placement].surface)
        if want.device is not None:
            known = self._screens.get(want.device)
            return (want.device,) if known is None or known.surface == surface.name else ()
        if surface.owned:
            return ()
        there = [
            s
            for s in self._screens.values()
            if s.surface == surface.name and s.state == "ready"
        ]
        near = [s for s in there if want.zone is not None and self.zone(s.device) == want.zone]
        roaming = [s for s in there if self.zone(s.device) is None]
        # Any of them for a card only: an associate can walk over, a display speaks to its own zone.
        chosen = near or roaming or (there if surface.associate else [])
        return tuple(s.device for s in chosen)

    def show(self, device: DeviceId, surface: str, message: Show, now: datetime) -> None:
        """Send content. Only what is for everybody on a public display is kept by the broker."""
        way = delivery(message, now, keep=DeviceClass(surface).facts.public)
        self._send(
            device, surface, Leaf.SHOW, message, retain=way.retain, expiry_s=way.expiry_s
        )

    def answer(
        self,
        device: DeviceId,
        surface: str,
        message: Show | OfferAnswer,
        correlation: bytes | None,
    ) -> None:
        """Answer a question under the asker's correlation data."""
        self._send(
            device,
            surface,
            Leaf.ANSWER,
            message,
            correlation=correlation,
            expiry_s=_ANSWER_EXPIRY_S,
        )

    def clear(self, device: DeviceId, surface: str, visit: VisitId) -> None:
        """Everything of ``visit`` must leave this screen now: a tablet's card, any other screen as a whole."""
        card = label(visit) if surface_of(surface).associate else None
        message = Command(command="clear", visit=card)
        self._send(device, surface, Leaf.CMD, message, expiry_s=_CLEAR_EXPIRY_S)

    def receipt(self, device: DeviceId, surface: str, receipt: Receipt) -> None:
        """The word that an event is on disk, or why it was not taken."""
        self._send(device, surface, Leaf.RECEIPT, receipt)

    def _send(  # noqa: PLR0913 - MQTT's own options, each by its name
        self,
        device: DeviceId,
        surface: str,
        leaf: Leaf,
        message: Wire,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
    ) -> None:
        topic = build(self._store, DeviceClass(surface), device, leaf)
        self._bus.publish(
            topic, encode(message), retain=retain, expiry_s=expiry_s, correlation=correlation
        )


def _after(screen: Screen, report: object) -> Screen:
    match report:
        case DeviceState():
            # The will of an earlier connection may come in after the device is back.
            late = report.state == "lost" and screen.session not in (None, report.session)
            if late:
                return screen
            return replace(
                screen, state=report.state, session=report.session, since=report.since
            )
        case About():
            return replace(screen, model=report.model, zone=screen.zone or report.zone)
        case _:
            return screen
