"""What happens without a signal: quiet visits end, boards stay fresh, commands are heard, old data goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from devices.messages import Context, Trending, encode
from devices.topics import context_topic
from edge.domain.catalogue import Product
from edge.domain.clock import Clock
from edge.domain.ids import ItemKey, Token
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.transitions.visit_end import ended
from edge.domain.visit import EndReason
from edge.pipeline.executor import Executor
from edge.pipeline.online_learning import OnlineLearning
from edge.state.customers import CustomerCache
from edge.state.decider import Decider
from edge.state.device_registry import DeviceRegistry, Publish
from edge.state.identity_lookup import StoredDirectory
from edge.state.presence import Presence
from edge.storage import retention
from edge.storage.change_set import ChangeSet
from edge.storage.database import Database
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from models.moment import Moment

_IDLE_LOOK_S = 5.0
_BOARDS_S = 30.0
_COMPANY_S = 1.0
# The context is told anew when it has changed, which is looked at every second, or is this old.
_CONTEXT_S = 30.0
_CONTEXT_LOOK_S = 1.0
_BELL_S = 0.25
_WARM_S = 1.0
_FLEET_S = 1.0
_RETENTION_S = 3600.0
_TRENDING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParts:
    """What upkeep works with; put together in ``app``."""

    store: str
    idle: timedelta
    retention_days: dict[str, int]
    presence: Presence
    people: CustomerCache
    directory: StoredDirectory
    decider: Decider
    learning: OnlineLearning
    executor: Executor
    device_registry: DeviceRegistry
    bus: Publish
    database: Database
    clock: Clock
    devices: Callable[[], frozenset[str]]
    reload_shelves: Callable[[], Awaitable[None]]
    reload_model: Callable[[], Awaitable[None]]


class Jobs:
    """Parts for the supervisor; each runs for ever."""

    def __init__(self, house: JobParts) -> None:
        self._h = house
        self._erased = asyncio.Event()
        # Kept here and not in the part, so that a part that was started again misses no bell. Those rung while
        # the service was down are answered too: memory knows it all already, but a token in them must go.
        self._heard = 0

    async def end_quiet_visits(self) -> None:
        """End visits of which nothing was heard for the idle time; their screens are cleared."""
        h = self._h
        while True:
            await asyncio.sleep(_IDLE_LOOK_S)
            now = h.clock.now()
            at = h.clock.business(now)
            for visit in h.presence.quiet(now, h.idle):
                if h.presence.visit(visit.id) is not visit:
                    continue  # heard of, or ended, while the one before was being written
                await h.executor.enact(ended(visit, EndReason.IDLE, at), ChangeSet(at=at))

    async def watch_company(self) -> None:
        """Take what is personal off public screens when nobody has said for a while who stands there."""
        while True:
            await asyncio.sleep(_COMPANY_S)
            self._h.executor.look_round()

    async def refresh_boards(self) -> None:
        """Decide anew for every public display, so that it follows the hour and the trend."""
        h = self._h
        while True:
            await asyncio.sleep(_BOARDS_S)
            boards = (
                s
                for s in h.device_registry.all
                if s.surface == "display" and s.state == "ready"
            )
            wants = tuple(
                ContentRequest(
                    placement="display-zone",
                    visit=None,
                    device=s.device,
                    zone=h.device_registry.zone(s.device),
                )
                for s in boards
            )
            if wants:
                at = h.clock.business(h.clock.now())
                await h.executor.enact(Transition(facts=(), wants=wants), ChangeSet(at=at))

    async def tell_context(self) -> None:
        """Keep the store's retained context fresh: part of the day and what sells here; nobody's data."""
        h = self._h
        told: Context | None = None
        while True:
            context = self._context(h.clock.now())
            if told is None or _is_news(told, context):
                told = context
                h.bus.publish(
                    context_topic(h.store),
                    encode(context),
                    retain=True,
                    expiry_s=int(_CONTEXT_S * 4),
                )
            await asyncio.sleep(_CONTEXT_LOOK_S)

    async def hear_bells(self) -> None:
        """Take up what commands on this machine have changed in the database."""
        h = self._h
        while True:
            rung = h.database.read(partial(command_notifications.since, seq=self._heard))
            for seq, what, key in rung:
                await self._answer(what, key)
                self._heard = seq
            if rung:
                await h.database.write(
                    partial(command_notifications.acknowledge, seq=self._heard), essential=True
                )
            await asyncio.sleep(_BELL_S)

    async def warm_beacons(self) -> None:
        """Make the rotating ids of the next quarter of an hour before they are broadcast."""
        while True:
            done = self._h.directory.warm(self._h.clock.now())
            await asyncio.sleep(_WARM_S if done else 0.01)

    async def watch_fleet(self) -> None:
        """Forget devices whose account was taken away, and clear what they left at the broker."""
        while True:
            await asyncio.sleep(_FLEET_S)
            self._h.device_registry.revoked(await asyncio.to_thread(self._h.devices))

    async def let_go(self) -> None:
        """Every hour, erase what is past its retention."""
        h = self._h
        while True:
            await asyncio.sleep(_RETENTION_S)
            more = True
            while more:
                # Business time: what a replay keeps is dated by the recorded day.
                at = h.clock.business(h.clock.now())
                sweep = partial(retention.sweep, now=at, days=h.retention_days)
                more = (await h.database.write(sweep, essential=True)).more
            await h.database.checkpoint()

    async def _answer(self, what: CommandNotification, key: str) -> None:
        h = self._h
        match what:
            case CommandNotification.PERSON:
                self.changed(Token(key))
            case CommandNotification.ERASED:
                self.erased(Token(key))
            case CommandNotification.SHELVES:
                await h.reload_shelves()
            case CommandNotification.MODEL:
                await h.reload_model()

    def changed(self, token: Token) -> None:
        """A person's consents, habits or keys are different now."""
        self._h.directory.refresh(token)
        self._h.executor.recheck(token)

    def erased(self, token: Token) -> None:
        """A person is gone: their screens first, then memory."""
        self._h.directory.refresh(token)
        self._h.executor.recheck(token)
        self._h.people.forget(token)
        self._h.executor.forget(token)
        self._erased.set()

    async def shred(self) -> None:
        """After an erasure, empty the database's log, so that no byte of the person is left in it."""
        while True:
            await self._erased.wait()
            self._erased.clear()
            if not await self._h.database.checkpoint():
                self._erased.set()  # somebody is reading: once more
            await asyncio.sleep(_BELL_S)

    def _context(self, now: datetime) -> Context:
        h = self._h
        day, hour = h.decider.moment(h.clock.business(now))
        moment = Moment(day=day, hour=hour)
        catalogue = h.decider.catalogue
        products: Mapping[ItemKey, Product] = {} if catalogue is None else catalogue.products
        barred = frozenset[ItemKey]() if catalogue is None else catalogue.sensitive
        top = [ItemKey(int(key)) for key in h.learning.trend.top(_TRENDING * 4, moment)]
        barred |= frozenset(h.decider.out_of_stock)
        named = [products[key] for key in top if key in products and key not in barred]
        return Context(
            at=now,
            daypart=moment.daypart,
            trending=tuple(Trending(item_id=p.sku, headline=p.name) for p in named[:_TRENDING]),
        )


def _is_news(told: Context, context: Context) -> bool:
    age_s = (context.at - told.at).total_seconds()
    return age_s >= _CONTEXT_S or told.model_copy(update={"at": context.at}) != context
