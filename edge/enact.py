"""A turn is made real: decide what it asks for, write everything in one piece, and only then let the screens know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from devices.messages import Show
from edge.clock import Clock
from edge.deciding import Decider, Question
from edge.domain.decision import Kind
from edge.domain.ids import DecisionId, DeviceId, ItemKey, Token, VisitId
from edge.domain.placement import ARRIVAL, PLACEMENTS, Placement
from edge.domain.visit import Visit
from edge.floor import Floor
from edge.journal import Journal
from edge.learning import Learning, Lesson
from edge.people import People, Person
from edge.reception import Reception
from edge.screens import Screens
from edge.showing import (
    Brake,
    Shown,
    Wish,
    count_exposures,
    kept,
    private_slots,
    showing_of,
)
from edge.steps.identity import ANONYMOUS, Identity, identify
from edge.steps.touchpoint import address, nothing
from edge.storage.database import Database
from edge.storage.unit import Unit, save
from edge.tally import Tally
from edge.turns.endings import disowned
from edge.turns.scene import Turn, Want, again
from models.items import item_key

# Nobody's content at these places: without consent nothing is decided there at all.
_PERSONAL_ONLY = frozenset({ARRIVAL, "phone-home", "tablet-card"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the enactor works with; put together in ``app``."""

    floor: Floor
    people: People
    reception: Reception
    decider: Decider
    learning: Learning
    screens: Screens
    database: Database
    clock: Clock
    tally: Tally
    journal: Journal
    fresh_decision: Callable[[], DecisionId]
    ticket: Callable[[VisitId], str]


class Enactor:
    """Makes turns real, one after the other, without waiting in between: the order of calls is the order on disk."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self.brake = Brake()
        self.on_disk: Callable[[], None] = lambda: None

    def enact(
        self, turn: Turn, unit: Unit, *, received: float | None = None
    ) -> asyncio.Future[bool]:
        """Take ``turn``: memory and screens at once where privacy asks for it, everything else once it is on disk.

        Args:
            turn: What changes.
            unit: What the caller already has to write with it: the signal's own mark, a claim, a link.
            received: The loop's clock when the signal came in, for the delay to the screen.

        Returns:
            Resolves after the sync; False where the signal had been taken before and nothing was written.
        """
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        self._clear(turn)
        buyer = p.floor.buyer(turn.basket)
        p.floor.take(turn, now)
        if turn.customer is not None:
            p.people.welcome(turn.customer)
        for entry in turn.consents:
            p.people.heard(entry.token, (entry,))
        if p.journal.read and turn.basket is not None and p.decider.catalogue is not None:
            p.journal.basket(turn, p.decider.catalogue, p.learning.hits(turn.basket), at)
        lesson = p.learning.take(turn, buyer, at, now)
        wants = (*turn.wants, *p.floor.speaking_of(lesson.sold_out, now))
        shown = [s for want in wants for s in self._decide(want, at, now)]
        whole = self._whole(turn, unit, lesson, shown, now)
        for visit in turn.visits:
            if visit.ended_at is not None:
                p.people.part(visit.token)
        self._note(turn, shown, at)
        written = p.database.submit(partial(save, unit=whole), essential=bool(turn.consents))
        written.add_done_callback(partial(self._written, shown, received))
        return written

    def answer(
        self, device: DeviceId, placement: Placement, limit: int, visit: Visit | None
    ) -> tuple[Shown, asyncio.Future[bool]]:
        """Decide for a device that asks; it is on disk when the future resolves."""
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        wish = Wish(placement=placement, limit=limit, zone=p.screens.zone(device))
        shown = self._made(wish, visit, at, now)
        p.floor.shows(device, showing_of(shown, now), asked=True)
        whole = self._whole(Turn(facts=()), Unit(at=at), Lesson(), [shown], now)
        self._note(Turn(facts=()), [shown], at)
        return shown, p.database.submit(partial(save, unit=whole))

    def too_late(self, placement: Placement) -> Show:
        """The answer to a question whose time was over before anything was decided."""
        p = self._p
        catalogue = p.decider.catalogue
        config = "" if catalogue is None else catalogue.digest
        return nothing(p.fresh_decision(), placement, p.clock.now(), config, late=True)

    def sold_out(self, items: frozenset[ItemKey]) -> None:
        """These products are gone: whatever shows one of them shows something else."""
        wants = self._p.floor.speaking_of(items, self._p.clock.now())
        if wants:
            at = self._p.clock.business(self._p.clock.now())
            self.enact(Turn(facts=(), wants=wants), Unit(at=at))

    def allowed(self, shown: Shown) -> bool:
        """Whether it may still be shown: consent is asked again at the last moment."""
        token = shown.made.decision.token
        if token is None:
            return True
        now = self._p.clock.now()
        person = self._p.people.meet(token, self._p.clock.business(now))
        identity = ANONYMOUS if self.brake.on else self._identity(person, shown.visit, now)
        return shown.placement.purpose in identity.purposes

    def seen(self, shown: Shown) -> None:
        """It has gone to its screen; what a till shows is held against what is scanned afterwards."""
        self._p.learning.shown(shown.made)

    def slots(self, shown: Shown, now: datetime) -> dict[str, JsonValue]:
        """What a private screen is told beside the items, at the real instant ``now``."""
        return private_slots(shown, self._p.clock.business(now), self._p.ticket)

    def recheck(self, token: Token) -> asyncio.Future[bool] | None:
        """A person was changed elsewhere: read them anew, and if a purpose is gone, so is what stood on it."""
        p = self._p
        now = p.clock.now()
        at = p.clock.business(now)
        visit = p.floor.of_person(token)
        before = self._identity(p.people.meet(token, at), visit, now).purposes
        p.people.refresh(token, at)
        if visit is None:
            return None
        after = self._identity(p.people.meet(token, at), visit, now).purposes
        if after == before:
            return None
        if not after:
            basket = p.floor.basket(visit.basket)
            turn = disowned(visit, basket, at, p.reception.fresh_visit())
        else:
            turn = Turn(facts=(), visits=(visit,), clear=(visit.id,), wants=again(visit))
        return self.enact(turn, Unit(at=at))

    def pause(self, *, on: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self.brake.on = on
        if on:
            self._clear(Turn(facts=(), clear=self._p.floor.personal_screens()))

    def _clear(self, turn: Turn) -> None:
        """Wipe every screen that speaks of these visits, before anything else."""
        for visit in turn.clear:
            for device, surface in self._p.floor.wipe(visit):
                self._p.screens.clear(device, surface, visit)

    def _decide(self, want: Want, at: datetime, now: datetime) -> list[Shown]:
        """The content for a wish, if anybody is there to see it and it may be made."""
        p = self._p
        placement = PLACEMENTS[want.placement]
        visit = p.floor.visit(want.visit)
        devices = () if placement.name == ARRIVAL else p.screens.targets(want)
        if placement.name != ARRIVAL and not devices:
            return []
        if placement.name in _PERSONAL_ONLY:
            person = p.people.meet(None if visit is None else visit.token, at)
            if (
                placement.purpose not in self._identity(person, visit, now).purposes
                or self.brake.on
            ):
                return []
        wish = Wish(placement=placement, limit=placement.limit, zone=want.zone, devices=devices)
        return [self._made(wish, visit, at, now)]

    def _made(self, wish: Wish, visit: Visit | None, at: datetime, now: datetime) -> Shown:
        p = self._p
        placement = wish.placement
        person = None
        if placement.public:
            visit = None  # what everybody sees is nobody's, whoever asked
        if visit is not None and not self.brake.on:
            person = p.people.meet(visit.token, at)
        identity = self._identity(person, visit, now)
        basket = None if visit is None else p.floor.basket(visit.basket)
        inside = None if visit is None else visit.id
        made = p.decider.make(
            Question(
                id=p.fresh_decision(),
                placement=placement,
                limit=wish.limit,
                at=at,
                visit=inside,
                zone=wish.zone if visit is None else visit.zone,
                person=None if identity.customer is None else person,
                purposes=identity.purposes,
                basket=()
                if basket is None
                else tuple(ItemKey(item_key(s)) for s in basket.skus),
                elsewhere=p.floor.elsewhere(inside, placement.surface, now),
            )
        )
        shown = Shown(
            made=made, placement=placement, devices=wish.devices, person=person, visit=visit
        )
        count_exposures(shown)
        if wish.devices:
            showing = showing_of(shown, now)
            for device in wish.devices:
                p.floor.shows(device, showing)
        return shown

    def _identity(self, person: Person | None, visit: Visit | None, now: datetime) -> Identity:
        if person is None or visit is None:
            return ANONYMOUS
        return identify(person.customer, visit.method, self._p.reception.policy, now)

    def _whole(
        self, turn: Turn, unit: Unit, lesson: Lesson, shown: list[Shown], now: datetime
    ) -> Unit:
        """Everything that has to be on disk before anybody is told."""
        p = self._p
        purposes = {
            v.id: self._identity(p.people.meet(v.token, unit.at), v, now).purposes
            for v in turn.visits
        }
        for s in shown:
            if s.visit is not None:
                purposes.setdefault(s.visit.id, self._identity(s.person, s.visit, now).purposes)
        return kept(turn, unit, lesson, shown, purposes)

    def _note(self, turn: Turn, shown: Iterable[Shown], at: datetime) -> None:
        """Count, and tell whoever watches."""
        p = self._p
        by_id = {v.id: v for v in turn.visits}
        for fact in turn.facts:
            p.tally.facts[fact.name] += 1
            if p.journal.read:
                p.journal.fact(fact, None if fact.visit is None else by_id.get(fact.visit), at)
        for s in shown:
            p.tally.decided(s.made.decision.kind is Kind.PERSONAL, s.made.core_us / 1000)
            p.learning.recommended(s.made)
            if p.journal.read:
                p.journal.decision(s.made.decision, s.placement.surface, s.made.core_us, at)

    def _written(
        self, shown: list[Shown], received: float | None, written: asyncio.Future[bool]
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
                p.tally.counts["withheld"] += 1
                continue
            message = address(s.made.decision, now, self.slots(s, now))
            for device in s.devices:
                if p.floor.is_showing(device, s.made.decision.id):
                    p.screens.show(device, s.placement.surface, message, now)
                    p.tally.counts["shows"] += 1
                    self.seen(s)
        if received is not None and any(s.devices for s in shown):
            took_s = asyncio.get_running_loop().time() - received
            p.tally.signal_to_screen_ms.add(took_s * 1000)
