"""Content that may no longer stand on a screen leaves it, without a signal of the person it speaks of.

Called where something changes beside the signals: a consent or an erasure elsewhere, company before a public screen,
a product that has run out, the pause. Screens are wiped at once; what they show instead goes through the executor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from edge.domain.clock import Clock
from edge.domain.consent import Purpose
from edge.domain.headcount import Headcount
from edge.domain.ids import ItemKey, Token, VisitId
from edge.domain.transitions.transition import (
    ContentRequest,
    Transition,
    boards,
    refresh_requests,
)
from edge.domain.transitions.visit_end import recognition_withdrawn
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.executor import Executor
from edge.pipeline.redeeming import OfferRedemptions
from edge.pipeline.screen_sender import ScreenSender
from edge.pipeline.side_effects import SideEffects
from edge.state.catalogue import CurrentCatalogue
from edge.state.in_store import InStore
from edge.storage.change_set import ChangeSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentTakedown:
    """Takes content off the screens, and asks for what may stand there instead."""

    executor: Executor
    sender: ScreenSender
    in_store: InStore
    gate: ConsentGate
    side_effects: SideEffects
    catalogue: CurrentCatalogue
    clock: Clock
    new_visit_id: Callable[[], VisitId]
    redemptions: OfferRedemptions

    def sold_out(self, items: frozenset[ItemKey]) -> None:
        """These products are gone: whatever shows one of them shows something else."""
        requests = self.in_store.screens.replacing(items, self.clock.now())
        if requests:
            self.executor.request_content(requests)

    def recheck(self, token: Token) -> asyncio.Future[bool] | None:
        """A person was changed elsewhere: read them anew, and if a purpose is gone, so is what stood on it."""
        now = self.clock.now()
        at = self.clock.business(now)
        visit = self.in_store.presence.of_person(token)
        # Before the refresh, which puts another in the place of the person in mind.
        before = self.gate.purposes(token, visit, at, now)
        agreed = self.gate.agreed(token, at, now)
        self.gate.people.refresh(token, at)
        # Apart from the visit: cards go also for somebody who is not in the store.
        if Purpose.PERSONALISE_PRIVATE in agreed - self.gate.agreed(token, at, now):
            self.side_effects.withdrawn((token,))
        if visit is None:
            return None
        after = self.gate.purposes(token, visit, at, now)
        if after == before:
            return None
        # Without recognition nothing may link the stay to them: it ends, and the basket goes on under a new id.
        if not after:
            baskets = self.in_store.presence.living_of(visit.id)
            transition = recognition_withdrawn(visit, baskets, at, self.new_visit_id())
        else:
            transition = Transition(
                facts=(), visits=(visit,), clear=(visit.id,), wants=refresh_requests(visit)
            )
        return self.executor.execute(transition, ChangeSet(at=at))

    def forget(self, token: Token) -> None:
        """Somebody was erased: what is kept of them in mind beside their habits goes, too."""
        self.side_effects.forget(token)
        self.catalogue.forget(token)
        self.redemptions.forget(token)

    def pause(self, *, on: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self.gate.pause.on = on
        if on:
            self.sender.clear(self.in_store.screens.personal_visits())

    def count_people(self, zone: str, headcount: Headcount) -> None:
        """So many people stand before the zone's screens: what they show may become personal, or must not be."""
        headcounts = self.in_store.headcounts
        before = headcounts.alone_in(zone, headcount.at)
        headcounts.count(zone, headcount)
        after = headcounts.alone_in(zone, headcount.at)
        # Nothing personal could stand there, and nothing may now.
        if after is None and before is None:
            return
        requests = () if before == after else boards(zone)
        self.recheck_public_screens(requests)

    def recheck_public_screens(self, requests: tuple[ContentRequest, ...] = ()) -> None:
        """Take everything personal off public screens before which it is no longer certain who stands."""
        # The executor itself wipes what is overlooked, also when it is asked for nothing.
        if requests or self.in_store.screens.overlooked(self.clock.now()):
            self.executor.request_content(requests)
