"""A transition is made real: memory first, then all rows in one write, and only then the screens.

The intake calls `execute` for every signal, jobs and triggers for what happens without one; `answer` decides for a
device that asks. Behind it stand `ContentComposer` (what to show) and `ScreenSender` (showing it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from edge.domain.clock import Clock
from edge.domain.consent import Purpose, taken_back
from edge.domain.currency import StoreCurrency
from edge.domain.decision import ContentKind
from edge.domain.ids import DeviceId, VisitId
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.visit import Visit
from edge.pipeline.corrections import CorrectedTurn
from edge.pipeline.delivery import (
    ContentComposer,
    ScreenDelivery,
    exposures_of,
    screen_content_of,
)
from edge.pipeline.offer_responses import OfferResponses, with_answers
from edge.pipeline.online_learning import LearningUpdate, OnlineLearning
from edge.pipeline.outbound_events import addressed, decided, priced
from edge.pipeline.screen_sender import ScreenSender
from edge.pipeline.side_effects import SideEffects
from edge.state.activity_feed import ActivityFeed
from edge.state.counters import Counters
from edge.state.in_store import InStore
from edge.storage.change_set import ChangeSet, save
from edge.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorParts:
    """What the executor works with; put together in ``app``."""

    in_store: InStore
    learning: OnlineLearning
    offer_responses: OfferResponses
    side_effects: SideEffects
    composer: ContentComposer
    sender: ScreenSender
    activity: ActivityFeed
    counters: Counters
    database: Database
    clock: Clock


class Executor:
    """Makes transitions real, one after the other, without waiting: the order of calls is the order on disk."""

    def __init__(self, parts: ExecutorParts) -> None:
        self._parts = parts
        self._gate = parts.composer.gate
        self._people = parts.composer.gate.people
        # The service puts the nudge of the uplink here, where there is a centre.
        self.on_disk: Callable[[], None] = lambda: None

    def execute(
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
        p = self._parts
        now = p.clock.now()
        # What is told late is booked to its own hour.
        at = change_set.at if transition.late else p.clock.business(now)
        # Screens are wiped first: nothing below may fail before what must not be seen is gone.
        p.sender.clear(transition.clear)
        # Memory before any decision: content must know already what this signal has changed.
        update = self._remember(transition, at, now)
        answers = p.offer_responses.record(transition, at, p.clock.latest())
        effects = p.side_effects.triggered(transition, at, now)
        requests = (
            *transition.wants,
            *effects.wants,
            *p.in_store.screens.replacing(update.sold_out, now),
            # With every signal: any of them may have brought a second person before a public screen.
            *p.sender.clear_overlooked(now),
        )
        shown = self._composed(requests, at, now)
        transition = replace(transition, facts=(*transition.facts, *answers.redemptions.facts))
        change_set = replace(
            with_answers(change_set, answers),
            messages=(*change_set.messages, *effects.messages),
            reminders=(*change_set.reminders, *effects.reminders),
        )
        whole = self._whole(transition, change_set, update, shown, now)
        # Only behind the decisions: those of this very signal still go by the habits frozen for the visit.
        for visit in transition.visits:
            # Of long ago: whoever is here by now goes on by the habits that they came with.
            if (
                visit.ended_at is not None
                and p.in_store.presence.of_person(visit.token) is None
            ):
                self._people.visit_ended(visit.token)
        self._note(transition, shown, at)
        # A consent protects somebody, so it is written on a nearly full disk too.
        written = p.database.submit(
            partial(save, change_set=whole), essential=bool(transition.consents)
        )
        written.add_done_callback(partial(self._written, shown, received))
        return written

    def answer(
        self, device: DeviceId, request: ContentRequest, visit: Visit | None
    ) -> tuple[ScreenDelivery, asyncio.Future[bool]]:
        """Decide for a device that asks; it is on disk when the future resolves."""
        p = self._parts
        now = p.clock.now()
        at = p.clock.business(now)
        shown = p.composer.decide(request, visit, at, now)
        p.in_store.screens.put(device, screen_content_of(shown, now), asked=True)
        nothing = Transition(facts=())
        whole = self._whole(nothing, ChangeSet(at=at), LearningUpdate(), [shown], now)
        self._note(nothing, [shown], at)
        # What all may see may contradict a screen of the same person: that one shows something else.
        if requests := p.composer.contradicted([shown], now):
            self.request_content(requests)
        return shown, p.database.submit(partial(save, change_set=whole))

    def request_content(self, requests: tuple[ContentRequest, ...]) -> asyncio.Future[bool]:
        """Decide anew for these screens, without a signal."""
        clock = self._parts.clock
        change_set = ChangeSet(at=clock.business(clock.now()))
        return self.execute(Transition(facts=(), wants=requests), change_set)

    def _remember(self, transition: Transition, at: datetime, now: datetime) -> LearningUpdate:
        """Let memory follow: who is here, who agreed to what, and what a sale teaches."""
        p = self._parts
        # Before `apply`: afterwards the basket is already the new person's.
        buyers = p.in_store.presence.buyers(transition)
        p.in_store.apply(transition, now)
        # Before the consents: those are added to who is in mind, and nobody else is yet.
        if transition.customer is not None:
            self._people.enrol(transition.customer)
        for entry in transition.consents:
            self._people.add_consents(entry.token, (entry,))
        # A no that comes in by a signal; one from the centre or a command takes the way of the takedown.
        p.side_effects.withdrawn(taken_back(transition.consents, Purpose.PERSONALISE_PRIVATE))
        if p.activity.read and transition.basket is not None:
            p.activity.basket(transition, p.learning.hits(transition.basket), at)
        return p.learning.learn(transition, buyers, at, now)

    def _composed(
        self, requests: Iterable[ContentRequest], at: datetime, now: datetime
    ) -> list[ScreenDelivery]:
        """Everything that is asked for, and once more what contradicts a display by then."""
        composer = self._parts.composer
        shown = [s for request in requests for s in composer.compose(request, at, now)]
        # One more round is enough: what gives way is personal, and what is personal makes nothing give way.
        second = composer.contradicted(shown, now)
        return shown + [s for request in second for s in composer.compose(request, at, now)]

    def _whole(
        self,
        transition: Transition,
        change_set: ChangeSet,
        update: LearningUpdate,
        shown: list[ScreenDelivery],
        now: datetime,
    ) -> ChangeSet:
        """Everything that has to be on disk before anybody is told."""
        purposes = {
            v.id: self._gate.purposes(v.token, v, change_set.at, now) for v in transition.visits
        }
        for s in shown:
            if s.visit is not None:
                # A visit that only a screen was decided for is asked as it was for the decision.
                purposes.setdefault(
                    s.visit.id, self._gate.identity(s.person, s.visit, now).purposes
                )
        side_effects = self._parts.side_effects
        transition, change_set = side_effects.counted(transition, change_set, shown, purposes)
        # What is told late was learned by its own hour, all else by this one.
        at = change_set.at if transition.late else self._parts.clock.business(now)
        turn = side_effects.corrections.after(transition, change_set, update, at, now)
        currency = self._parts.composer.decider.site.currency
        return _completed(turn, shown, purposes, currency)

    def _note(
        self, transition: Transition, shown: Iterable[ScreenDelivery], at: datetime
    ) -> None:
        """Count, and tell whoever watches."""
        p = self._parts
        by_id = {v.id: v for v in transition.visits}
        for fact in transition.facts:
            p.counters.facts[fact.name] += 1
            p.counters.counts["differing"] += bool(fact.properties.get("differs"))
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
        """On disk: show it. What the disk did not take, and a signal taken before, changes no screen."""
        if written.cancelled() or written.exception() is not None or not written.result():
            return
        self.on_disk()
        self._parts.sender.send(shown)
        # What led to no screen says nothing of the delay to one.
        if received is not None and any(s.devices for s in shown):
            self._parts.sender.measure(received)


def _completed(
    turn: CorrectedTurn,
    shown: Sequence[ScreenDelivery],
    purposes: Mapping[VisitId, frozenset[Purpose]],
    currency: StoreCurrency,
) -> ChangeSet:
    """The caller's rows with those of the transition, of what was learned and of what was decided.

    Args:
        turn: What changes, what the caller has to write with it, and what was learned from it.
        shown: What was decided because of it.
        purposes: What holds for each visit; a fact goes under its person's name only where they share.
        currency: Of every amount that the centre is told.
    """
    transition, change_set, update = turn.transition, turn.change_set, turn.update
    made = [s.made for s in shown]
    nothing = frozenset[Purpose]()
    facts = (*transition.facts, *(decided(m.decision) for m in made))
    # By owner too: two people with equal habits have a row each, so that one's erasure leaves the other's.
    snapshots = {(shot.digest, shot.token): shot for m in made for shot in m.snapshots}
    return replace(
        change_set,
        customers=(
            *change_set.customers,
            *(() if transition.customer is None else (transition.customer,)),
        ),
        consents=(*change_set.consents, *transition.consents),
        visits=transition.visits,
        baskets=transition.baskets,
        snapshots=tuple(snapshots.values()),
        decisions=tuple(m.stored for m in made),
        exposures=tuple(e for s in shown for e in exposures_of(s)),
        profiles=update.profiles,
        # What was undone is the later word on a wallet.
        coupons={**update.coupons, **change_set.coupons},
        trend=update.trend,
        pairs=update.pairs,
        co_views=update.co_views,
        sold=update.taken,
        facts=tuple(
            priced(fact, currency)
            for fact in (
                *(
                    addressed(f, nothing if f.visit is None else purposes.get(f.visit, nothing))
                    for f in facts
                ),
                # Corrections tell of others than those of the transition, and have asked for themselves.
                *change_set.facts,
            )
        ),
    )
