"""A turn is made real: decide what it asks for, write everything in one piece, and only then let the screens know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from devices.messages import Show
from edge.decision.steps.touchpoint import address, nothing
from edge.domain.consent import Purpose, taken_back
from edge.domain.decision import ContentKind
from edge.domain.headcount import Headcount
from edge.domain.ids import DeviceId, ItemKey, Token
from edge.domain.placement import Placement
from edge.domain.transitions.transition import ContentRequest, Transition, again, boards
from edge.domain.transitions.visit_end import disowned
from edge.domain.visit import Visit
from edge.pipeline.delivery import ContentComposer, ExecutorParts
from edge.pipeline.offer_responses import with_answers
from edge.pipeline.online_learning import LearningUpdate
from edge.pipeline.showing import (
    PersonalContentSwitch,
    ScreenDelivery,
    Wish,
    kept,
    private_slots,
    showing_of,
)
from edge.storage.change_set import ChangeSet, save


class Executor:
    """Makes turns real, one after the other, without waiting in between: the order of calls is the order on disk."""

    def __init__(self, parts: ExecutorParts) -> None:
        self._p = parts
        self.brake = PersonalContentSwitch()
        self.composer = ContentComposer(parts, self.brake)
        self.on_disk: Callable[[], None] = lambda: None

    def enact(
        self, transition: Transition, change_set: ChangeSet, *, received: float | None = None
    ) -> asyncio.Future[bool]:
        """Take ``transition``: memory and screens at once where privacy asks for it, the rest once it is on disk.

        Args:
            transition: What changes.
            change_set: What the caller already has to write with it: the signal's own mark, a claim, a link.
            received: The loop's clock when the signal came in, for the delay to the screen.

        Returns:
            Resolves after the sync; False where the signal had been taken before and nothing was written.
        """
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        self._clear(transition)
        buyer = p.presence.buyer(transition.basket)
        p.presence.take(transition, now)
        if transition.customer is not None:
            p.people.welcome(transition.customer)
        for entry in transition.consents:
            p.people.heard(entry.token, (entry,))
        p.side_effects.withdrawn(taken_back(transition.consents, Purpose.PERSONALISE_PRIVATE))
        if (
            p.activity.read
            and transition.basket is not None
            and p.decider.catalogue is not None
        ):
            p.activity.basket(
                transition, p.decider.catalogue, p.learning.hits(transition.basket), at
            )
        update = p.learning.take(transition, buyer, at, now)
        answers = p.offer_responses.take(transition, at, now)
        stirred = p.side_effects.stirred(transition, at, now)
        wants = (
            *transition.wants,
            *stirred.wants,
            *p.presence.speaking_of(update.sold_out, now),
            *self._overlooked(now),
        )
        shown = self._composed(wants, at, now)
        change_set = replace(
            with_answers(change_set, answers),
            messages=(*change_set.messages, *stirred.messages),
            reminders=(*change_set.reminders, *stirred.reminders),
        )
        whole = self._whole(transition, change_set, update, shown, now)
        for visit in transition.visits:
            if visit.ended_at is not None:
                p.people.part(visit.token)
        self._note(transition, shown, at)
        written = p.database.submit(
            partial(save, change_set=whole), essential=bool(transition.consents)
        )
        written.add_done_callback(partial(self._written, shown, received))
        return written

    def answer(
        self, device: DeviceId, placement: Placement, limit: int, visit: Visit | None
    ) -> tuple[ScreenDelivery, asyncio.Future[bool]]:
        """Decide for a device that asks; it is on disk when the future resolves."""
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        wish = Wish(placement=placement, limit=limit, zone=p.device_registry.zone(device))
        shown = self.composer.made(wish, visit, at, now)
        p.presence.shows(device, showing_of(shown, now), asked=True)
        whole = self._whole(
            Transition(facts=()), ChangeSet(at=at), LearningUpdate(), [shown], now
        )
        self._note(Transition(facts=()), [shown], at)
        self._give_way(shown, at, now)
        return shown, p.database.submit(partial(save, change_set=whole))

    def too_late(self, placement: Placement) -> Show:
        """The answer to a question whose time was over before anything was decided."""
        p = self._p
        catalogue = p.decider.catalogue
        config = "" if catalogue is None else catalogue.digest
        return nothing(p.fresh_decision(), placement, p.clock.now(), config, late=True)

    def sold_out(self, items: frozenset[ItemKey]) -> None:
        """These products are gone: whatever shows one of them shows something else."""
        wants = self._p.presence.speaking_of(items, self._p.clock.now())
        if wants:
            at = self._p.clock.business(self._p.clock.now())
            self.enact(Transition(facts=(), wants=wants), ChangeSet(at=at))

    def allowed(self, shown: ScreenDelivery) -> bool:
        """Whether it may still be shown."""
        return self.composer.may_show(shown)

    def seen(self, shown: ScreenDelivery, device: DeviceId) -> None:
        """It has gone to this screen; what a till shows is held against what is scanned afterwards."""
        self._p.learning.shown(shown.made)
        self._p.side_effects.seen(shown, device)

    def slots(self, shown: ScreenDelivery, now: datetime) -> dict[str, JsonValue]:
        """What a private screen is told beside the items, at the real instant ``now``."""
        at, token = self._p.clock.business(now), shown.made.decision.token
        slots = private_slots(shown, at, self._p.ticket)
        if slots and token is not None:
            held = self._purposes(token, shown.visit, at, now)
            slots |= self._p.side_effects.slots(token, held, at, now)
        return slots

    def _agreed(self, token: Token, at: datetime, now: datetime) -> frozenset[Purpose]:
        """What the person agreed to, here or not."""
        person = self._p.people.meet(token, at)
        return frozenset() if person is None else person.customer.consents.allowed(now)

    def _purposes(
        self, token: Token | None, visit: Visit | None, at: datetime, now: datetime
    ) -> frozenset[Purpose]:
        """What holds for a visit of this person at this moment."""
        return self.composer.identity(self._p.people.meet(token, at), visit, now).purposes

    def recheck(self, token: Token) -> asyncio.Future[bool] | None:
        """A person was changed elsewhere: read them anew, and if a purpose is gone, so is what stood on it."""
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        visit = p.presence.of_person(token)
        before, agreed = self._purposes(token, visit, at, now), self._agreed(token, at, now)
        p.people.refresh(token, at)
        if Purpose.PERSONALISE_PRIVATE in agreed - self._agreed(token, at, now):
            p.side_effects.withdrawn((token,))
        if visit is None:
            return None
        after = self._purposes(token, visit, at, now)
        if after == before:
            return None
        if not after:
            basket = p.presence.basket(visit.basket)
            transition = disowned(visit, basket, at, p.signal_handlers.fresh_visit())
        else:
            transition = Transition(
                facts=(), visits=(visit,), clear=(visit.id,), wants=again(visit)
            )
        return self.enact(transition, ChangeSet(at=at))

    def forget(self, token: Token) -> None:
        """Somebody was erased: what is kept of them in mind beside their habits goes, too."""
        p = self._p
        p.side_effects.forget(token)
        if p.decider.catalogue is not None:
            p.decider.catalogue.forget(token)

    def pause(self, *, on: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self.brake.on = on
        if on:
            self._clear(Transition(facts=(), clear=self._p.presence.personal_screens()))

    def counted(self, zone: str, headcount: Headcount) -> None:
        """So many people stand before the zone's screens: what they show may become personal, or must not be."""
        p = self._p
        before = p.presence.alone_in(zone, headcount.at)
        p.presence.count(zone, headcount)
        after = p.presence.alone_in(zone, headcount.at)
        if after is None and before is None:
            return
        self.look_round(() if before == after else boards(zone))

    def look_round(self, wants: tuple[ContentRequest, ...] = ()) -> None:
        """Take everything personal off public screens before which it is no longer certain who stands."""
        if wants or self._p.presence.overlooked(self._p.clock.now()):
            at = self._p.clock.business(self._p.clock.now())
            self.enact(Transition(facts=(), wants=wants), ChangeSet(at=at))

    def _overlooked(self, now: datetime) -> tuple[ContentRequest, ...]:
        """Wipe public screens that others may see now, and wish for what everybody may see there."""
        wants = list[ContentRequest]()
        for device, showing in self._p.presence.overlooked(now):
            if showing.visit is not None:
                self._p.device_registry.clear(device, showing.surface, showing.visit)
            self._p.presence.clears(device)
            wants.append(
                ContentRequest(
                    placement=showing.placement, visit=None, device=device, zone=showing.zone
                )
            )
        return tuple(wants)

    def _give_way(self, shown: ScreenDelivery, at: datetime, now: datetime) -> None:
        """An answer that contradicts a screen of the same person: the screen shows something else."""
        wants = self.composer.contradicted([shown], now)
        if wants:
            self.enact(Transition(facts=(), wants=wants), ChangeSet(at=at))

    def _composed(
        self, wants: Iterable[ContentRequest], at: datetime, now: datetime
    ) -> list[ScreenDelivery]:
        """Everything that is wished for, and once more what contradicts a display by then."""
        shown = [s for want in wants for s in self.composer.wanted(want, at, now)]
        again_ = self.composer.contradicted(shown, now)
        return shown + [s for want in again_ for s in self.composer.wanted(want, at, now)]

    def _clear(self, transition: Transition) -> None:
        """Wipe every screen that speaks of these visits, before anything else."""
        for visit in transition.clear:
            for device, surface in self._p.presence.wipe(visit):
                self._p.device_registry.clear(device, surface, visit)

    def _whole(
        self,
        transition: Transition,
        change_set: ChangeSet,
        update: LearningUpdate,
        shown: list[ScreenDelivery],
        now: datetime,
    ) -> ChangeSet:
        """Everything that has to be on disk before anybody is told."""
        p = self._p
        purposes = {
            v.id: self._purposes(v.token, v, change_set.at, now) for v in transition.visits
        }
        for s in shown:
            if s.visit is not None:
                purposes.setdefault(
                    s.visit.id, self.composer.identity(s.person, s.visit, now).purposes
                )
        transition, change_set = p.side_effects.counted(transition, change_set, shown, purposes)
        return kept(transition, change_set, update, shown, purposes)

    def _note(
        self, transition: Transition, shown: Iterable[ScreenDelivery], at: datetime
    ) -> None:
        """Count, and tell whoever watches."""
        p = self._p
        by_id = {v.id: v for v in transition.visits}
        for fact in transition.facts:
            p.counters.facts[fact.name] += 1
            if p.activity.read:
                p.activity.fact(fact, None if fact.visit is None else by_id.get(fact.visit), at)
        for s in shown:
            p.counters.decided(
                s.made.decision.kind is ContentKind.PERSONAL, s.made.core_us / 1000
            )
            p.learning.recommended(s.made)
            if p.activity.read:
                p.activity.decision(s.made.decision, s.placement.surface, s.made.core_us, at)

    def _written(
        self, shown: list[ScreenDelivery], received: float | None, written: asyncio.Future[bool]
    ) -> None:
        """On disk: show it, where it may still be shown and nothing newer took its place."""
        if written.cancelled() or written.exception() is not None or not written.result():
            return
        self.on_disk()
        p = self._p
        now = p.clock.now()
        for s in shown:
            if not s.devices:
                continue
            if not self.allowed(s):
                p.counters.counts["withheld"] += 1
                continue
            message = address(s.made.decision, now, self.slots(s, now))
            for device in s.devices:
                if p.presence.is_showing(device, s.made.decision.id):
                    p.device_registry.show(device, s.placement.surface, message, now)
                    p.counters.counts["shows"] += 1
                    self.seen(s, device)
        if received is not None and any(s.devices for s in shown):
            took_s = asyncio.get_running_loop().time() - received
            p.counters.signal_to_screen_ms.add(took_s * 1000)
