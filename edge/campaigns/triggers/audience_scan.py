"""Looks through the people whom the store knows: who is due, who stayed away, whom news of the shelves concerns.

The scheduler calls it once a morning and after news of the shelves; the engine decides what fires.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.campaigns.triggers.engine import NOTHING, TriggerEffects, Triggers
from edge.campaigns.triggers.habits import regular_items
from edge.campaigns.triggers.person_context import agreed
from edge.campaigns.triggers.signals.registry import SIGNALS, stayed_away
from edge.domain.customer import Customer
from edge.domain.ids import ItemKey, Token
from edge.domain.trigger import Occasion, TriggerMessage
from edge.storage.people import customers, messages, profiles, reminders
from models.features.profile import Profile

# Profiles that are read at once: half a megabyte, a millisecond of the loop.
_AT_ONCE = 20
# Between two people, so that whoever stands before a screen does not wait for those at home.
_BREATH_S = 0.005
_NO_WISH: frozenset[ItemKey] = frozenset()

Asked = Mapping[Token, frozenset[ItemKey]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Somebody who is not here, and agreed to what some trigger asks for. Their habits are opened after that."""

    customer: Customer
    profile: Profile


class AudienceScan:
    """Fires for people who are not here; those who are in the store hear of things through their visit."""

    def __init__(self, triggers: Triggers) -> None:
        self._triggers = triggers
        self._parts = triggers.parts

    async def morning(self, at: datetime, now: datetime, *, watched: bool) -> int:
        """Ask about everybody once a day; returns how many messages were queued.

        ``watched``: whether all of yesterday was seen, so that who did not come surely stayed away.
        """
        queued = 0
        async for known in self._everybody(now):
            today = self._triggers.today(known.profile, at)
            due = self._triggers.due(today)
            if watched:
                due += stayed_away(today)
            queued += await self._tell(known, self._about(due, known.profile), now)
        return queued

    async def tell_news(
        self, news: Sequence[Occasion], at: datetime, now: datetime
    ) -> TriggerEffects:
        """Tell news of the shelves to whom it concerns; returns what follows for those who are here.

        It concerns whoever asked to be reminded of the product or buys it regularly; that little is left
        concerns only who is here.
        """
        items = frozenset(one.item for one in news if one.item is not None)
        asked = self._parts.database.read(lambda conn: reminders.asked(conn, items))
        absent = [one for one in news if not SIGNALS[one.signal].only_who_is_here]
        if absent:
            async for known in self._everybody(now, asked):
                wished = asked.get(known.customer.token, _NO_WISH)
                concerned = list(self._concerning(absent, known.profile, wished))
                await self._tell(known, concerned, now)
        return self._inside(news, asked, at, now)

    def _inside(
        self, news: Iterable[Occasion], asked: Asked, at: datetime, now: datetime
    ) -> TriggerEffects:
        found = NOTHING
        # No await until the end: visits come and go while one waits.
        for visit in self._parts.presence.visits:
            person = self._parts.people.find(visit.token, at)
            if person is not None:
                wished = asked.get(person.customer.token, _NO_WISH)
                concerned = list(self._concerning(news, person.profile, wished))
                found = found.beside(self._triggers.tell(visit, concerned, at, now))
        return found

    def _concerning(
        self, news: Iterable[Occasion], profile: Profile, wished: frozenset[ItemKey]
    ) -> Iterator[Occasion]:
        items = [one.item for one in news if one.item is not None]
        concerned = {*regular_items(profile, items), *wished}
        for one in news:
            if one.item in concerned:
                yield self._triggers.known.about(one, profile, asked=one.item in wished)

    def _about(self, occasions: Iterable[Occasion], profile: Profile) -> list[Occasion]:
        return [self._triggers.known.about(one, profile) for one in occasions]

    async def _tell(self, known: _Known, occasions: Sequence[Occasion], now: datetime) -> int:
        """Fire for somebody who is not here, and wait until it is on disk."""
        triggers = self._triggers
        # Asked for each person: the scan is long, and a brake pulled meanwhile must stop it.
        if not occasions or triggers.still:
            return 0
        listener = triggers.known.outside(known.customer, known.profile, occasions[0].at, now)
        fired = triggers.fire(known.customer.token, occasions, listener).messages
        return await self._queue(fired) if fired else 0

    async def _queue(self, fired: Sequence[TriggerMessage]) -> int:
        def queue(conn: sqlite3.Connection) -> int:
            # The queue refuses who was erased while the scan breathed, and a firing that is there already.
            return sum(messages.queue(conn, message) for message in fired)

        return await self._parts.database.write(queue)

    async def _everybody(
        self, now: datetime, beside: Iterable[Token] = ()
    ) -> AsyncIterator[_Known]:
        """Everybody with a profile, and those ``beside`` them without one; the loop breathes after each."""
        seen = set[Token]()
        last = ""
        while some := self._some(last):
            for token, body in some:
                seen.add(token)
                if (known := self._meet(token, body, now)) is not None:
                    yield known
                # Also after somebody who is passed over: to read them took the loop as well.
                await asyncio.sleep(_BREATH_S)
            last = str(some[-1][0])
        for token in sorted({*beside} - seen):
            if (known := self._meet(token, None, now)) is not None:
                yield known

    def _some(self, last: str) -> tuple[tuple[Token, bytes], ...]:
        return self._parts.database.read(lambda conn: profiles.after(conn, last, _AT_ONCE))

    def _meet(self, token: Token, body: bytes | None, now: datetime) -> _Known | None:
        """Consent is asked before anybody's habits are opened."""
        if self._parts.presence.of_person(token) is not None:
            return None
        customer = self._parts.database.read(lambda conn: customers.find(conn, token))
        wanted = {trigger.purpose for trigger in self._triggers.library.triggers}
        if customer is None or not agreed(customer, self._parts.policy, now) & wanted:
            return None
        profile = Profile.empty() if body is None else Profile.from_bytes(body)
        return _Known(customer=customer, profile=profile)
