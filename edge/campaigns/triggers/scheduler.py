"""What triggers do without a signal: watch the clock, look who stays and who stays away, and send what is due.

The supervisor runs it beside the pipeline; what fires goes through the executor like any signal.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from cloud_sync import deadlines
from edge.campaigns.triggers.audience_scan import AudienceScan
from edge.campaigns.triggers.engine import NOTHING, TriggerEffects, Triggers
from edge.campaigns.triggers.messages_text import ScreenNotice, wants_at
from edge.campaigns.triggers.observation_gap import NOTE as WATCHED
from edge.campaigns.triggers.observation_gap import ObservationGap
from edge.campaigns.triggers.person_context import midnight
from edge.campaigns.triggers.sending import MARK, MessageSender, SendingVerdict, write
from edge.campaigns.triggers.signals.registry import staying
from edge.domain.audience import ConditionValue
from edge.domain.clock_check import ClockCheck
from edge.domain.consent import Purpose
from edge.domain.identity import identify
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.trigger import MessageState, TriggerEvent, TriggerMessage
from edge.domain.visit import Visit
from edge.state.catalogue import Ages
from edge.storage.change_set import ChangeSet
from edge.storage.operations import box_facts
from edge.storage.people import messages

# Often enough that a published trigger is listened to within seconds.
_LOOK_S = 2.0
# Messages that are settled between two breaths.
_AT_ONCE = 100
# People are asked about once a local day, not before this hour.
_DAILY_HOUR = 6
_ASKED = "triggers-asked"
_A_MOMENT = timedelta(seconds=1)

Execute = Callable[[Transition, ChangeSet], "asyncio.Future[bool]"]


class TriggerScheduler:
    """A part for the supervisor: ``run`` goes on for ever, ``look`` is one round of it."""

    def __init__(
        self,
        triggers: Triggers,
        ages: Ages,
        *,
        execute: Execute,
        reaches: Callable[[ContentRequest], bool],
    ) -> None:
        """``execute`` makes a transition real, as for a signal; ``reaches``: whether a screen is there for it."""
        self._triggers = triggers
        self._parts = triggers.parts
        self._execute = execute
        self._reaches = reaches
        self._sender = MessageSender(triggers, ages)
        self._audience_scan = AudienceScan(triggers)
        self._stays: Mapping[tuple[TriggerEvent, str], Mapping[str, ConditionValue]] = {}
        self.clock = ClockCheck()
        self._observation_gap = ObservationGap(
            triggers.parts.database.read(lambda conn: box_facts.find(conn, WATCHED))
        )

    async def run(self) -> None:
        """Look every two seconds, for ever."""
        while True:
            await self.look(asyncio.get_running_loop().time())
            await asyncio.sleep(_LOOK_S)

    async def look(self, steady_s: float) -> None:
        """One round. ``steady_s``: the machine's own clock, which nobody can set; if the other jumps, all is still."""
        triggers, now = self._triggers, self._parts.clock.now()
        at = self._parts.clock.business(now)
        triggers.follow()
        # What the machine says and not what is believed: both agree again when a leap has settled, and that is early.
        triggers.doubt_s = self.clock.observe(self._parts.clock.wall(), steady_s)
        if triggers.doubt_s:
            self._parts.counters.counts["trigger-clock-doubtful"] += 1
            self._observation_gap.end()
            return
        # Also while paused: the brake stops what is said, not what is seen.
        if (note := self._observation_gap.watch(at)) is not None:
            await self._parts.database.write(partial(box_facts.put, name=WATCHED, value=note))
        if triggers.paused():
            return
        await self._ask_who_stays(at, now)
        if triggers.stock_news:
            # Taken before the first await: what comes in meanwhile is the next round's.
            news = tuple(triggers.stock_news)
            triggers.stock_news.clear()
            await self._real(await self._audience_scan.tell_news(news, at, now), at)
        await self._send(at, now)
        # Last: going through everybody takes longest, and what is due does not wait for it.
        await self._ask_daily(at, now)

    async def _ask_who_stays(self, at: datetime, now: datetime) -> None:
        """Ask once a minute and stay: what was said of the third minute is not said again two seconds later."""
        found = NOTHING
        stays = [
            (visit, occasion)
            for visit in self._parts.presence.visits
            if visit.token
            for occasion in staying(visit, at)
        ]
        for visit, occasion in stays:
            if self._stays.get((occasion.signal, occasion.key)) != occasion.facts:
                found = found.beside(self._triggers.tell(visit, [occasion], at, now))
        self._stays = {(one.signal, one.key): one.facts for _, one in stays}
        await self._real(found, at)

    async def _real(self, found: TriggerEffects, at: datetime) -> None:
        if found.wants or found.messages:
            await self._execute(
                Transition(facts=(), wants=found.wants),
                ChangeSet(at=at, messages=found.messages),
            )

    async def _send(self, at: datetime, now: datetime) -> None:
        """Settle every message whose term has begun, and own up to those that left too late."""
        wants = list[ContentRequest]()
        # One after the other, each once the last is on disk: its message counts for the same person's day.
        for message in self._due(at):
            visit = self._parts.presence.of_person(message.token)
            places = self._places(message, visit)
            here = self._here(visit, at, now) if places else frozenset[Purpose]()
            verdict = self._sender.judge(message, at, now, here)
            self._count(verdict)
            # Consent is read again inside; what was written counts, not what was judged.
            state = await self._parts.database.write(
                partial(write, verdict=verdict, at=at, now=now)
            )
            self._note(state)
            if state is MessageState.SENT and message.purpose in here:
                self._show(message, at, now)
                wants += places
        await self._real(TriggerEffects(wants=tuple(dict.fromkeys(wants))), at)
        # A look first: mostly nothing was late, and nothing need be written.
        missed = await self._parts.database.write(_own_up) if self._any_missed() else 0
        self._parts.counters.counts["message-expired"] += missed

    def _due(self, at: datetime) -> Iterable[TriggerMessage]:
        """What is to be looked at, and what waits for somebody who is here, each once."""
        read = self._parts.database.read
        found = {one.id: one for one in read(partial(messages.due, at=at, limit=_AT_ONCE))}
        # Beside the limit: who is here does not wait behind a long queue of others.
        for visit in self._parts.presence.visits:
            if visit.token is not None:
                mine = read(partial(messages.due_for, token=visit.token, at=at))
                found |= {one.id: one for one in mine}
        return found.values()

    def _places(
        self, message: TriggerMessage, visit: Visit | None
    ) -> tuple[ContentRequest, ...]:
        """Where the words can stand, if their person is here and has a screen, or one serves them."""
        trigger = self._triggers.library.by_id.get(message.trigger)
        if visit is None or trigger is None:
            return ()
        return tuple(want for want in wants_at(trigger.refresh, visit) if self._reaches(want))

    def _here(self, visit: Visit | None, at: datetime, now: datetime) -> frozenset[Purpose]:
        """What holds for somebody's visit."""
        person = None if visit is None else self._parts.people.find(visit.token, at)
        if visit is None or person is None:
            return frozenset()
        return identify(person.customer, visit.method, self._parts.policy, now).purposes

    def _show(self, message: TriggerMessage, at: datetime, now: datetime) -> None:
        """Put the words on the person's own screens, as long as the message is good."""
        notice = ScreenNotice(
            headline=message.headline,
            text=message.text,
            reason=message.reason,
            purpose=message.purpose,
            # What is left of its term in business time, from now on in real time, which screens go by.
            until=now + (message.expires_at - at),
        )
        self._triggers.notify(message.token, notice, now)

    def _count(self, verdict: SendingVerdict) -> None:
        """Caps count from the moment of judging: while it is written, a screen may ask for the same offer."""
        shown = verdict.exposure
        touch = None if shown is None else shown.touch
        if shown is None or touch is None:
            return
        person = self._parts.people.find(shown.token, shown.at)
        if person is not None:
            person.memory.touched(touch)

    def _note(self, state: MessageState | None) -> None:
        if state is None or state is MessageState.PENDING:
            return
        self._parts.counters.counts[f"message-{state.value}"] += 1

    def _any_missed(self) -> bool:
        return self._parts.database.read(deadlines.is_any_missed)

    async def _ask_daily(self, at: datetime, now: datetime) -> None:
        day, hour = self._parts.site.moment(at)
        asked = self._parts.database.read(lambda conn: box_facts.find(conn, _ASKED))
        if hour < _DAILY_HOUR or asked == str(day):
            return
        # The day that ended a moment before today began: 24 hours earlier may be another one where the clock changes.
        yesterday = midnight(
            midnight(at, self._parts.site.zone) - _A_MOMENT, self._parts.site.zone
        )
        await self._audience_scan.morning(
            at, now, watched=self._observation_gap.holds_since(yesterday)
        )
        # Noted at the end: a scan that was cut short is done again, and no firing counts twice.
        await self._parts.database.write(partial(box_facts.put, name=_ASKED, value=str(day)))


def _own_up(conn: sqlite3.Connection) -> int:
    """Messages that were handed on and dropped for being late were never sent."""
    return messages.expire(
        conn, [id_.removesuffix(MARK) for id_ in deadlines.take_missed(conn)]
    )
