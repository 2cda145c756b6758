"""How often the triggers of a file would have fired on days that the store has kept, and for how many people.

``storeside triggers dry-run`` calls it. Each stay is played back as the transitions that it was made of, so
that every signal is found by the code that finds it in an open shop.

What is kept are stays and baskets; of people, their present consents and habits are taken. News of the shelves,
and who stayed away on which day, is not kept: triggers that listen to those are named and not counted. Of a stay's
zones only the last is known. Nobody is named.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from edge.campaigns.triggers.facts import about, listener_of, past, present
from edge.campaigns.triggers.habits import PersonToday
from edge.campaigns.triggers.library import TriggerLibrary
from edge.campaigns.triggers.matching import TriggerMatches, match_triggers
from edge.campaigns.triggers.signals.registry import SIGNALS, happened, staying
from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.catalogue import Product
from edge.domain.customer import Customer
from edge.domain.event import StoreEvent
from edge.domain.identity import Identity, identify
from edge.domain.ids import ItemKey, Token
from edge.domain.market import MarketPolicy
from edge.domain.transitions.transition import Transition
from edge.domain.trigger import MessageState, Occasion, message_id
from edge.domain.visit import EndReason, Visit
from edge.storage.catalogue import products
from edge.storage.people import customers, profiles
from edge.storage.people.messages import PastFiring
from edge.storage.visits import baskets, visits
from models.features.customer_value import CustomerBase
from models.features.profile import Profile
from models.moment import Moment
from models.serving.ranker import Ranker

_EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(slots=True, kw_only=True)
class TriggerTrial:
    """One trigger on the stored days: how often it fires, for whom, and why it did not how often."""

    fires: int = 0
    people: set[Token] = field(default_factory=set[Token])
    silent: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The outcome. ``visits``: recognised stays that were looked at; ``unseen``: triggers no stored day tells of."""

    visits: int
    triggers: Mapping[str, TriggerTrial]
    unseen: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For programs; of people only how many."""
        return {
            "visits": self.visits,
            "triggers": {
                id_: {"fires": one.fires, "people": len(one.people), "silent": dict(one.silent)}
                for id_, one in self.triggers.items()
            },
            "unseen": list(self.unseen),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDays:
    """What a dry run reads: the store's file, its law and time, who says what is due (None: nobody), its customers."""

    conn: sqlite3.Connection
    policy: MarketPolicy
    zone: tzinfo
    now: datetime
    ranker: Ranker | None = None
    customers: CustomerBase = field(default_factory=CustomerBase)


def dry_run(library: TriggerLibrary, kept: StoredDays, since: datetime) -> DryRun:
    """Let ``library`` listen to every recognised stay that began at ``since`` (business time) or later, in order."""
    days = _StoredDaysReplay(library, kept)
    looked_at = sum(days.relive(visit) for visit in visits.since(kept.conn, since))
    unseen = tuple(one.id for one in library.triggers if not SIGNALS[one.signal].is_replayable)
    return DryRun(visits=looked_at, triggers=days.tried, unseen=unseen)


@dataclass(frozen=True, slots=True)
class _ReplayedOccasion:
    """An occasion, the basket by then, and whether its person was still in the store."""

    occasion: Occasion
    basket: TillBasket | None = None
    in_store: bool = True


class _StoredDaysReplay:
    """The stored days once more, with a memory of what would have been said to whom."""

    def __init__(self, library: TriggerLibrary, kept: StoredDays) -> None:
        self._library = library
        self._kept = kept
        self.tried = {one.id: TriggerTrial() for one in library.triggers}
        self._told = dict[Token, list[PastFiring]]()
        self._sold: Mapping[ItemKey, Product] = {p.key: p for p in products.every(kept.conn)}

    def relive(self, visit: Visit) -> bool:
        """One stay; False where nobody was recognised in it who agrees to that now."""
        kept = self._kept
        known = None if visit.token is None else customers.find(kept.conn, visit.token)
        identity = identify(known, visit.method, kept.policy, kept.now)
        if identity.customer is None:
            return False
        body = profiles.find(kept.conn, identity.customer.token)
        profile = Profile.empty() if body is None else Profile.from_bytes(body)
        for heard in self._replayed(visit, profile):
            watched = self._ask(identity, identity.customer, profile, visit, heard)
            self._note(watched, identity.customer.token)
        return True

    def _ask(
        self,
        identity: Identity,
        customer: Customer,
        profile: Profile,
        visit: Visit,
        heard: _ReplayedOccasion,
    ) -> TriggerMatches:
        occasion = heard.occasion
        product = None if occasion.item is None else self._sold.get(occasion.item)
        if product is not None:
            # How many lay there, and who had asked for it, is not kept of a day that is over.
            occasion = about(occasion, product, profile, None, asked=False)
        local = occasion.at.astimezone(self._kept.zone)
        facts = {
            **past(customer, profile, self._sold, local, self._kept.customers),
            **present(visit, heard.basket, self._sold, local),
            # The stored visit has ended since, so its own word would be no for all that happened in it.
            "in_store": heard.in_store,
        }
        told = tuple(self._told.get(customer.token, ()))
        listener = listener_of(customer.token, identity.purposes, facts, told, local)
        return match_triggers(self._library, [occasion], listener, zone=self._kept.zone)

    def _note(self, watched: TriggerMatches, token: Token) -> None:
        for silent in watched.silent:
            self.tried[silent.trigger.id].silent[silent.why.value] += 1
        for fired in watched.fired:
            one, occasion = self.tried[fired.trigger.id], fired.occasion
            one.fires += 1
            one.people.add(token)
            # A screen that was refreshed counts for the trigger's rest, and not as the day's message.
            state = MessageState.SHOWN if fired.trigger.message is None else MessageState.SENT
            id_ = message_id(fired.trigger.id, token, occasion.key)
            told = PastFiring(id_, fired.trigger.id, occasion.at, fired.term.due_at, state)
            self._told.setdefault(token, []).append(told)

    def _replayed(self, visit: Visit, profile: Profile) -> Iterator[_ReplayedOccasion]:
        """Arrival, what was due, the last zone, the lines, what was left behind, the end; with the basket by then."""
        # A visit that never ended is taken up to its last sign of life.
        over = visit.ended_at or visit.seen_at
        yield from _turned(visit, "Customer Identified", visit.opened_at)
        yield from map(_ReplayedOccasion, (*self._due(visit, profile), *staying(visit, over)))
        last: TillBasket | None = None
        for last in baskets.of_visit(self._kept.conn, visit.id):
            # A product scanned twice is one occasion, as it is in the shop.
            for line in {line.sku: line for line in last.lines}.values():
                yield from _turned(visit, "Product Added", over, last, (line,))
            if last.state is BasketState.ABANDONED:
                yield from _turned(visit, "Basket Abandoned", over, last)
        paid = last if visit.ended is EndReason.PAID else None
        for heard in _turned(visit, "Visit Ended", over, paid):
            yield replace(heard, in_store=False)

    def _due(self, visit: Visit, profile: Profile) -> Iterator[Occasion]:
        ranker, at = self._kept.ranker, visit.opened_at
        if ranker is None:
            return
        local = at.astimezone(self._kept.zone)
        moment = Moment(day=local.toordinal() - _EPOCH_ORDINAL, hour=local.hour)
        today = PersonToday(profile=profile, at=at, moment=moment, ranker=ranker)
        for signal in self._library.signals:
            if signal.due is not None and (due := signal.due(today)) is not None:
                yield due


def _turned(
    visit: Visit,
    name: str,
    at: datetime,
    basket: TillBasket | None = None,
    bought: tuple[BasketLine, ...] = (),
) -> Iterator[_ReplayedOccasion]:
    """What a transition of the store was to its person, made once more from what is kept of it."""
    fact = StoreEvent(id=f"{visit.id}.replayed", name=name, at=at, source="", visit=visit.id)
    transition = Transition(facts=(fact,), basket=basket, bought=bought)
    return (_ReplayedOccasion(occasion, basket) for occasion in happened(transition, visit))
