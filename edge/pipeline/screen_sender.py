"""What goes to the screens and what is taken off them, with the last question before it: may it still be shown?

The executor calls `send` once a decision is on disk and `clear` before anything else; answers to devices that ask
go out through `DecisionRequests`, which asks the same questions here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from edge.decision.steps.touchpoint import address
from edge.domain.clock import Clock
from edge.domain.ids import DeviceId, VisitId
from edge.domain.transitions.transition import ContentRequest
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.delivery import ScreenDelivery, private_slots
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.side_effects import SideEffects
from edge.state.counters import Counters
from edge.state.device_registry import DeviceRegistry
from edge.state.in_store import InStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenSender:
    """Sends and clears. ``ticket`` signs the one-use ticket by which a kiosk hands a visit over to a phone."""

    in_store: InStore
    gate: ConsentGate
    device_registry: DeviceRegistry
    learning: OnlineLearning
    side_effects: SideEffects
    counters: Counters
    clock: Clock
    ticket: Callable[[VisitId], str]

    def send(self, shown: Iterable[ScreenDelivery]) -> None:
        """Show what is on disk, where it may still be shown and nothing newer took its place."""
        now = self.clock.now()
        for s in shown:
            if not s.devices:
                continue
            if not self.may_show(s):
                self.counters.counts["withheld"] += 1
                continue
            message = address(s.made.decision, now, self.slots(s, now))
            for device in s.devices:
                # Something newer may have been decided for this screen while the disk was waited for.
                if self.in_store.screens.is_showing(device, s.made.decision.id):
                    self.device_registry.show(device, s.placement.surface, message, now)
                    self.counters.counts["shows"] += 1
                    self.note_shown(s, device)

    def measure(self, received: float) -> None:
        """Note how long it took from the signal, which came in at ``received`` by the loop's clock, to a screen."""
        took_s = asyncio.get_running_loop().time() - received
        self.counters.signal_to_screen_ms.add(took_s * 1000)

    def may_show(self, shown: ScreenDelivery) -> bool:
        """Whether it may still be shown: consent, and on a public screen company, are asked again."""
        token = shown.made.decision.token
        # What was chosen with nobody's data needs nobody's leave.
        if token is None:
            return True
        now = self.clock.now()
        if shown.placement.public:
            here = self.in_store.headcounts.alone_in(shown.made.inputs.zone, now)
            if here is None or here.token != token:
                return False
        at = self.clock.business(now)
        return self.gate.allows(shown.placement.purpose, token, shown.visit, at, now)

    def note_shown(self, shown: ScreenDelivery, device: DeviceId) -> None:
        """It has gone to this screen; what a till shows is held against what is scanned afterwards."""
        self.learning.shown(shown.made)
        self.side_effects.note_shown(shown, device)

    def slots(self, shown: ScreenDelivery, now: datetime) -> dict[str, JsonValue]:
        """What a private screen is told beside the items, at the real instant ``now``."""
        at, token = self.clock.business(now), shown.made.decision.token
        slots = private_slots(shown, at, self.ticket)
        if slots and token is not None:
            # Not the screen's own purpose alone: a card or a message may stand on another.
            held = self.gate.purposes(token, shown.visit, at, now)
            slots |= self.side_effects.slots(token, held, at, now)
        return slots

    def clear(self, visits: Iterable[VisitId]) -> None:
        """Wipe every screen that speaks of these visits."""
        for visit in visits:
            for device, surface in self.in_store.screens.clear_visit(visit):
                self.device_registry.clear(device, surface, visit)

    def clear_overlooked(self, now: datetime) -> tuple[ContentRequest, ...]:
        """Wipe public screens that others may see now; returns requests for what everybody may see there."""
        requests = list[ContentRequest]()
        for device, content in self.in_store.screens.overlooked(now):
            if content.visit is not None:
                self.device_registry.clear(device, content.surface, content.visit)
            self.in_store.screens.clear_device(device)
            requests.append(
                ContentRequest(
                    placement=content.placement, visit=None, device=device, zone=content.zone
                )
            )
        return tuple(requests)
