"""What happens without a signal: quiet visits end, boards stay fresh, commands are heard, old data goes.

The service hands every job to the supervisor under a name; each runs for ever and acts through the executor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from devices.messages import Context, Trending, encode
from devices.topics import context_topic
from edge.domain.basket import BasketState
from edge.domain.clock import Clock
from edge.domain.ids import ItemKey, Token
from edge.domain.placement import BOARDS
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import ContentRequest
from edge.domain.transitions.visit_end import ended, left_behind, stay_of
from edge.domain.visit import EndReason, Visit
from edge.pipeline.executor import Executor
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.service_about import ServiceAboutJob
from edge.pipeline.takedown import ContentTakedown
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache
from edge.state.device_registry import DeviceRegistry, Publish
from edge.state.identity_lookup import StoredDirectory
from edge.state.presence import Presence
from edge.storage import retention
from edge.storage.change_set import ChangeSet
from edge.storage.database import Database
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from models.moment import Moment

# The idle time is set in whole minutes.
_IDLE_LOOK_S = 5.0
# As often as the hour's and the trend's best sellers may move a board.
_BOARDS_S = 30.0
# A count is believed for ten seconds: what has grown old is found within one.
_HEADCOUNT_S = 1.0
# The context is told anew when it has changed, which is looked at every second, or is this old.
_CONTEXT_S = 30.0
_CONTEXT_LOOK_S = 1.0
# A command waits for its effect, so it is looked for four times a second.
_COMMANDS_S = 0.25
_WARM_S = 1.0
# A revoked device's line is cut within a second; what it left behind goes as fast.
_FLEET_S = 1.0
# Terms are set in days.
_RETENTION_S = 3600.0
_TRENDING = 5

Job = Callable[[], Awaitable[None]]
"""Runs for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenJobs:
    """Ends quiet visits and keeps the public screens true. ``idle``: so long without a signal a visit lasts."""

    idle: timedelta
    presence: Presence
    executor: Executor
    takedown: ContentTakedown
    device_registry: DeviceRegistry
    clock: Clock

    async def end_idle_visits(self) -> None:
        """End visits of which nothing was heard for the idle time; their screens are cleared."""
        while True:
            await asyncio.sleep(_IDLE_LOOK_S)
            now = self.clock.now()
            at = self.clock.business(now)
            for visit in self.presence.idle_visits(now, self.idle):
                # Writing lets the loop go on, so the list may be out of date by now.
                if self.presence.visit(visit.id) is not visit:
                    continue  # heard of, or ended, while the one before was being written
                await self._end(visit, at)
            for basket in self.presence.orphans(now, self.idle):
                over = left_behind(stay_of(basket, at), basket, at)
                await self.executor.execute(over, ChangeSet(at=at))

    def _end(self, visit: Visit, at: datetime) -> asyncio.Future[bool]:
        """The end of a visit and of what lies at the till: its number is free for the next customer."""
        for basket in self.presence.living_of(visit.id):
            if basket.state is BasketState.OPEN:
                transition = left_behind(visit, basket, at)
                self.executor.execute(transition, ChangeSet(at=at))
                (visit,) = transition.visits
        # In memory all of it is done at once; the disk takes it in this order.
        return self.executor.execute(ended(visit, EndReason.IDLE, at), ChangeSet(at=at))

    async def watch_headcounts(self) -> None:
        """Take what is personal off public screens when nobody has said for a while who stands there."""
        while True:
            await asyncio.sleep(_HEADCOUNT_S)
            self.takedown.recheck_public_screens()

    async def refresh_boards(self) -> None:
        """Decide anew for every public display, so that it follows the hour and the trend."""
        while True:
            await asyncio.sleep(_BOARDS_S)
            requests = tuple(
                ContentRequest(
                    placement=BOARDS[s.surface].name,
                    visit=None,
                    device=s.device,
                    zone=self.device_registry.zone(s.device),
                )
                for s in self.device_registry.all
                if s.surface in BOARDS and s.state == "ready"
            )
            if requests:
                await self.executor.request_content(requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreContextJob:
    """Publishes the store's retained context: part of the day and what sells here; nobody's data."""

    store: str
    site: StoreSite
    catalogue: CurrentCatalogue
    learning: OnlineLearning
    bus: Publish
    clock: Clock

    async def publish(self) -> None:
        """Tell it when it has changed, and again before it grows old."""
        told: Context | None = None
        while True:
            context = self._context(self.clock.now())
            if told is None or _is_news(told, context):
                told = context
                self.bus.publish(
                    context_topic(self.store),
                    encode(context),
                    retain=True,
                    # After a service has ended the broker lets go of its word by itself.
                    expiry_s=int(_CONTEXT_S * 4),
                )
            await asyncio.sleep(_CONTEXT_LOOK_S)

    def _context(self, now: datetime) -> Context:
        day, hour = self.site.moment(self.clock.business(now))
        moment = Moment(day=day, hour=hour)
        products = self.catalogue.products
        # Everybody may read the context, so it names nothing that is too private for a screen.
        barred = self.catalogue.sensitive | frozenset(self.catalogue.out_of_stock)
        # Four times as many as are told: some of them are barred, or not sold any more.
        top = [ItemKey(int(key)) for key in self.learning.trend.top(_TRENDING * 4, moment)]
        named = [products[key] for key in top if key in products and key not in barred]
        return Context(
            at=now,
            daypart=moment.daypart,
            trending=tuple(Trending(item_id=p.sku, headline=p.name) for p in named[:_TRENDING]),
        )


@dataclass(slots=True, kw_only=True)
class CommandJobs:
    """Takes up what commands on this machine and the centre have changed in the database."""

    database: Database
    directory: StoredDirectory
    people: CustomerCache
    takedown: ContentTakedown
    reload_catalogue: Callable[[], Awaitable[None]]
    reload_model: Callable[[], Awaitable[None]]
    # Kept here and not in the job, so that a job that was started again misses none. Those given while the
    # service was down are answered too: memory knows it all already, but a token in them must go.
    _answered: int = 0
    _erased: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Answer every notification in its order, then say that it was heard."""
        while True:
            found = self.database.read(partial(command_notifications.since, seq=self._answered))
            for seq, what, key in found:
                await self._answer(what, key)
                # After the answer and one by one: what failed is answered again by the job that is started anew.
                self._answered = seq
            if found:
                # Essential: a token in a notification must go on a full disk too.
                await self.database.write(
                    partial(command_notifications.acknowledge, seq=self._answered),
                    essential=True,
                )
            await asyncio.sleep(_COMMANDS_S)

    def changed(self, token: Token) -> None:
        """A person's consents, habits or keys are different now."""
        self.directory.refresh(token)
        self.takedown.recheck(token)

    def erased(self, token: Token) -> None:
        """A person is gone: their screens first, then memory."""
        self.directory.refresh(token)
        # Before forgetting: it holds the screens against what was known of the person until now.
        self.takedown.recheck(token)
        self.people.forget(token)
        self.takedown.forget(token)
        self._erased.set()

    async def shred_log(self) -> None:
        """After an erasure, empty the database's log, so that no byte of the person is left in it."""
        while True:
            await self._erased.wait()
            self._erased.clear()
            if not await self.database.checkpoint():
                self._erased.set()  # somebody is reading: once more
            await asyncio.sleep(_COMMANDS_S)

    async def _answer(self, what: CommandNotification, key: str) -> None:
        match what:
            case CommandNotification.PERSON:
                self.changed(Token(key))
            case CommandNotification.ERASED:
                self.erased(Token(key))
            case CommandNotification.SHELVES:
                await self.reload_catalogue()
            case CommandNotification.MODEL:
                await self.reload_model()


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingJobs:
    """Keeps what grows old in order. ``accounts``: the devices that are provisioned at this moment."""

    retention_days: Mapping[str, int]
    directory: StoredDirectory
    device_registry: DeviceRegistry
    accounts: Callable[[], frozenset[str]]
    database: Database
    clock: Clock

    async def warm_beacons(self) -> None:
        """Make the rotating ids of the next quarter of an hour before they are broadcast."""
        while True:
            # In small portions with a rest between them: thousands of ids at once would hold the loop.
            done = self.directory.warm(self.clock.now())
            await asyncio.sleep(_WARM_S if done else 0.01)

    async def watch_fleet(self) -> None:
        """Forget devices whose account was taken away, and clear what they left at the broker."""
        while True:
            await asyncio.sleep(_FLEET_S)
            # The accounts are the broker's files: read aside from the loop.
            self.device_registry.revoked(await asyncio.to_thread(self.accounts))

    async def sweep_retention(self) -> None:
        """Every hour, erase what is past its retention."""
        while True:
            await asyncio.sleep(_RETENTION_S)
            # In steps: one long deletion would keep every signal waiting for the one writer.
            more = True
            while more:
                # Business time: what a replay keeps is dated by the recorded day.
                at = self.clock.business(self.clock.now())
                sweep = partial(retention.sweep, now=at, days=self.retention_days)
                more = (await self.database.write(sweep, essential=True)).more
            # Until the log is emptied the deleted rows are still readable in it.
            await self.database.checkpoint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """All of them."""

    screens: ScreenJobs
    context: StoreContextJob
    about: ServiceAboutJob
    commands: CommandJobs
    housekeeping: HousekeepingJobs

    def by_name(self) -> dict[str, Job]:
        """Every job under the name by which its failures are logged."""
        return {
            "idle": self.screens.end_idle_visits,
            "boards": self.screens.refresh_boards,
            "company": self.screens.watch_headcounts,
            "context": self.context.publish,
            "about": self.about.publish,
            "bells": self.commands.follow,
            "shredder": self.commands.shred_log,
            "beacons": self.housekeeping.warm_beacons,
            "fleet": self.housekeeping.watch_fleet,
            "retention": self.housekeeping.sweep_retention,
        }


def _is_news(told: Context, context: Context) -> bool:
    age_s = (context.at - told.at).total_seconds()
    # But for the instant, which differs each second.
    return age_s >= _CONTEXT_S or told.model_copy(update={"at": context.at}) != context
