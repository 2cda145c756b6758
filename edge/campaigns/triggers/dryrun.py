"""How often the triggers of a file would have fired on days that the store has kept, and for how many people.

What is kept are stays and baskets; of people, their present consents and habits are taken. News of the shelves,
and who stayed away on which day, is not kept: triggers that listen to those are named and not counted. Of a stay's
zones only the last is known. Nobody is named.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from edge.campaigns.triggers.facts import about, listener_of, past, present
from edge.campaigns.triggers.habits import due_today
from edge.campaigns.triggers.library import TriggerLibrary
from edge.campaigns.triggers.matching import Watched, watch
from edge.campaigns.triggers.trigger_events import LEFT, dearest, dwelt
from edge.domain.basket import BasketState, TillBasket
from edge.domain.catalogue import Product
from edge.domain.customer import Customer
from edge.domain.identity import Identity, identify
from edge.domain.ids import ItemKey, Token
from edge.domain.market import MarketPolicy
from edge.domain.trigger import MessageState, Occasion, TriggerEvent, message_id
from edge.domain.visit import EndReason, Visit
from edge.storage.catalogue import products
from edge.storage.people import customers, profiles
from edge.storage.people.messages import PastFiring
from edge.storage.visits import baskets, visits
from models.features.profile import Profile
from models.items import item_key
from models.moment import Moment
from models.serving.ranker import Ranker

UNSEEN = frozenset(
    {
        TriggerEvent.USUAL_DAY_MISSED,
        TriggerEvent.BACK_IN_STOCK,
        TriggerEvent.PRICE_DROP,
        TriggerEvent.LOW_STOCK,
    }
)
"""Signals of which no stored day tells."""

_EPOCH_ORDINAL = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(slots=True, kw_only=True)
class Tried:
    """One trigger on the stored days: how often it fires, for whom, and why it did not how often."""

    fires: int = 0
    people: set[Token] = field(default_factory=set[Token])
    silent: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The outcome. ``visits``: recognised stays that were looked at; ``unseen``: triggers no stored day tells of."""

    visits: int
    triggers: Mapping[str, Tried]
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
class Kept:
    """What a dry run reads: the store's file, its law, its time, and who says what is due (None: nobody does)."""

    conn: sqlite3.Connection
    policy: MarketPolicy
    zone: tzinfo
    now: datetime
    ranker: Ranker | None = None


def dry_run(library: TriggerLibrary, kept: Kept, since: datetime) -> DryRun:
    """Let ``library`` listen to every recognised stay that began at ``since`` (business time) or later, in order."""
    days = _Days(library, kept)
    looked_at = sum(days.relive(visit) for visit in visits.since(kept.conn, since))
    unseen = tuple(one.id for one in library.triggers if one.signal in UNSEEN)
    return DryRun(visits=looked_at, triggers=days.tried, unseen=unseen)


class _Days:
    """The stored days once more, with a memory of what would have been said to whom."""

    def __init__(self, library: TriggerLibrary, kept: Kept) -> None:
        self._library = library
        self._kept = kept
        self.tried = {one.id: Tried() for one in library.triggers}
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
        for occasion, basket in self._occasions(visit, profile):
            self._note(
                self._ask(identity, identity.customer, profile, occasion, (visit, basket)),
                identity.customer.token,
            )
        return True

    def _ask(
        self,
        identity: Identity,
        customer: Customer,
        profile: Profile,
        occasion: Occasion,
        stay: tuple[Visit, TillBasket | None],
    ) -> Watched:
        product = None if occasion.item is None else self._sold.get(occasion.item)
        if product is not None:
            occasion = about(occasion, product, profile, None, asked=False)
        local = occasion.at.astimezone(self._kept.zone)
        facts = {
            **past(customer, profile, self._sold, local),
            **present(*stay, self._sold, local),
            "in_store": occasion.signal is not TriggerEvent.LEAVING,
        }
        told = tuple(self._told.get(customer.token, ()))
        listener = listener_of(customer.token, identity.purposes, facts, told, local)
        return watch(self._library, [occasion], listener, zone=self._kept.zone)

    def _note(self, watched: Watched, token: Token) -> None:
        for silent in watched.silent:
            self.tried[silent.trigger.id].silent[silent.why.value] += 1
        for fired in watched.fired:
            one, occasion = self.tried[fired.trigger.id], fired.occasion
            one.fires += 1
            one.people.add(token)
            state = MessageState.SHOWN if fired.trigger.message is None else MessageState.SENT
            id_ = message_id(fired.trigger.id, token, occasion.key)
            told = PastFiring(id_, fired.trigger.id, occasion.at, fired.term.due_at, state)
            self._told.setdefault(token, []).append(told)

    def _occasions(
        self, visit: Visit, profile: Profile
    ) -> Iterator[tuple[Occasion, TillBasket | None]]:
        """Arrival, what was due, the last zone, the lines, what was left behind, the end; with the basket by then."""
        over = visit.ended_at or visit.seen_at
        yield Occasion(signal=TriggerEvent.ARRIVAL, key=str(visit.id), at=visit.opened_at), None
        for due in self._due(visit, profile):
            yield due, None
        if (dwell := dwelt(visit, over)) is not None:
            yield dwell, None
        last: TillBasket | None = None
        for last in baskets.of_visit(self._kept.conn, visit.id):
            for occasion in _of_basket(last, visit, over):
                yield occasion, last
        if visit.ended is not None and visit.ended in LEFT:
            said = {"ended": visit.ended.value}
            end = Occasion(signal=TriggerEvent.LEAVING, key=str(visit.id), at=over, facts=said)
            yield end, last if visit.ended is EndReason.PAID else None

    def _due(self, visit: Visit, profile: Profile) -> Iterable[Occasion]:
        ranker, at = self._kept.ranker, visit.opened_at
        if ranker is None:
            return ()
        local = at.astimezone(self._kept.zone)
        moment = Moment(day=local.toordinal() - _EPOCH_ORDINAL, hour=local.hour)
        found = zip(
            (TriggerEvent.RESUPPLY_DUE, TriggerEvent.ANNIVERSARY),
            due_today(ranker, profile, moment),
            strict=True,
        )
        return [
            Occasion(signal=signal, key=f"{due.item}/{due.since}", at=at, item=due.item)
            for signal, due in found
            if due is not None
        ]


def _of_basket(basket: TillBasket, visit: Visit, at: datetime) -> Iterator[Occasion]:
    for sku in basket.skus:
        item = ItemKey(item_key(sku))
        yield Occasion(
            signal=TriggerEvent.BASKET_LINE, key=f"{visit.id}/{item}", at=at, item=item
        )
    if basket.state is BasketState.ABANDONED and basket.lines:
        yield Occasion(
            signal=TriggerEvent.BASKET_ABANDONED,
            key=str(basket.id),
            at=at,
            item=dearest(basket),
        )
